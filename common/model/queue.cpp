#include "common/model/queue.h"

#include <utility>

namespace heddle {

QueueConfig queue_config(std::string path) {
    QueueConfig config;
    config.path = std::move(path);
    config.capacity[kNoLabel] = {};
    return config;
}

SchedulerConfig default_scheduler_config() {
    SchedulerConfig config;
    config.queues = {queue_config("root.default")};
    return config;
}

}  // namespace heddle
