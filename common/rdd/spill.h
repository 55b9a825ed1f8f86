#pragma once

// Rows that do not fit in memory, on disk, in runs that are read back from the front. The file has
// no name: it goes with the task that has it open, however that ends.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "common/rdd/bytes.h"
#include "common/rdd/record_face.h"
#include "common/rdd/row_buffer.h"

namespace heddle::rdd {

/// Rows are written and read so many bytes at a time, as far as rows are not larger themselves.
inline constexpr std::size_t kSpillFrameBytes = std::size_t{16} << 10;

// Where the frames of one run lie, in order.
struct SpillRun {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    std::uint64_t records = 0;
};

class SpillFile {
public:
    /// Errors: Internal with the folder, which is made when it is not there.
    static Result<std::unique_ptr<SpillFile>> create(const std::string& folder,
                                                     const RecordFace& face);
    ~SpillFile();
    SpillFile(const SpillFile&) = delete;
    SpillFile& operator=(const SpillFile&) = delete;

    /// Appends rows to the run under way. Errors: Internal.
    Status append(const void* rows, std::uint32_t count);
    Result<SpillRun> end_run();
    std::uint64_t size() const { return written_; }

    // Reads one run that has ended. Views in its rows show the mapped file, so they live as long as
    // the SpillFile and take no memory that the system could not take back.
    class Reader {
    public:
        Reader(SpillFile& file, const SpillRun& run) : file_(file), run_(run) {}
        /// Replaces what is in `rows` by the next ones; null: the run is over. Errors: Internal,
        /// DataLoss.
        Status next(std::unique_ptr<RowBuffer>& rows);

    private:
        SpillFile& file_;
        SpillRun run_;
        std::string_view bytes_;  // of the run and what is before it
    };

private:
    SpillFile(int file, const RecordFace& face) : file_(file), face_(face) {}
    Status flush();
    Result<std::string_view> mapped();

    int file_;
    const RecordFace& face_;
    ByteWriter buffer_;
    std::uint32_t buffered_ = 0;  // rows
    SpillRun run_;
    std::uint64_t written_ = 0;
    std::vector<std::string_view> mappings_;  // of the file's beginning, the longest last
};

}  // namespace heddle::rdd
