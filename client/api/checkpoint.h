#pragma once

// Checkpoints: an RDD's records in files (checkpoint) or in the executors' caches
// (local_checkpoint), in place of the lineage that they were computed by.

#include <optional>
#include <string>
#include <string_view>

#include "client/api/graph.h"
#include "common/rdd/plan.h"
#include "common/rdd/record_face.h"

namespace heddle::api {

/// A folder of this program below `path`, a new one for each call. Throws UsageError.
void set_checkpoint_dir(Session& session, std::string_view path);

/// The first job of an action that computes the node, or something from it, is followed by one that
/// writes it. Jobs that transformations run (samples of a sort) are not: what comes of them is not
/// asked for yet. Throws UsageError without a checkpoint folder.
void mark_checkpoint(const NodePtr& node, const rdd::RecordFace& face);
/// The same, but into the executors' caches, on disk where memory is short.
void mark_local_checkpoint(const NodePtr& node);
bool is_checkpointed(const NodePtr& node);
bool is_locally_checkpointed(const NodePtr& node);
/// Nothing while it is not written, and for local checkpoints.
std::optional<std::string> checkpoint_file(const NodePtr& node);

/// An RDD of the records of a checkpoint, of this application or another. Throws UsageError.
NodePtr read_checkpoint(const SessionPtr& session, std::string_view path, rdd::RecordType record,
                        const rdd::RecordFace& face, Callsite at);

/// After a job of an action: writes what is marked at or below `root`. Throws JobFailed.
void write_checkpoints(const NodePtr& root, Callsite at);

}  // namespace heddle::api
