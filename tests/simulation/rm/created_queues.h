#pragma once

// Queues that come into being when jobs name them, and go, in random runs. After every step the
// core's own check looks at how they stand; at the end none may be left.

#include <cstdint>
#include <string>

#include "common/model/queue.h"
#include "tests/simulation/rm/scene.h"

namespace heddle::rm::test {

/// A third of the runs with random queues have one that creates others.
void draw_created_queues(std::uint64_t seed, SchedulerConfig& scheduler);
/// With the operator's changes it stops creating and creates again, more or less deep.
void toggle_creation(std::uint64_t change, SchedulerConfig& scheduler);
/// It creates, as deep as jobs name.
void open_creation(SchedulerConfig& scheduler);
bool creates_queues(const SchedulerConfig& scheduler);

/// The queue that the job with this number names: `drawn`, or one that may have to be created.
std::string created_instead(std::size_t job, const std::string& drawn);

void check_created_are_gone(const Scene& scene);

}  // namespace heddle::rm::test
