#pragma once

// Which applications wait, and what stands in their way most, as the published view says: so that
// they can be counted by reason, and looked at again in turn. What an application waits for can
// change without anything happening to it.

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "common/base/ids.h"
#include "common/base/time.h"
#include "common/model/reason.h"

namespace heddle::rm {

class WaitingList {
public:
    /// nullopt: it does not wait, or is gone.
    void set(const ApplicationId& application, std::optional<Reason> reason) {
        if (const auto it = reasons_.find(application); it != reasons_.end()) {
            if (it->second == reason) {
                return;
            }
            if (--counts_[it->second] == 0) {
                counts_.erase(it->second);
            }
            reasons_.erase(it);
        }
        if (reason.has_value()) {
            reasons_.emplace(application, *reason);
            ++counts_[*reason];
        }
    }

    const std::map<Reason, std::int64_t>& counts() const { return counts_; }
    const std::map<ApplicationId, Reason>& all() const { return reasons_; }

    /// The next ones in turn, once a second: at most `count` of them.
    std::vector<ApplicationId> due(WallTime wall, std::size_t count) {
        std::vector<ApplicationId> chosen;
        if (wall.milliseconds - looked_.milliseconds < 1000) {
            return chosen;
        }
        looked_ = wall;
        auto it = reasons_.upper_bound(last_);
        while (chosen.size() < count && chosen.size() < reasons_.size()) {
            if (it == reasons_.end()) {
                it = reasons_.begin();
            }
            chosen.push_back(it->first);
            ++it;
        }
        last_ = chosen.empty() ? ApplicationId{} : chosen.back();
        return chosen;
    }

private:
    std::map<ApplicationId, Reason> reasons_;
    std::map<Reason, std::int64_t> counts_;
    ApplicationId last_;
    WallTime looked_;
};

}  // namespace heddle::rm
