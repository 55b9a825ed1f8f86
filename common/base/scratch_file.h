#pragma once

// Files that hold blocks and what was spilled: written once, then mapped. Scratch data of one
// executor, so nothing is synced.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "common/base/result.h"

namespace heddle {

// A whole file mapped for reading.
class MappedFile {
public:
    MappedFile(const char* data, std::size_t size) : data_(data), size_(size) {}
    ~MappedFile();
    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;
    std::string_view bytes() const { return {data_, size_}; }

private:
    const char* data_;
    std::size_t size_;
};

/// Errors: Internal with the path; then there is no file.
Status write_file(const std::string& path, std::span<const std::string_view> parts);

// A file that grows. What could not be written whole is cut off again.
class GrowingFile {
public:
    /// Replaces what is there. Errors: Internal with the path.
    static Result<GrowingFile> create(std::string path);
    /// A file without a name in `folder`, which is made when it is not there: it goes with the last
    /// that has it open or mapped. Errors: as create.
    static Result<GrowingFile> create_unnamed(const std::string& folder);
    /// What was written so far, from `begin` on, which is a multiple of the page size.
    Result<std::shared_ptr<const MappedFile>> map(std::uint64_t begin = 0) const;
    GrowingFile(GrowingFile&& other) noexcept;
    GrowingFile& operator=(GrowingFile&&) = delete;
    ~GrowingFile();  // closes it

    /// All parts or nothing. Errors: Internal with the path.
    Status append(std::span<const std::string_view> parts);
    std::uint64_t size() const { return size_; }
    const std::string& path() const { return path_; }

private:
    GrowingFile(std::string path, int file) : path_(std::move(path)), file_(file) {}

    std::string path_;
    int file_;
    std::uint64_t size_ = 0;
};

/// Shared by the blocks that lie in the file. Errors: NotFound, Internal.
Result<std::shared_ptr<const MappedFile>> map_file(const std::string& path);

/// Creates the folder and its parents.
Status make_folder(const std::string& path);

void remove_file(const std::string& path);

/// Replaces `to`. Errors: Internal with both.
Status rename_file(const std::string& from, const std::string& to);

/// Removes an empty folder; one with files stays.
void remove_folder(const std::string& path);

}  // namespace heddle
