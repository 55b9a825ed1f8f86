#pragma once

// Everything that waits for time, in one order. One deadline per (kind, what); setting it again
// moves it. Whoever wakes up looks whether what it waited for is still due: so a heartbeat does
// not have to move its node's deadline.

#include <compare>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "common/base/check.h"
#include "common/base/ids.h"
#include "common/base/time.h"

namespace heddle::rm {

struct Timer {
    enum class Kind {
        NodeExpiry,      // number: node index
        NodeForget,      // number: node index
        NodeDrain,       // number: node index; nothing runs on it any more, or its time is over
        NodeOvercommit,  // number: node index
        MasterExpiry,    // attempt
        Settle,          // after a restart
        SizeCheck,       // asks that were taken before any node was known
        LocalityDelay,   // attempt, number: ask id
        SaveRetry,       // number: batch that failed
        TimeLimit,       // attempt: of the application, number 0: its lifetime or its wait to start
        Retention,       // of the application that is over for longest
        Reservation,     // a look at who has waited for long
        GangDeadline,    // attempt, number: gang
        GangTry,         // whether one has room now
        CreatedQueues,   // a look at which are empty
        Preemption,      // number 0: the next round; 1: of claims, the first that is due
        Balance,         // a look at queues of opportunistic containers
        Alternative,     // attempt, number: ask id; the next alternative of its constraint will do
    };
    Kind kind = Kind::Settle;
    AttemptId attempt;
    std::int64_t number = 0;

    friend constexpr auto operator<=>(const Timer&, const Timer&) = default;
};

class Deadlines {
public:
    void set(const Timer& timer, TimePoint at) {
        cancel(timer);
        at_.emplace(timer, at);
        order_.emplace(at, timer);
    }

    void cancel(const Timer& timer) {
        if (const auto it = at_.find(timer); it != at_.end()) {
            order_.erase({it->second, timer});
            at_.erase(it);
        }
    }

    /// All of this kind and attempt.
    void cancel_all(Timer::Kind kind, const AttemptId& attempt) {
        auto it = at_.lower_bound({kind, attempt, std::numeric_limits<std::int64_t>::min()});
        while (it != at_.end() && it->first.kind == kind && it->first.attempt == attempt) {
            order_.erase({it->second, it->first});
            it = at_.erase(it);
        }
    }

    /// Of every timer that is set, in order.
    template <typename Visit>
    void for_each(Visit&& visit) const {
        for (const auto& [timer, at] : at_) {
            visit(timer);
        }
    }

    /// When it is due, if it is set.
    std::optional<TimePoint> at(const Timer& timer) const {
        const auto it = at_.find(timer);
        return it == at_.end() ? std::nullopt : std::optional(it->second);
    }

    TimePoint next() const { return order_.empty() ? TimePoint::never() : order_.begin()->first; }

    /// The earliest timer that is due, removed; nullopt when none is.
    std::optional<Timer> take_due(TimePoint now) {
        if (next() > now) {
            return std::nullopt;
        }
        const Timer timer = order_.begin()->second;
        cancel(timer);
        return timer;
    }

    void check() const { CHECK(at_.size() == order_.size()); }

private:
    std::map<Timer, TimePoint> at_;
    std::set<std::pair<TimePoint, Timer>> order_;
};

}  // namespace heddle::rm
