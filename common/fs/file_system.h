#pragma once

// One interface over places that hold files. Paths may carry a scheme ("s3a://bucket/x",
// "hdfs://host:8020/x", "file:/data/x"); without one they are local. Nothing here is cached.
//
// Outputs of many tasks have a protocol of their own, since not every place can rename:
// begin_output() gives a place, each attempt of a task writes a part there that nobody sees, and
// commit_output() makes one part per name visible. Whatever was not committed goes with
// end_output().

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"

namespace heddle::fs {

/// What a split has at most where files have no blocks of their own.
inline constexpr std::uint64_t kBlockBytes = std::uint64_t{128} << 20;

struct FileInfo {
    std::string path;
    std::uint64_t size = 0;
    bool folder = false;
    std::string version{};  // another one means other contents; empty: that is not known
    std::uint64_t block_size = kBlockBytes;
};

// Where a range of a file lies.
struct BlockPlace {
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
    std::vector<std::string> hosts;
};

// A range of a file in memory. Bytes stay valid as long as the object.
class FileView {
public:
    virtual ~FileView() = default;
    virtual std::string_view bytes() const = 0;
};

// A file that is read from some byte to its end.
class FileReader {
public:
    virtual ~FileReader() = default;
    /// How many bytes were put into `out`, which has room for `size` > 0; 0 at the end.
    virtual Result<std::size_t> read(char* out, std::size_t size) = 0;
};

// A file that is being written. What was not closed may be incomplete, or not be there at all.
class FileWriter {
public:
    virtual ~FileWriter() = default;
    virtual Status write(std::string_view bytes) = 0;
    /// Flushes; on success everything written is readable by others.
    virtual Status close() = 0;
};

// A part of an output that is not committed yet: after close() it waits for that.
class PartWriter : public FileWriter {
public:
    /// What commit_output() wants to know of it. Requires a close() that succeeded.
    virtual std::string token() const = 0;
};

struct OutputPart {
    std::string name;   // "part-00000"
    std::string token;  // of the attempt that won
};

// The file that says that an output is complete; it is the last to appear.
struct OutputMark {
    std::string name;
    std::string content;
};

class FileSystem {
public:
    virtual ~FileSystem() = default;

    /// Errors: NotFound, PermissionDenied, Unauthenticated, Unavailable, Internal; all with the
    /// path.
    virtual Result<FileInfo> stat(const std::string& path) = 0;
    /// Entries of a folder, sorted by name, with full paths.
    virtual Result<std::vector<FileInfo>> list(const std::string& folder) = 0;
    /// Bytes [offset, offset + size) of a file, cut at its end. `version`: of the FileInfo that is
    /// meant, or empty. Errors: also Conflict when the file has another one now.
    virtual Result<std::unique_ptr<FileView>> view(const std::string& path, std::uint64_t offset,
                                                   std::uint64_t size,
                                                   const std::string& version) = 0;
    /// The file from `offset` on. Errors: as view().
    virtual Result<std::unique_ptr<FileReader>> open(const std::string& path, std::uint64_t offset,
                                                     const std::string& version) = 0;
    /// A view costs what is looked at in it, not what it spans.
    virtual bool maps(const std::string& path) = 0;
    /// Nothing: nowhere in particular.
    virtual Result<std::vector<BlockPlace>> places(const FileInfo&) {
        return std::vector<BlockPlace>{};
    }

    /// A new file; an existing one is replaced. Parents must exist where there are folders.
    virtual Result<std::unique_ptr<FileWriter>> create(const std::string& path) = 0;
    /// False: folders are there as soon as something is in them.
    virtual bool has_folders(const std::string&) { return true; }
    virtual Status make_folders(const std::string& path) = 0;
    /// Moves a file or a folder. Errors: AlreadyExists when `to` exists, and then nothing changes;
    /// Unsupported.
    virtual Status rename(const std::string& from, const std::string& to) = 0;
    /// A folder goes with its contents; nothing there is success.
    virtual Status remove(const std::string& path) = 0;

    // The four below, where nothing else is said, work by rename: attempts write into a hidden
    // folder beside the target, winners are gathered, and the whole is moved in one rename, so that
    // the target is there complete or not at all.

    /// `owner` is in the name of what is hidden. No other output may have it, nor one of the same
    /// application's attempt before, which may go on writing for a while after it was given up.
    /// Errors: also AlreadyExists, where that is seen at once.
    virtual Result<std::string> begin_output(const std::string& target, const std::string& owner);
    /// `attempt`: another for each, however often a part is written.
    virtual Result<std::unique_ptr<PartWriter>> create_part(const std::string& place,
                                                            const std::string& name,
                                                            const std::string& attempt);
    /// Errors: nothing of the output is left, or what is left has no mark. Where S3 does not answer
    /// any more, a mark may be there, and then all parts are; the message says what may be left.
    virtual Status commit_output(const std::string& place, const std::string& target,
                                 const std::vector<OutputPart>& parts, const OutputMark& mark);
    /// Once for each begin_output(), last. `left`: parts that were closed and not committed; they
    /// go, as far as the place can be reached.
    virtual void end_output(const std::string& place, const std::vector<OutputPart>& left);
};

/// The machine's own files.
std::unique_ptr<FileSystem> make_local_file_system();

/// The folder that holds `path`: a whole path, with or without a scheme.
std::string parent_of(const std::string& path);

/// "s3a" of "s3a://bucket/x"; empty: none.
std::string_view scheme_of(std::string_view path);

/// All plain files that `pattern` means, sorted: a file, a folder, a glob over either (* ? [a-z]
/// {x,y}), several of these separated by commas. Names that begin with '.' or '_' are left out
/// where they are not spelled out: in folders and where a glob matches. `folder`: absolute; where
/// relative paths begin. Errors: NotFound when a part matches nothing, with that part; Unsupported.
Result<std::vector<FileInfo>> expand(FileSystem& files, std::string_view pattern,
                                     const std::string& folder);

/// The first part of such a pattern that is no whole path, if any.
std::optional<std::string> first_relative(std::string_view pattern);

/// "hdfs:///x" for Hadoop's "hdfs:/x", which is a relative path here; empty: no such form.
std::string in_full(std::string_view path);

/// A local path, with or without "file:", that does not begin at the root.
bool is_relative(std::string_view path);

/// `path` below `folder` when it is relative, else itself; "file:" goes. Other schemes stay.
std::string absolute(std::string_view path, const std::string& folder);

}  // namespace heddle::fs
