#pragma once

// What the core saves, as records of the store: how they are named, and how a start reads them.

#include <cstdint>
#include <vector>

#include "common/base/result.h"
#include "common/base/time.h"
#include "common/store/store.h"
#include "resourcemanager/core/effect.h"
#include "resourcemanager/core/event.h"
#include "resourcemanager/shell/token_book.h"

namespace heddle::rm {

/// Reads everything, raises the epoch by one and writes that at once (design D4). Fills `tokens`.
/// Errors: DataLoss naming the record that cannot be read, Unavailable when the disk is full.
Result<Booted> boot(store::Store& store, WallTime now, TokenBook& tokens);

/// A write that changes nothing, to see whether the disk takes one.
std::vector<store::Change> probe_changes();

/// The records of one Save; keeps `tokens` in step with them.
std::vector<store::Change> to_changes(const std::vector<StoreChange>& changes, TokenBook& tokens);

}  // namespace heddle::rm
