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
#include "common/rdd/text_split.h"

namespace heddle::executor {

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
