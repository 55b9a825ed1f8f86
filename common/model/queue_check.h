#pragma once

// Whether a configuration adds up, as a whole. Everything that is wrong is said at once.

#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/model/queue.h"

namespace heddle {

constexpr std::size_t kQueuesMax = 10'000;
constexpr std::size_t kQueueDepthMax = 16;  // parts of a path, root included
constexpr std::size_t kQueuePathMax = 512;
constexpr std::size_t kRulesMax = 1000;
constexpr std::size_t kLabelsMax = 1000;

/// One thing that is wrong: about the queue at `queue`, the rule with that number (from 1), or
/// (neither) about all. `what` says what was asked, what was found, and what to do.
struct Mistake {
    std::string queue;
    std::size_t rule = 0;
    std::string what;
};

/// "queue root.etl: ..."
std::string to_string(const Mistake& mistake);

/// In the order of the configuration. Percentages of siblings may sum to less than 100: nobody is
/// owed the rest (YARN asks for 100 exactly).
std::vector<Mistake> mistakes_of(const SchedulerConfig& config);

/// Errors: InvalidArgument, one line per mistake.
Status check(const SchedulerConfig& config);

/// Errors: InvalidArgument: it is no path of a queue.
Status check_queue_path(std::string_view path);

/// What is said of a queue that is not there, and what to do.
std::string no_such_queue(std::string_view path);

/// Whether a queue of this path is in the configuration and has queues below it, or may have.
bool is_parent(const SchedulerConfig& config, std::string_view path);

}  // namespace heddle
