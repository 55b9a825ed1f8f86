// Reads the notes of an ELF file. Which build it is the driver compares later, from what the
// running program says of itself.
#include "executor/shell/program_check.h"

#include <elf.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>
#include <string_view>
#include <vector>

#include "common/rdd/registry.h"

namespace heddle::executor {

namespace {

constexpr std::size_t kNoteBytesMax = 1U << 20U;

template <typename T>
bool read_at(std::ifstream& file, std::uint64_t offset, T& out) {
    file.seekg(static_cast<std::streamoff>(offset));
    file.read(reinterpret_cast<char*>(&out), sizeof(T));
    return file.good();
}

std::optional<std::uint32_t> version_in(std::string_view notes) {
    while (notes.size() >= sizeof(Elf64_Nhdr)) {
        Elf64_Nhdr header;
        std::memcpy(&header, notes.data(), sizeof(header));
        const std::size_t name = (std::size_t{header.n_namesz} + 3) & ~std::size_t{3};
        const std::size_t body = (std::size_t{header.n_descsz} + 3) & ~std::size_t{3};
        if (sizeof(header) + name + body > notes.size()) {
            return std::nullopt;
        }
        const char* const text = notes.data() + sizeof(header);
        if (header.n_type == rdd::kRuntimeNoteType && header.n_descsz == sizeof(std::uint32_t) &&
            header.n_namesz == sizeof(rdd::kRuntimeNoteName) &&
            std::memcmp(text, rdd::kRuntimeNoteName, sizeof(rdd::kRuntimeNoteName)) == 0) {
            std::uint32_t version = 0;
            std::memcpy(&version, text + name, sizeof(version));
            return version;
        }
        notes.remove_prefix(sizeof(header) + name + body);
    }
    return std::nullopt;
}

// The runtime version that the program's note names, if it has one.
std::optional<std::uint32_t> runtime_version_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    Elf64_Ehdr header;
    if (!read_at(file, 0, header) || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 ||
        header.e_ident[EI_CLASS] != ELFCLASS64) {
        return std::nullopt;
    }
    for (std::uint16_t i = 0; i < header.e_phnum; ++i) {
        Elf64_Phdr segment;
        if (!read_at(file, header.e_phoff + std::uint64_t{i} * header.e_phentsize, segment)) {
            return std::nullopt;
        }
        if (segment.p_type != PT_NOTE || segment.p_filesz > kNoteBytesMax) {
            continue;
        }
        std::string notes(segment.p_filesz, '\0');
        file.seekg(static_cast<std::streamoff>(segment.p_offset));
        file.read(notes.data(), static_cast<std::streamsize>(notes.size()));
        if (const auto version = file.good() ? version_in(notes) : std::nullopt) {
            return version;
        }
    }
    return std::nullopt;
}

}  // namespace

Status check_program(const std::string& path) {
    struct stat info {};
    if (stat(path.c_str(), &info) != 0) {
        return errno_error("program '" + path + "'");
    }
    if (!S_ISREG(info.st_mode) || access(path.c_str(), X_OK) != 0) {
        return Error{ErrorCode::PermissionDenied,
                     "program '" + path + "' is not executable: chmod +x it, or name another file"};
    }
    const auto version = runtime_version_of(path);
    if (!version) {
        return Error{ErrorCode::InvalidArgument,
                     "program '" + path +
                         "' is not a Heddle program: link it with Heddle::client and call "
                         "heddle::init(argc, argv) first in main"};
    }
    if (*version != rdd::kRuntimeVersion) {
        return Error{ErrorCode::Conflict,
                     "program '" + path + "' was built against runtime version " +
                         std::to_string(*version) + ", this executor is of version " +
                         std::to_string(rdd::kRuntimeVersion) + ": build the program again"};
    }
    return {};
}

}  // namespace heddle::executor
