#pragma once

// Why an opportunistic container that its master wants to be guaranteed still waits for that: its
// node, or a limit, in the words in which an ask says it.

#include <cstddef>
#include <vector>

#include "common/model/explanation.h"
#include "resourcemanager/core/books.h"
#include "resourcemanager/core/explain_limits.h"

namespace heddle::rm {

/// Containers of the application's present attempt that wait to become guaranteed, in id order, at
/// most `count`.
std::vector<const Container*> waiting_promotions(const Books& books, const Application& application,
                                                 std::size_t count);

/// What stands in the way, the strongest first; never empty. Requires that the books have settled.
std::vector<Blocker> promotion_blockers(const Books& books, const Container& container,
                                        Detail detail, HoldersInQueues* holders);

/// "Waits for 2 containers to become guaranteed, first job_1_0001_01_000003 (1 GiB, 1 vcore). "
std::string promotion_wish(const std::vector<const Container*>& waiting);

}  // namespace heddle::rm
