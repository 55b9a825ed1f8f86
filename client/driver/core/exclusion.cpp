// Counting failures by place.
#include "client/driver/core/exclusion.h"

#include <algorithm>

namespace heddle::driver {

void StageExclusion::failed(std::size_t task, rdd::ExecutorId executor, const std::string& host,
                            const std::string& reason) {
    last_reason_ = reason;
    Failures& failures = failures_[executor];
    failures.host = host;
    ++failures.by_task[task];
    ++attempts_by_host_[host][task];
    const bool many = static_cast<std::int32_t>(failures.by_task.size()) >=
                      rules_.stage_failures_per_executor_max;
    if (many && executors_.insert(executor).second &&
        ++executors_by_host_[host] >= rules_.stage_executors_per_node_max) {
        hosts_.insert(host);
    }
}

bool StageExclusion::bars(std::size_t task, rdd::ExecutorId executor,
                          const std::string& host) const {
    if (!rules_.enabled || failures_.empty()) {
        return false;
    }
    const auto attempts = [task](const std::map<std::size_t, std::int32_t>& by_task) {
        const auto it = by_task.find(task);
        return it == by_task.end() ? 0 : it->second;
    };
    const auto here = failures_.find(executor);
    const auto node = attempts_by_host_.find(host);
    return bars_all(executor, host) ||
           (here != failures_.end() &&
            attempts(here->second.by_task) >= rules_.task_attempts_per_executor_max) ||
           (node != attempts_by_host_.end() &&
            attempts(node->second) >= rules_.task_attempts_per_node_max);
}

bool StageExclusion::bars_all(rdd::ExecutorId executor, const std::string& host) const {
    return rules_.enabled && (executors_.count(executor) != 0 || hosts_.count(host) != 0);
}

void Exclusion::stage_succeeded(TimePoint now, const StageExclusion& stage) {
    if (!rules_.enabled) {
        return;
    }
    const TimePoint until = now + rules_.timeout;
    for (const auto& [executor, failed] : stage.failures()) {
        std::vector<TimePoint>& counted = failures_[executor];
        counted.insert(counted.end(), failed.by_task.size(), until);
        if (static_cast<std::int32_t>(counted.size()) <
                rules_.application_failures_per_executor_max ||
            !executors_.emplace(executor, Barred{failed.host, until}).second) {
            continue;
        }
        const std::string& host = failed.host;
        const auto here = std::count_if(executors_.begin(), executors_.end(),
                                        [&](const auto& e) { return e.second.host == host; });
        if (here >= rules_.application_executors_per_node_max) {
            hosts_.emplace(host, until);
        }
    }
}

bool Exclusion::expire(TimePoint now) {
    bool some = false;
    for (auto& [executor, counted] : failures_) {
        std::erase_if(counted, [now](TimePoint until) { return until <= now; });
    }
    std::erase_if(failures_, [](const auto& entry) { return entry.second.empty(); });
    some = std::erase_if(executors_, [now](const auto& e) { return e.second.until <= now; }) > 0;
    return std::erase_if(hosts_, [now](const auto& h) { return h.second <= now; }) > 0 || some;
}

TimePoint Exclusion::next_expiry() const {
    TimePoint next = TimePoint::never();
    for (const auto& [executor, barred] : executors_) {
        next = std::min(next, barred.until);
    }
    for (const auto& [host, until] : hosts_) {
        next = std::min(next, until);
    }
    return next;
}

}  // namespace heddle::driver
