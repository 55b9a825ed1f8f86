#pragma once

// One interface over places that hold files: the local file system now. Paths may carry a scheme
// ("file:/data/x"); without one they are local. Nothing here is cached.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"

namespace heddle::fs {

struct FileInfo {
    std::string path;
    std::uint64_t size = 0;
    bool folder = false;
};

// A range of a file in memory. Bytes stay valid as long as the object.
class FileView {
public:
    virtual ~FileView() = default;
    virtual std::string_view bytes() const = 0;
};

// A file that is being written. What was not closed may be incomplete.
class FileWriter {
public:
    virtual ~FileWriter() = default;
    virtual Status write(std::string_view bytes) = 0;
    /// Flushes; on success everything written is readable by others.
    virtual Status close() = 0;
};

class FileSystem {
public:
    virtual ~FileSystem() = default;

    /// Errors: NotFound, PermissionDenied, Internal; all with the path.
    virtual Result<FileInfo> stat(const std::string& path) = 0;
    /// Entries of a folder, sorted by name, with full paths.
    virtual Result<std::vector<FileInfo>> list(const std::string& folder) = 0;
    /// Bytes [offset, offset + size) of a file, cut at its end.
    virtual Result<std::unique_ptr<FileView>> view(const std::string& path, std::uint64_t offset,
                                                   std::uint64_t size) = 0;
    /// A new file; an existing one is replaced. Parents must exist.
    virtual Result<std::unique_ptr<FileWriter>> create(const std::string& path) = 0;
    virtual Status make_folders(const std::string& path) = 0;
    /// Moves a file or a folder. Errors: AlreadyExists when `to` exists, and then nothing changes.
    virtual Status rename(const std::string& from, const std::string& to) = 0;
    /// A folder goes with its contents; nothing there is success.
    virtual Status remove(const std::string& path) = 0;
};

/// The machine's own files.
std::unique_ptr<FileSystem> make_local_file_system();

/// All plain files that `pattern` means, sorted: a file, a folder, a glob over either (* ? [a-z]
/// {x,y}), several of these separated by commas. Names that begin with '.' or '_' are left out
/// where they are not spelled out: in folders and where a glob matches. `folder`: absolute; where
/// relative paths begin. Errors: NotFound when a part matches nothing, with that part; Unsupported.
Result<std::vector<FileInfo>> expand(FileSystem& files, std::string_view pattern,
                                     const std::string& folder);

/// The first part of such a pattern that is no whole path, if any.
std::optional<std::string> first_relative(std::string_view pattern);

/// A local path, with or without "file:", that does not begin at the root.
bool is_relative(std::string_view path);

/// `path` below `folder` when it is relative, else itself; "file:" goes. Other schemes stay.
std::string absolute(std::string_view path, const std::string& folder);

}  // namespace heddle::fs
