#pragma once

// The heads of chains that make records from nothing but a partition's payload.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "common/fs/file_system.h"
#include "common/rdd/operator.h"
#include "common/rdd/plan.h"
#include "common/rdd/scope.h"

namespace heddle::executor {

// A range of a text file. Records end at the delimiter or at the end of the file; a record belongs
// to the split in which it begins, so that any cutting of a file gives the same records.
struct TextSplit {
    std::string path;
    std::uint64_t file_size = 0;  // when the file was listed; another size now is an error
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    std::string delimiter;
    bool strip_return = false;  // text_file: a '\r' before the end of the line goes too
};

rdd::Bytes encode(const TextSplit& split);
Result<TextSplit> decode_text_split(std::string_view bytes);

/// Cuts files into at least `splits_min` ranges where they are large enough, none above 128 MiB.
std::vector<TextSplit> cut_text(const std::vector<fs::FileInfo>& files, std::string delimiter,
                                bool strip_return, std::int32_t splits_min);

/// Where the first record that begins at or after `begin` starts: `begin` itself or behind a
/// delimiter; text.size() when there is none. Delimiters are those that reading from the start of
/// the text finds, also when the delimiter can overlap itself ("\n\n" in "\n\n\n").
std::size_t first_record(std::string_view text, std::string_view delimiter, std::size_t begin);

// What a source needs beside its payload. Views and blocks that records point into are kept by
// `keep` until the task ends.
struct SourceInit {
    rdd::TaskScope& scope;
    fs::FileSystem& files;
    std::vector<std::shared_ptr<const void>>& keep;
    const rdd::RecordFace& face;
    const std::string& operation;
};

/// Pushes the records of one partition. False: no such source.
bool run_source(const rdd::OperatorRef& op, std::string_view payload, const SourceInit& init,
                rdd::Sink& sink);

}  // namespace heddle::executor
