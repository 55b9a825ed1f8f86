// Counting failures by place.
#include "client/driver/core/exclusion.h"

#include <algorithm>
#include <type_traits>
#include <utility>

namespace heddle::driver {

void StageExclusion::failed(TimePoint now, std::size_t task, rdd::ExecutorId executor,
                            const std::string& host, const std::string& reason) {
    if (!rules_.enabled) {
        return;
    }
    last_reason_ = reason;
    tasks_.insert(task);
    Failures& failures = failures_[executor];
    failures.host = host;
    Failed& failed = failures.by_task[task];
    ++failed.attempts;
    failed.last = now;
    ++attempts_by_host_[host][task];
    const bool many = static_cast<std::int32_t>(failures.by_task.size()) >=
                      rules_.stage_failures_per_executor_max;
    if (many && executors_.insert(executor).second &&
        ++executors_by_host_[host] >= rules_.stage_executors_per_node_max) {
        hosts_.insert(host);
    }
}

void StageExclusion::renumber(const std::map<std::size_t, std::size_t>& tasks) {
    const auto renumbered = [&tasks](const auto& by_task) {
        std::remove_cvref_t<decltype(by_task)> out;
        for (const auto& [task, value] : by_task) {
            if (const auto it = tasks.find(task); it != tasks.end()) {
                out.emplace(it->second, value);
            }
        }
        return out;
    };
    for (auto& [executor, failures] : failures_) {
        failures.by_task = renumbered(failures.by_task);
    }
    for (auto& [host, attempts] : attempts_by_host_) {
        attempts = renumbered(attempts);
    }
    std::set<std::size_t> numbers;
    for (const std::size_t task : tasks_) {
        if (const auto it = tasks.find(task); it != tasks.end()) {
            numbers.insert(it->second);
        }
    }
    tasks_ = std::move(numbers);
}

bool StageExclusion::node_bars(std::size_t task, const std::string& host) const {
    if (hosts_.count(host) != 0) {
        return true;
    }
    const auto node = attempts_by_host_.find(host);
    if (node == attempts_by_host_.end()) {
        return false;
    }
    const auto failed = node->second.find(task);
    return failed != node->second.end() && failed->second >= rules_.task_attempts_per_node_max;
}

bool StageExclusion::bars(std::size_t task, rdd::ExecutorId executor,
                          const std::string& host) const {
    if (failures_.empty()) {
        return false;
    }
    if (executors_.count(executor) != 0 || node_bars(task, host)) {
        return true;
    }
    const auto here = failures_.find(executor);
    if (here == failures_.end()) {
        return false;
    }
    const auto failed = here->second.by_task.find(task);
    return failed != here->second.by_task.end() &&
           failed->second.attempts >= rules_.task_attempts_per_executor_max;
}

bool StageExclusion::bars_all(rdd::ExecutorId executor, const std::string& host) const {
    return executors_.count(executor) != 0 || hosts_.count(host) != 0;
}

std::vector<std::string> StageExclusion::hosts_barred(std::size_t task) const {
    std::vector<std::string> barred;
    for (const auto& [host, attempts] : attempts_by_host_) {
        if (node_bars(task, host)) {
            barred.push_back(host);
        }
    }
    return barred;
}

void Exclusion::stage_succeeded(TimePoint now, const StageExclusion& stage) {
    for (const auto& [executor, failed] : stage.failures()) {
        std::vector<TimePoint>& counted = failures_[executor];
        for (const auto& [task, failure] : failed.by_task) {
            counted.push_back(failure.last + rules_.timeout);
        }
        std::erase_if(counted, [now](TimePoint until) { return until <= now; });
        if (static_cast<std::int32_t>(counted.size()) >=
            rules_.application_failures_per_executor_max) {
            exclude(executor, failed.host, now + rules_.timeout);
        }
    }
}

void Exclusion::fetch_failed(TimePoint now, rdd::ExecutorId executor, const std::string& host) {
    if (rules_.enabled && rules_.fetch_failures_count) {
        exclude(executor, host, now + rules_.timeout);
    }
}

void Exclusion::exclude(rdd::ExecutorId executor, const std::string& host, TimePoint until) {
    if (!executors_.emplace(executor, Barred{host, until}).second) {
        return;
    }
    const auto here = std::count_if(executors_.begin(), executors_.end(),
                                    [&](const auto& e) { return e.second.host == host; });
    if (here >= rules_.application_executors_per_node_max) {
        hosts_.emplace(host, until);
    }
}

bool Exclusion::expire(TimePoint now) {
    const auto executors =
        std::erase_if(executors_, [now](const auto& e) { return e.second.until <= now; });
    const auto hosts = std::erase_if(hosts_, [now](const auto& h) { return h.second <= now; });
    return executors + hosts > 0;
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

std::set<std::string> Exclusion::hosts() const {
    std::set<std::string> excluded;
    for (const auto& [host, until] : hosts_) {
        excluded.insert(host);
    }
    return excluded;
}

}  // namespace heddle::driver
