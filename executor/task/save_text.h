#pragma once

// Writing an RDD of text to a folder: whole or not at all, one winner per partition.
//
// Every attempt of a task writes its own file below a staging folder beside the target and answers
// its path. The driver, which takes exactly one answer per partition, gives the winners their names
// in a folder next to them, and moves that to the target in one rename. Attempts that lost are
// removed with the staging folder. So the target is there complete or is not there, whatever dies.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "common/base/result.h"
#include "common/fs/file_system.h"
#include "common/rdd/operator.h"

namespace heddle::executor {

/// The builtin actions "save_text" on text records, a line each, and "save_bytes" (`lines` false),
/// one after the other; payload: the staging folder. The answer is the path of the file that this
/// attempt wrote.
std::unique_ptr<rdd::Action> make_save_text(const rdd::OperatorInit& init, fs::FileSystem& files,
                                            bool lines);

}  // namespace heddle::executor
