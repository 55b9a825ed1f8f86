// The machine's own files. Reading maps them: text is then parsed where the page cache holds it.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>

#include "common/fs/file_system.h"
#include "common/fs/written_again.h"

namespace heddle::fs {

namespace {

ErrorCode code_of(int number) {
    switch (number) {
        case ENOENT:
        case ENOTDIR:
            return ErrorCode::NotFound;
        case EACCES:
        case EPERM:
            return ErrorCode::PermissionDenied;
        case EEXIST:
        case ENOTEMPTY:
            return ErrorCode::AlreadyExists;
        default:
            return ErrorCode::Internal;
    }
}

Error failed(const std::string& what) {
    const int number = errno;
    Error error = errno_error(what);
    error.code = code_of(number);
    return error;
}

Error failed(const std::string& what, const std::error_code& code) {
    return {code_of(code.value()), what + ": " + code.message()};
}

/// The path without "file:" and "file://". Errors: Unsupported for other schemes.
Result<std::string> local_path(const std::string& path) {
    if (path.starts_with("file://")) {
        return path.substr(7);
    }
    if (path.starts_with("file:")) {
        return path.substr(5);
    }
    const std::size_t colon = path.find("://");
    if (colon != std::string::npos && path.find('/') > colon) {
        return Error{ErrorCode::Unsupported, "no file system for '" + path + "' in this version"};
    }
    return path;
}

// The time of the last change, and of which machine: paths may mean equal copies on several nodes,
// whose times differ.
std::string version_of(const struct stat& info) {
    static const std::string machine = [] {
        std::ifstream file("/proc/sys/kernel/random/boot_id");
        std::string id;
        file >> id;
        return id.substr(0, 8);
    }();
    return machine + ":" + std::to_string(info.st_mtim.tv_sec) + "." +
           std::to_string(info.st_mtim.tv_nsec);
}

Status check_version(int file, const std::string& path, const std::string& version) {
    struct stat info {};
    if (version.empty() || ::fstat(file, &info) != 0) {
        return {};
    }
    const std::string now = version_of(info);
    const bool same_machine = now.substr(0, now.find(':')) == version.substr(0, version.find(':'));
    if (!same_machine || now == version) {
        return {};
    }
    return written_again(path);
}

// A range of a mapped file; the mapping starts at a page, the range anywhere.
class MappedView final : public FileView {
public:
    MappedView(char* base, std::size_t length, std::size_t skip)
        : base_(base), length_(length), skip_(skip) {}
    ~MappedView() override { ::munmap(base_, length_); }
    MappedView(const MappedView&) = delete;
    MappedView& operator=(const MappedView&) = delete;
    std::string_view bytes() const override { return {base_ + skip_, length_ - skip_}; }

private:
    char* base_;
    std::size_t length_;
    std::size_t skip_;
};

class EmptyView final : public FileView {
public:
    std::string_view bytes() const override { return {}; }
};

class LocalReader final : public FileReader {
public:
    LocalReader(int file, std::string path) : file_(file), path_(std::move(path)) {}
    ~LocalReader() override { ::close(file_); }
    LocalReader(const LocalReader&) = delete;
    LocalReader& operator=(const LocalReader&) = delete;

    Result<std::size_t> read(char* out, std::size_t size) override {
        ssize_t n = 0;
        do {
            n = ::read(file_, out, size);
        } while (n < 0 && errno == EINTR);
        if (n < 0) {
            return failed("cannot read '" + path_ + "'");
        }
        return static_cast<std::size_t>(n);
    }

private:
    int file_;
    std::string path_;
};

class LocalWriter final : public FileWriter {
public:
    LocalWriter(int file, std::string path) : file_(file), path_(std::move(path)) {}
    ~LocalWriter() override {
        if (file_ >= 0) {
            ::close(file_);
        }
    }
    LocalWriter(const LocalWriter&) = delete;
    LocalWriter& operator=(const LocalWriter&) = delete;

    Status write(std::string_view bytes) override {
        while (!bytes.empty()) {
            const ssize_t n = ::write(file_, bytes.data(), bytes.size());
            if (n < 0 && errno == EINTR) {
                continue;
            }
            if (n < 0) {
                return failed("cannot write " + path_);
            }
            bytes.remove_prefix(static_cast<std::size_t>(n));
        }
        return {};
    }
    Status close() override {
        const int file = std::exchange(file_, -1);
        if (::close(file) != 0) {
            return failed("cannot close " + path_);
        }
        return {};
    }

private:
    int file_;
    std::string path_;
};

class LocalFileSystem final : public FileSystem {
public:
    Result<FileInfo> stat(const std::string& path) override {
        TRY(const std::string local, local_path(path));
        struct stat info {};
        if (::stat(local.c_str(), &info) != 0) {
            return failed("cannot read '" + path + "'");
        }
        return FileInfo{path, static_cast<std::uint64_t>(info.st_size), S_ISDIR(info.st_mode),
                        version_of(info)};
    }

