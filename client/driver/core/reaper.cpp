// Who was told to end, and when that has to have happened.
#include "client/driver/core/reaper.h"

#include <algorithm>

#include "common/base/check.h"

namespace heddle::driver {

void Reaper::told(TimePoint now, rdd::TaskId task, rdd::ExecutorId executor, std::int32_t slots,
                  bool in_process) {
    Told entry{executor, slots, now + rules_.patience, TimePoint::never(), false};
    if (rules_.enabled) {
        entry.end = in_process ? entry.due : now + std::max(rules_.kill_timeout, rules_.patience);
    }
    if (told_.emplace(task, entry).second) {
        due_.emplace(entry.due, task);
    }
}

void Reaper::ended(rdd::TaskId task) {
    const auto it = told_.find(task);
    if (it == told_.end()) {
        return;
    }
    const Told& entry = it->second;
    due_.erase({entry.due, task});
    if (entry.stuck) {
        const auto at = stuck_.find(entry.executor);
        at->second -= entry.slots;
        if (at->second == 0) {
            stuck_.erase(at);
        }
    }
    told_.erase(it);
}

std::int32_t Reaper::stuck(rdd::ExecutorId executor) const {
    const auto it = stuck_.find(executor);
    return it == stuck_.end() ? 0 : it->second;
}

std::vector<rdd::TaskId> Reaper::overdue(TimePoint now) {
    std::vector<rdd::TaskId> found;
    while (!due_.empty() && due_.begin()->first <= now) {
        const rdd::TaskId task = due_.begin()->second;
        due_.erase(due_.begin());
        Told& entry = told_.at(task);
        if (!entry.stuck) {
            entry.stuck = true;
            stuck_[entry.executor] += entry.slots;
        }
        if (entry.end <= now) {
            entry.due = TimePoint::never();
            found.push_back(task);
        } else {
            entry.due = entry.end;
            if (entry.due != TimePoint::never()) {
                due_.emplace(entry.due, task);
            }
        }
    }
    return found;
}

TimePoint Reaper::next_deadline() const {
    return due_.empty() ? TimePoint::never() : due_.begin()->first;
}

void Reaper::check() const {
    std::map<rdd::ExecutorId, std::int32_t> stuck;
    for (const auto& [task, entry] : told_) {
        CHECK((entry.due == TimePoint::never()) == !due_.contains({entry.due, task}));
        if (entry.stuck) {
            stuck[entry.executor] += entry.slots;
        }
    }
    CHECK(stuck == stuck_);
    CHECK(due_.size() <= told_.size());
}

}  // namespace heddle::driver
