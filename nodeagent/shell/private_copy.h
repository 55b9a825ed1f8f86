#pragma once

// Copies of cached artifacts that belong to one container, with contents that are known.
//
// Containers run as the agent's user, so no mode keeps one from writing to a file that it can
// reach; a link into the cache would let it change what every later container runs. So each gets
// an inode of its own, and the file in the cache, which nobody links to, must still carry the
// stamp that it had when its SHA-256 was last verified. An accident changes that stamp; who means
// harm can hide a write within one tick of the kernel's clock, and containers of one user are not
// kept apart from one another anyway. Only a file without a known stamp is read as a whole again.

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

#include "common/base/result.h"

namespace heddle::node {

/// Differs after a change of a file's contents, to the grain of the kernel's clock.
struct FileStamp {
    std::uint64_t inode = 0;
    std::uint64_t size = 0;
    std::int64_t modified_ns = 0;
    std::int64_t changed_ns = 0;

    friend bool operator==(const FileStamp&, const FileStamp&) = default;
};

/// nullopt: no regular file there.
std::optional<FileStamp> stamp_of(const std::string& path);

/// Makes the new file `to`, sharing blocks where the file system can. Blocks. Errors: that of the
/// source; ResourceExhausted or Internal with path, bytes and reason. Nothing is left at `to` then.
Status copy_file(const std::string& from, const std::string& to, mode_t mode);

/// As copy_file(), and the copy has the contents of `digest`: `from` still has the stamp `known`,
/// or the copy itself is read. `known` becomes the stamp of what was read. Errors: also DataLoss
/// when the contents are others, and NotFound when `from` is gone.
Status copy_verified(const std::string& from, const std::string& digest,
                     std::optional<FileStamp>& known, const std::string& to, mode_t mode);

/// What could not be put at `path`, for messages: "cannot write PATH (N bytes): reason" of errno.
Error write_error(const std::string& path, std::uint64_t bytes);

}  // namespace heddle::node
