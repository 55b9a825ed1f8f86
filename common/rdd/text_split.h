#pragma once

// How text files are cut into partitions, and what a task is told of its cut.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "common/rdd/bytes.h"

namespace heddle::rdd {

// A range of a text file: the partition payload of the builtin source "text_records". Records end
// at the delimiter or at the end of the file; a record belongs to the split in which it begins, so
// that any cutting of a file gives the same records.
struct TextSplit {
    std::string path;
    std::uint64_t file_size = 0;  // when the file was listed; another size now is an error
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    std::string delimiter;
    bool strip_return = false;  // text_file: a '\r' before the end of the line goes too
    std::string version{};      // as file_size; empty: not known

    friend bool operator==(const TextSplit&, const TextSplit&) = default;
};

Bytes encode(const TextSplit& split);
/// Errors: DataLoss.
Result<TextSplit> decode_text_split(std::string_view bytes);

struct TextFile {
    std::string path;
    std::uint64_t size = 0;
    std::string version{};
    std::uint64_t block_size = std::uint64_t{128} << 20;
    bool whole = false;  // never cut: compressed
};

/// Cuts files into at least `splits_min` ranges where they are large enough and may be cut, none
/// above the size of its file's blocks.
std::vector<TextSplit> cut_text(const std::vector<TextFile>& files, const std::string& delimiter,
                                bool strip_return, std::int32_t splits_min);

}  // namespace heddle::rdd
