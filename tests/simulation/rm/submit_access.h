#pragma once

// Lists of who may submit to which queue, in random runs: clients name queues that they may not use
// and applications are moved there; the checker looks at where they are after every step.

#include <cstdint>
#include <string>
#include <vector>

#include "common/model/queue.h"
#include "resourcemanager/core/books.h"

namespace heddle::rm::test {

/// Half of the runs with random queues have lists. They stay as they are drawn, so that who is in
/// a queue could come there at any time; root.default is open to everybody.
void draw_lists(std::uint64_t seed, SchedulerConfig& scheduler);
bool has_lists(const SchedulerConfig& scheduler);

std::vector<std::string> groups_of(const std::string& user);

/// No application that lives is in a queue that its user may not submit to. Looks at the lists of
/// the version that holds, not at those of created queues, which are open below their creator's.
std::string check_submit_access(const Books& books);

}  // namespace heddle::rm::test
