#pragma once

// Partitions of checkpointed RDDs as files: the blocks of the records, encoded, one image after the
// other, with the checksums that blocks have.
//
// Every attempt writes a part of its own and answers its token, as with save_text; the driver
// commits the winners.

#include <memory>
#include <string_view>

#include "common/fs/file_system.h"
#include "common/rdd/operator.h"
#include "executor/task/sources.h"

namespace heddle::executor {

/// The builtin action "save_checkpoint" on records of any type; payload: a SaveTarget. Its
/// answer is the token of the part that this attempt wrote.
std::unique_ptr<rdd::Action> make_save_checkpoint(const rdd::OperatorInit& init,
                                                  fs::FileSystem& files);

/// The builtin source "checkpoint"; payload: the path of a partition's file.
void run_checkpoint(std::string_view payload, const SourceInit& init, rdd::Sink& sink);

/// The builtin source "local_checkpoint": what stands in the place of a lineage that was cut off.
/// It is asked only for a partition that no executor has cached any more, and fails.
void run_lost_checkpoint(std::string_view payload, const SourceInit& init);

}  // namespace heddle::executor
