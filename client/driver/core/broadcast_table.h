#pragma once

// Which executors hold which chunks of broadcast variables, and how many of them the others are
// told of: enough to spread the load, few enough to be no load themselves.

#include <cstdint>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "common/rdd/executor_protocol.h"
#include "common/rdd/ids.h"

namespace heddle::driver {

class BroadcastTable {
public:
    static constexpr std::size_t kTold = 4;  // holders of one chunk

    /// True: the others are to be told of it.
    bool keep(const rdd::BroadcastKept& kept, rdd::ExecutorId executor);
    void executor_lost(rdd::ExecutorId executor);
    void drop(rdd::BroadcastId id);
    /// Never held again: whoever says so is to drop it.
    void destroy(rdd::BroadcastId id);
    bool destroyed(rdd::BroadcastId id) const { return destroyed_.count(id) != 0; }

    /// What a new executor is told.
    std::vector<rdd::BroadcastHeld> told() const;

private:
    std::map<std::pair<rdd::BroadcastId, std::int64_t>, std::vector<rdd::ExecutorId>> holders_;
    std::set<rdd::BroadcastId> destroyed_;
};

}  // namespace heddle::driver