    Result<std::vector<FileInfo>> list(const std::string& folder) override {
        TRY(const std::string local, local_path(folder));
        std::error_code code;
        std::vector<FileInfo> entries;
        for (std::filesystem::directory_iterator it(local, code), end; !code && it != end;
             it.increment(code)) {
            auto info = stat(it->path().string());
            if (info) {  // a file that vanished, or a dangling link, is not there
                entries.push_back(std::move(info).value());
            }
        }
        if (code) {
            return failed("cannot list '" + folder + "'", code);
        }
        std::sort(entries.begin(), entries.end(),
                  [](const FileInfo& a, const FileInfo& b) { return a.path < b.path; });
        return entries;
    }

    Result<std::unique_ptr<FileView>> view(const std::string& path, std::uint64_t offset,
                                           std::uint64_t size,
                                           const std::string& version) override {
        TRY(const int file, open_file(path));
        const Status same = check_version(file, path, version);
        auto mapped =
            same ? map(file, path, offset, size) : Result<std::unique_ptr<FileView>>(same.error());
        ::close(file);
        return mapped;
    }

    Result<std::unique_ptr<FileReader>> open(const std::string& path, std::uint64_t offset,
                                             const std::string& version) override {
        TRY(const int file, open_file(path));
        auto reader = std::make_unique<LocalReader>(file, path);
        TRY(check_version(file, path, version));
        if (offset > 0 && ::lseek(file, static_cast<off_t>(offset), SEEK_SET) < 0) {
            return failed("cannot read '" + path + "' from byte " + std::to_string(offset));
        }
        return std::unique_ptr<FileReader>(std::move(reader));
    }

    bool maps(const std::string&) override { return true; }

    Result<std::unique_ptr<FileWriter>> create(const std::string& path) override {
        TRY(const std::string local, local_path(path));
        const int file = ::open(local.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0666);
        if (file < 0) {
            return failed("cannot create '" + path + "'");
        }
        return std::unique_ptr<FileWriter>(std::make_unique<LocalWriter>(file, path));
    }

    Status make_folders(const std::string& path) override {
        TRY(const std::string local, local_path(path));
        std::error_code code;
        std::filesystem::create_directories(local, code);
        if (code) {
            return failed("cannot create folder '" + path + "'", code);
        }
        return {};
    }

    Status rename(const std::string& from, const std::string& to) override {
        TRY(const std::string source, local_path(from));
        TRY(const std::string target, local_path(to));
        if (::renameat2(AT_FDCWD, source.c_str(), AT_FDCWD, target.c_str(), RENAME_NOREPLACE) ==
            0) {
            return {};
        }
        if (errno == EINVAL || errno == ENOSYS) {  // a file system without the flag
            struct stat info {};
            if (::lstat(target.c_str(), &info) == 0) {
                errno = EEXIST;
            } else if (::rename(source.c_str(), target.c_str()) == 0) {
                return {};
            }
        }
        return failed("cannot rename '" + from + "' to '" + to + "'");
    }

    Status remove(const std::string& path) override {
        TRY(const std::string local, local_path(path));
        std::error_code code;
        std::filesystem::remove_all(local, code);
        if (code) {
            return failed("cannot remove '" + path + "'", code);
        }
        return {};
    }

private:
    static Result<int> open_file(const std::string& path) {
        TRY(const std::string local, local_path(path));
        const int file = ::open(local.c_str(), O_RDONLY | O_CLOEXEC);
        if (file < 0) {
            return failed("cannot open '" + path + "'");
        }
        return file;
    }
    static Result<std::unique_ptr<FileView>> map(int file, const std::string& path,
                                                 std::uint64_t offset, std::uint64_t size) {
        struct stat info {};
        if (::fstat(file, &info) != 0) {
            return failed("cannot read '" + path + "'");
        }
        if (S_ISDIR(info.st_mode)) {
            return Error{ErrorCode::InvalidArgument, "'" + path + "' is a folder"};
        }
        const auto length = static_cast<std::uint64_t>(info.st_size);
        const std::uint64_t start = std::min(offset, length);
        const std::uint64_t bytes = std::min(size, length - start);
        if (bytes == 0) {
            return std::unique_ptr<FileView>(std::make_unique<EmptyView>());
        }
        const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
        const std::uint64_t skip = start % page;
        void* base = ::mmap(nullptr, bytes + skip, PROT_READ, MAP_PRIVATE, file,
                            static_cast<off_t>(start - skip));
        if (base == MAP_FAILED) {
            return failed("cannot map '" + path + "'");
        }
        ::madvise(base, bytes + skip, MADV_SEQUENTIAL);
        return std::unique_ptr<FileView>(
            std::make_unique<MappedView>(static_cast<char*>(base), bytes + skip, skip));
    }
};

}  // namespace

std::unique_ptr<FileSystem> make_local_file_system() {
    return std::make_unique<LocalFileSystem>();
}

}  // namespace heddle::fs
