#include "client/rmctl/program.h"

#include <elf.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string_view>

#include "common/base/strings.h"
#include "common/rdd/registry.h"

extern char** environ;

namespace heddle::rmctl {
namespace {

// The note that the runtime leaves in every program that links it.
constexpr std::string_view kNoteOwner(rdd::kRuntimeNoteName, sizeof(rdd::kRuntimeNoteName));

// What Debian's base system and any C++ program's machine has.
constexpr std::array<std::string_view, 12> kBaseLibraries = {
    "linux-vdso",  "linux-gate", "ld-linux",  "libc.so",   "libm.so",      "libdl.so",
    "libpthread.", "librt.so",   "libresolv", "libgcc_s.", "libstdc++.so", "libatomic."};

bool is_file(const std::string& path) {
    struct stat info {};
    return stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode);
}

bool is_executable_file(const std::string& path) {
    return is_file(path) && access(path.c_str(), X_OK) == 0;
}

template <typename T>
bool read_at(std::ifstream& file, std::uint64_t offset, T& out) {
    file.clear();
    file.seekg(static_cast<std::streamoff>(offset));
    file.read(reinterpret_cast<char*>(&out), sizeof(out));
    return static_cast<bool>(file);
}

std::uint64_t padded(std::uint64_t size) {
    return (size + 3U) & ~std::uint64_t{3};
}

// The runtime version in a note segment, when it holds our note.
std::optional<std::uint32_t> version_in_notes(std::string_view notes) {
    while (notes.size() >= sizeof(Elf64_Nhdr)) {
        Elf64_Nhdr header;
        std::memcpy(&header, notes.data(), sizeof(header));
        notes.remove_prefix(sizeof(header));
        const std::uint64_t name = padded(header.n_namesz);
        const std::uint64_t size = name + padded(header.n_descsz);
        if (size > notes.size()) {
            return std::nullopt;
        }
        if (notes.substr(0, header.n_namesz) == kNoteOwner &&
            header.n_type == rdd::kRuntimeNoteType && header.n_descsz == sizeof(std::uint32_t)) {
            std::uint32_t version = 0;
            std::memcpy(&version, notes.data() + name, sizeof(version));
            return version;
        }
        notes.remove_prefix(size);
    }
    return std::nullopt;
}

Result<std::string> output_of_loader(const std::string& path) {
    std::array<int, 2> ends{};
    if (pipe(ends.data()) != 0) {
        return errno_error("pipe");
    }
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 2);
    posix_spawn_file_actions_addclosefrom_np(&actions, 3);
    // The dynamic loader then lists what it would load and does not start the program.
    std::string trace = "LD_TRACE_LOADED_OBJECTS=1";
    std::vector<char*> environment;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        environment.push_back(*entry);
    }
    environment.push_back(trace.data());
    environment.push_back(nullptr);
    std::string argument = path;
    std::array<char*, 2> arguments = {argument.data(), nullptr};
    pid_t pid = 0;
    const int failed =
        posix_spawn(&pid, path.c_str(), &actions, nullptr, arguments.data(), environment.data());
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    std::string text;
    std::array<char, 4096> buffer{};
    ssize_t size = 0;
    while (failed == 0 && (size = read(ends[0], buffer.data(), buffer.size())) > 0) {
        text.append(buffer.data(), static_cast<std::size_t>(size));
    }
    close(ends[0]);
    if (failed != 0) {
        return Error{ErrorCode::Internal, "cannot start " + path + ": " + strerror(failed)};
    }
    int status = 0;
    waitpid(pid, &status, 0);
    return text;
}

}  // namespace

Result<std::string> find_program(const std::string& name) {
    if (name.find('/') != std::string::npos) {
        if (is_executable_file(name)) {
            return name;
        }
        struct stat info {};
        if (stat(name.c_str(), &info) != 0) {
            return Error{ErrorCode::NotFound, "no program '" + name + "': " + strerror(errno)};
        }
        return Error{ErrorCode::PermissionDenied,
                     "'" + name + "' is not an executable file; try: chmod +x " + name};
    }
    const char* path = std::getenv("PATH");
    const std::string folders = path != nullptr ? path : "/usr/bin:/bin";
    for (const std::string_view folder : split(folders, ':')) {
        const std::string candidate = std::string(folder) + "/" + name;
        if (!folder.empty() && is_executable_file(candidate)) {
            return candidate;
        }
    }
    std::string hint;
    if (is_executable_file("./" + name)) {
        hint = "; there is one here: ./" + name;
    } else if (is_file("./" + name)) {
        hint = "; ./" + name + " is here but not executable: chmod +x " + name +
               ", then name it ./" + name;
    }
    return Error{ErrorCode::NotFound, "no program '" + name + "' on PATH (" + folders + ")" + hint};
}

Result<ProgramFile> inspect_program(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) {
        return errno_error("cannot read '" + path + "'");
    }
    ProgramFile found;
    Elf64_Ehdr header{};
    if (!read_at(file, 0, header) || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 ||
        header.e_ident[EI_CLASS] != ELFCLASS64) {
        return found;
    }
    found.elf = true;
    for (std::uint64_t i = 0; i < header.e_phnum; ++i) {
        Elf64_Phdr segment{};
        if (!read_at(file, header.e_phoff + i * header.e_phentsize, segment)) {
            return Error{ErrorCode::InvalidArgument, "'" + path + "' is a damaged ELF file"};
        }
        found.dynamic = found.dynamic || segment.p_type == PT_INTERP;
        if (segment.p_type == PT_NOTE && segment.p_filesz < (1U << 20U)) {
            std::string notes(segment.p_filesz, '\0');
            file.seekg(static_cast<std::streamoff>(segment.p_offset));
            file.read(notes.data(), static_cast<std::streamsize>(notes.size()));
            if (const auto version = version_in_notes(notes)) {
                found.runtime_version = version;
            }
        }
    }
    return found;
}

Result<std::vector<std::string>> shared_objects_to_ship(const std::string& path) {
    TRY(const std::string listing, output_of_loader(path));
    std::vector<std::string> found;
    for (const std::string_view line : split(listing, '\n')) {
        const std::string_view text = trim(line);
        const auto arrow = text.find(" => ");
        if (arrow == std::string_view::npos) {
            continue;
        }
        const std::string_view name = text.substr(0, arrow);
        const std::string_view rest = text.substr(arrow + 4);
        if (rest.starts_with("not found")) {
            return Error{ErrorCode::InvalidArgument, "'" + path + "' needs " + std::string(name) +
                                                         ", which is not on this machine"};
        }
        const bool base =
            std::any_of(kBaseLibraries.begin(), kBaseLibraries.end(),
                        [&](std::string_view prefix) { return name.starts_with(prefix); });
        if (!base) {
            found.emplace_back(rest.substr(0, rest.find(" (0x")));
        }
    }
    std::sort(found.begin(), found.end());
    return found;
}

}  // namespace heddle::rmctl
