// System calls of scratch files.
#include "common/base/scratch_file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

namespace heddle {

namespace {

Status write_all(int file, std::string_view bytes, const std::string& path) {
    while (!bytes.empty()) {
        const ssize_t n = ::write(file, bytes.data(), bytes.size());
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return errno_error("cannot write " + path);
        }
        bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return {};
}

}  // namespace

MappedFile::~MappedFile() {
    if (size_ != 0) {
        ::munmap(const_cast<char*>(data_), size_);
    }
}

Status write_file(const std::string& path, std::span<const std::string_view> parts) {
    const int file = ::open(path.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
    if (file < 0) {
        return errno_error("cannot create " + path);
    }
    Status status;
    for (const std::string_view part : parts) {
        status = write_all(file, part, path);
        if (!status) {
            break;
        }
    }
    if (::close(file) != 0 && status.ok()) {
        status = errno_error("cannot close " + path);
    }
    if (!status) {
        ::unlink(path.c_str());
    }
    return status;
}

Result<GrowingFile> GrowingFile::create(std::string path) {
    const int file = ::open(path.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
    if (file < 0) {
        return errno_error("cannot create " + path);
    }
    return GrowingFile(std::move(path), file);
}

Result<GrowingFile> GrowingFile::create_unnamed(const std::string& folder) {
    TRY(make_folder(folder));
    std::string path = folder + "/spill-XXXXXX";
    const int file = ::mkostemp(path.data(), O_CLOEXEC);
    if (file < 0) {
        return errno_error("cannot create a file to spill to in " + folder);
    }
    ::unlink(path.c_str());
    return GrowingFile(std::move(path), file);
}

Result<std::shared_ptr<const MappedFile>> GrowingFile::map(std::uint64_t begin) const {
    void* data = nullptr;
    if (size_ != begin) {
        data = ::mmap(nullptr, size_ - begin, PROT_READ, MAP_PRIVATE, file_,
                      static_cast<off_t>(begin));
        if (data == MAP_FAILED) {
            return errno_error("cannot map " + path_);
        }
    }
    return std::make_shared<const MappedFile>(static_cast<const char*>(data), size_ - begin);
}

GrowingFile::GrowingFile(GrowingFile&& other) noexcept
    : path_(std::move(other.path_)), file_(std::exchange(other.file_, -1)), size_(other.size_) {}

GrowingFile::~GrowingFile() {
    if (file_ >= 0) {
        ::close(file_);
    }
}

Status GrowingFile::append(std::span<const std::string_view> parts) {
    std::uint64_t more = 0;
    for (const std::string_view part : parts) {
        if (Status status = write_all(file_, part, path_); !status) {
            if (::ftruncate(file_, static_cast<off_t>(size_)) == 0) {
                ::lseek(file_, static_cast<off_t>(size_), SEEK_SET);
            }
            return status;
        }
        more += part.size();
    }
    size_ += more;
    return {};
}

Result<std::shared_ptr<const MappedFile>> map_file(const std::string& path) {
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        Error error = errno_error("cannot open " + path);
        error.code = errno == ENOENT ? ErrorCode::NotFound : ErrorCode::Internal;
        return error;
    }
    struct stat info {};
    if (::fstat(file, &info) != 0) {
        const Error error = errno_error("cannot examine " + path);
        ::close(file);
        return error;
    }
    const auto size = static_cast<std::size_t>(info.st_size);
    void* data = nullptr;
    if (size != 0) {
        data = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file, 0);
        if (data == MAP_FAILED) {
            const Error error = errno_error("cannot map " + path);
            ::close(file);
            return error;
        }
    }
    ::close(file);
    return std::make_shared<const MappedFile>(static_cast<const char*>(data), size);
}

Status make_folder(const std::string& path) {
    std::error_code code;
    std::filesystem::create_directories(path, code);
    if (code) {
        return Error{ErrorCode::Internal, "cannot create folder " + path + ": " + code.message()};
    }
    return {};
}

void remove_file(const std::string& path) {
    ::unlink(path.c_str());
}

Status rename_file(const std::string& from, const std::string& to) {
    if (::rename(from.c_str(), to.c_str()) != 0) {
        return errno_error("cannot rename " + from + " to " + to);
    }
    return {};
}

void remove_folder(const std::string& path) {
    ::rmdir(path.c_str());
}

}  // namespace heddle
