#pragma once

// Rows that do not fit in memory, on disk, in streams that are read back from the front. The file
// has no name: it goes with the task that has it open, however that ends.

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/result.h"
#include "common/base/scratch_file.h"
#include "common/rdd/bytes.h"
#include "common/rdd/record_face.h"
#include "common/rdd/row_buffer.h"

namespace heddle::rdd {

/// Rows are written and read so many bytes at a time, as far as rows are not larger themselves. A
/// stream that is written holds as much, beside every budget.
inline constexpr std::size_t kSpillFrameBytes = std::size_t{16} << 10;

class SpillFile {
public:
    using Stream = std::uint32_t;

    /// Errors: Internal with the folder, which is made when it is not there.
    static Result<std::unique_ptr<SpillFile>> create(const std::string& folder,
                                                     const RecordFace& face);
    SpillFile(const SpillFile&) = delete;
    SpillFile& operator=(const SpillFile&) = delete;

    /// New, empty streams; the first of them.
    Stream add_streams(std::uint32_t count);
    /// Appends rows[selection[i]], or rows[i] when `selection` is null. Errors: Internal.
    Status append(Stream stream, const void* rows, const std::uint32_t* selection,
                  std::uint32_t count);
    /// The stream is complete. Errors: Internal.
    Status end(Stream stream);
    std::uint64_t records(Stream stream) const { return streams_[stream].records; }
    /// Bytes on disk.
    std::uint64_t size() const { return file_.size(); }

    // Reads a stream that has ended. Views in its rows show the mapped file, so they live as long
    // as the SpillFile and take no memory that the system could not take back.
    class Reader {
    public:
        Reader(SpillFile& file, Stream stream) : file_(file), stream_(stream) {}
        /// Replaces what is in `rows` by the next ones; null: the stream is over. Errors: Internal,
        /// DataLoss.
        Status next(std::unique_ptr<RowBuffer>& rows);

    private:
        SpillFile& file_;
        Stream stream_;
        std::size_t frame_ = 0;
        std::string_view bytes_;  // of the whole file, as it was at the first call
    };

private:
    struct Frame {
        std::uint64_t begin = 0;
        std::uint64_t bytes = 0;
        std::uint64_t sum = 0;  // of the bytes
        std::uint32_t records = 0;
    };
    struct Written {
        std::vector<Frame> frames;
        ByteWriter buffer;
        std::uint32_t buffered = 0;  // rows
        std::uint64_t records = 0;
    };

    SpillFile(GrowingFile file, const RecordFace& face) : file_(std::move(file)), face_(face) {}
    Status flush(Written& stream);
    Result<std::string_view> mapped();

    GrowingFile file_;
    const RecordFace& face_;
    std::deque<Written> streams_;  // what they hold does not move
    // Of the file's beginning, the longest last; kept for the views that show them.
    std::vector<std::shared_ptr<const MappedFile>> mappings_;
};

}  // namespace heddle::rdd
