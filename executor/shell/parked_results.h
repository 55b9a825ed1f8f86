#pragma once

// Results that are too large for a message to the driver: they wait in the store, in memory or on
// disk, until the driver has asked for them piece by piece.

#include "common/blocks/store.h"
#include "common/rdd/executor_protocol.h"
#include "common/rdd/task.h"

namespace heddle::executor {

/// False: the store has no room. Else the value is there and `result` says how large it is.
bool park_result(blocks::BlockStore& store, rdd::TaskResult& result);
rdd::ResultPiece piece_of_result(blocks::BlockStore& store, const rdd::ResultWanted& wanted);
void forget_result(blocks::BlockStore& store, rdd::TaskId task);

}  // namespace heddle::executor
