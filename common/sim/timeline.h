#pragma once

// Virtual time: things to do at points in time, done in order. Two things at one point are done in
// the order in which they were put in, so that a run depends on its seed alone.

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <utility>

#include "common/base/check.h"
#include "common/base/time.h"

namespace heddle::sim {

class Timeline {
public:
    TimePoint now() const { return now_; }

    void at(TimePoint when, std::function<void()> action) {
        queue_.emplace(std::pair{std::max(when, now_), ++last_}, std::move(action));
    }
    void after(Duration wait, std::function<void()> action) { at(now_ + wait, std::move(action)); }

    bool empty() const { return queue_.empty(); }
    TimePoint next() const { return empty() ? TimePoint::never() : queue_.begin()->first.first; }

    /// Does the next thing; time moves to its point. False: there is none.
    bool step() {
        if (empty()) {
            return false;
        }
        const auto node = queue_.extract(queue_.begin());
        now_ = node.key().first;
        ++steps_;
        node.mapped()();
        return true;
    }

    /// Does all that is due until `end`; time is `end` then.
    void run_until(TimePoint end) {
        while (next() <= end) {
            step();
        }
        now_ = std::max(now_, end);
    }

    std::uint64_t steps() const { return steps_; }

private:
    TimePoint now_;
    std::uint64_t last_ = 0;
    std::uint64_t steps_ = 0;
    std::map<std::pair<TimePoint, std::uint64_t>, std::function<void()>> queue_;
};

}  // namespace heddle::sim
