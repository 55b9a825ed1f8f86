#pragma once

// The opportunistic asks with something outstanding. They stand in no queue's line, as no queue is
// charged for them: attempts take turns, each with its first ask, so that nobody floods.

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "common/base/ids.h"

namespace heddle::rm {

class OpportunisticLine {
public:
    using Ask = std::pair<std::int32_t, std::int32_t>;  // priority, lower first; id

    void enter(const AttemptId& attempt, Ask ask) {
        asks_[attempt].insert(ask);
        changed_ = true;
    }
    /// Nothing if it is not there.
    void leave(const AttemptId& attempt, Ask ask) {
        const auto it = asks_.find(attempt);
        if (it != asks_.end() && it->second.erase(ask) > 0 && it->second.empty()) {
            asks_.erase(it);
        }
    }

    /// Whose turn it is. Requires that it is not empty.
    const AttemptId& turn() const {
        const auto it = asks_.upper_bound(last_);
        return it == asks_.end() ? asks_.begin()->first : it->first;
    }
    void had_its_turn(const AttemptId& attempt) { last_ = attempt; }
    /// Its asks, in order.
    const std::set<Ask>& asks(const AttemptId& attempt) const { return asks_.at(attempt); }

    bool contains(const AttemptId& attempt, Ask ask) const {
        const auto it = asks_.find(attempt);
        return it != asks_.end() && it->second.contains(ask);
    }
    /// Attempts that wait.
    std::size_t size() const { return asks_.size(); }
    /// Whether an ask has come since this was last asked.
    bool take_changed() { return std::exchange(changed_, false); }

private:
    std::map<AttemptId, std::set<Ask>> asks_;
    AttemptId last_;
    bool changed_ = false;
};

}  // namespace heddle::rm
