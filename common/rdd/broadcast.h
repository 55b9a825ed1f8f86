#pragma once

// A broadcast variable as executors know it: a number, and how many bytes in how many chunks. The
// handle in a function's fields is this and no more; the chunks are fetched when a task first reads
// the value.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "common/base/result.h"
#include "common/rdd/ids.h"

namespace heddle::rdd {

struct RecordFace;
struct SharedFile;

/// Spark's spark.broadcast.blockSize.
inline constexpr std::uint64_t kBroadcastChunkBytes = std::uint64_t{4} << 20;

struct BroadcastRef {
    BroadcastId id{-1};
    std::uint64_t bytes = 0;  // of the encoded value
    std::uint64_t chunk_bytes = kBroadcastChunkBytes;

    friend bool operator==(const BroadcastRef&, const BroadcastRef&) = default;
    std::size_t chunks() const {
        return chunk_bytes == 0 ? 0
                                : static_cast<std::size_t>((bytes + chunk_bytes - 1) / chunk_bytes);
    }
};

// How a task gets values (executor/task implements it).
class BroadcastReader {
public:
    virtual ~BroadcastReader() = default;
    /// The value: one row of `face`, shared by the tasks of the executor. May wait. Errors:
    /// NotFound when it was destroyed, Unavailable, DataLoss, Cancelled, ResourceExhausted.
    virtual Result<std::shared_ptr<const void>> read(const BroadcastRef& ref,
                                                     const RecordFace& face) = 0;
    /// Brings the file to this executor, unless it is there. Errors: as read(), and of the disk.
    virtual Status bring(const SharedFile& file) = 0;
    /// Where such files are: a folder of the executor.
    virtual const std::string& files_folder() const = 0;
};

}  // namespace heddle::rdd
