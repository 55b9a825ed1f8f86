#pragma once

// Writing an RDD of text to a folder: whole or not at all, one winner per partition.
//
// Every attempt of a task writes its own part of an output (common/fs/file_system.h), which nobody
// sees, and answers its token. The driver, which takes exactly one answer per partition, commits
// the parts that won; those that lost go at the end of the output.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "common/base/result.h"
#include "common/fs/file_system.h"
#include "common/rdd/operator.h"
#include "common/rdd/scope.h"

namespace heddle::executor {

/// The builtin actions "save_text" on text records, a line each, and "save_bytes" (`lines` false),
/// one after the other; payload: a SaveTarget. The answer is the token of the part that this
/// attempt wrote.
std::unique_ptr<rdd::Action> make_save_text(const rdd::OperatorInit& init, fs::FileSystem& files,
                                            bool lines);

/// Another name for every attempt of a task.
std::string attempt_name(const rdd::TaskScope& scope);

}  // namespace heddle::executor
