// Executors that end as planned: what is copied first, and when they may go.
#include <algorithm>
#include <utility>
#include <vector>

#include "client/driver/core/driver.h"
#include "common/base/check.h"

namespace heddle::driver {

void Driver::retire(Executor& executor, const std::string& reason) {
    const RetirementRules& rules = config_.retirement;
    const auto [it, fresh] = retiring_.try_emplace(executor.id);
    if (!fresh) {
        return;
    }
    it->second.reason = reason;
    it->second.deadline = rules.patience ? now_ + *rules.patience : TimePoint::never();
    executor.leaving = true;
    executor.retiring = true;
    free_.erase(executor.id);
    for (const rdd::BlockId& block : blocks_.held_by(executor.id)) {
        copy_before_end(executor.id, block);
    }
}

void Driver::stay(Executor& executor) {
    executor.retiring = false;
    retiring_.erase(executor.id);
}

// Also of what its last tasks leave in the cache.
void Driver::copy_before_end(rdd::ExecutorId executor, const rdd::BlockId& block) {
    const auto persisted = persisted_.find(rdd::RddId{static_cast<std::int32_t>(block.first)});
    const RetirementRules& rules = config_.retirement;
    if (rules.storage && rules.cached && persisted != persisted_.end()) {
        replication_.want_elsewhere(block, persisted->second.level);
        retiring_.at(executor).uncopied.insert(block);
    }
}

// Asks for nothing twice: each block is looked at until its wish has come to an end, whichever.
void Driver::settle_retirements() {
    for (auto& [id, retirement] : retiring_) {
        std::set<rdd::BlockId>& blocks = retirement.uncopied;
        while (!blocks.empty() && !replication_.under_way(*blocks.begin())) {
            blocks.erase(blocks.begin());
        }
    }
}

bool Driver::may_end(rdd::ExecutorId id, const Retirement& retirement) const {
    return retirement.deadline <= now_ ||
           (retirement.uncopied.empty() && executors_.find(id)->running.empty());
}

void Driver::end_retired(Effects& effects) {
    std::vector<std::pair<rdd::ExecutorId, std::string>> ended;
    std::vector<rdd::ExecutorId> released;
    for (const auto& [id, retirement] : retiring_) {
        if (!stopped_ && may_end(id, retirement)) {
            ended.emplace_back(id, retirement.reason);
            released.push_back(id);
        }
    }
    if (wanted_ >= 0 && !released.empty()) {
        effects.push_back(WantExecutors{wanted_, released, config_.allocation.enabled});
    }
    for (const auto& [id, reason] : ended) {
        replace(id, reason, effects);
    }
}

TimePoint Driver::retirement_deadline() const {
    TimePoint deadline = TimePoint::never();
    for (const auto& [id, retirement] : retiring_) {
        deadline = std::min(deadline, may_end(id, retirement) ? now_ : retirement.deadline);
    }
    return stopped_ ? TimePoint::never() : deadline;
}

void Driver::check_retirements() const {
    for (const auto& [id, retirement] : retiring_) {
        const Executor* executor = executors_.find(id);
        CHECK(executor != nullptr && executor->leaving && executor->retiring);
    }
}

}  // namespace heddle::driver
