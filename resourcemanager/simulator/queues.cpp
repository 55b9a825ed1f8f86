#include "resourcemanager/simulator/queues.h"

#include <algorithm>
#include <set>
#include <utility>

#include "common/base/strings.h"

namespace heddle::simulator {
namespace {

Error bad(std::string what) {
    return {ErrorCode::InvalidArgument, std::move(what)};
}

std::string full_path(const std::string& name) {
    return name == "root" || name.starts_with("root.") ? name : "root." + name;
}

bool has_child(const std::vector<QueueConfig>& queues, const std::string& path) {
    return std::ranges::any_of(
        queues, [&](const QueueConfig& other) { return other.path.starts_with(path + "."); });
}

}  // namespace

Result<std::vector<LeafQueue>> parse_queues(const std::string& text) {
    std::vector<LeafQueue> queues;
    for (const std::string_view part : split(text, ',')) {
        const std::size_t equals = part.find('=');
        LeafQueue queue{full_path(std::string(part.substr(0, equals)))};
        std::int64_t weight = 1;
        if (equals != std::string_view::npos &&
            (!parse_number(part.substr(equals + 1), weight) || weight < 1 || weight > 1'000'000)) {
            return bad("the weight of a queue is a whole number from 1, not '" +
                       std::string(part.substr(equals + 1)) + "'");
        }
        queue.weight = weight * 1000;
        for (const std::string_view name : split(queue.path, '.')) {
            if (trim(name).empty() || trim(name) != name) {
                return bad("'" + std::string(part) + "' is no queue; write root.etl=2");
            }
        }
        if (std::ranges::find(queues, queue.path, &LeafQueue::path) != queues.end()) {
            return bad("queue " + queue.path + " is there twice");
        }
        queues.push_back(std::move(queue));
    }
    return queues;
}

std::vector<LeafQueue> leaves_of(const SchedulerConfig& config) {
    std::vector<LeafQueue> leaves;
    for (const QueueConfig& queue : config.queues) {
        if (!has_child(config.queues, queue.path)) {
            LeafQueue leaf{queue.path};
            const auto own = queue.capacity.find(kNoLabel);
            if (own != queue.capacity.end() &&
                own->second.guaranteed.all.kind == Share::Kind::Weight) {
                leaf.weight = own->second.guaranteed.all.value;
            }
            leaves.push_back(std::move(leaf));
        }
    }
    return leaves;
}

SchedulerConfig scheduler_of(const std::vector<LeafQueue>& queues) {
    SchedulerConfig config;
    config.queues.clear();
    for (const LeafQueue& queue : queues) {
        QueueConfig entry = queue_config(queue.path);
        entry.capacity[kNoLabel].guaranteed.all = {Share::Kind::Weight, queue.weight};
        config.queues.push_back(std::move(entry));
    }
    config.queue_default = queues.front().path;
    return config;
}

std::vector<LeafQueue> name_in_full(std::vector<Job>& jobs) {
    std::set<std::string> named;
    for (Job& job : jobs) {
        job.queue = full_path(job.queue);
        named.insert(job.queue);
    }
    std::vector<LeafQueue> queues;
    for (const std::string& path : named) {
        queues.push_back({path});
    }
    return queues;
}

Status check_queues(const std::vector<LeafQueue>& named, const SchedulerConfig& config,
                    const std::string& given) {
    for (const LeafQueue& queue : named) {
        const bool known =
            std::ranges::find(config.queues, queue.path, &QueueConfig::path) != config.queues.end();
        if (!known || has_child(config.queues, queue.path)) {
            return bad("jobs name the queue " + queue.path + ", which is " +
                       (known ? "no leaf" : "not " + given));
        }
    }
    return {};
}

}  // namespace heddle::simulator
