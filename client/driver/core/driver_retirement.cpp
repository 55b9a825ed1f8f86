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
    for (const OutputMoves::Key& output : outputs_.held_by(executor.id)) {
        move_before_end(executor.id, output);
    }
}

void Driver::stay(Executor& executor) {
    executor.retiring = false;
    retiring_.erase(executor.id);
}

// Also of what its last tasks leave in the cache.
void Driver::copy_before_end(rdd::ExecutorId executor, const rdd::BlockId& block) {
    const auto persisted = persisted_.find(rdd::RddId{static_cast<std::int32_t>(block.first)});
    if (config_.retirement.copies_cached() && persisted != persisted_.end()) {
        replication_.want_elsewhere(block, persisted->second.level);
        retiring_.at(executor).uncopied.insert(block);
    }
}

void Driver::move_before_end(rdd::ExecutorId executor, const OutputMoves::Key& output) {
    const auto it = retiring_.find(executor);
    if (it != retiring_.end() && config_.retirement.moves_outputs()) {
        moves_.want(output);
        it->second.unmoved.insert(output);
    }
}

void Driver::output_kept(const rdd::MapOutputKept& answer, rdd::ExecutorId executor) {
    const auto moved = moves_.answered(answer, executor);
    if (!moved || !outputs_.move(moved->output.first, moved->output.second, moved->map_task,
                                 moved->from, executor)) {
        return;
    }
    if (const auto from = retiring_.find(moved->from); from != retiring_.end()) {
        from->second.unmoved.erase(moved->output);
    }
    move_before_end(executor, moved->output);  // it may retire by now
}

void Driver::move_outputs(Effects& effects) {
    if (stopped_) {
        return;
    }
    for (const OutputMoves::Order& order : moves_.orders(outputs_, executors_)) {
        effects.push_back(Send{order.target, order.message});
    }
}

// The task asked where the output was: it lies elsewhere now, and the task only has to ask again.
bool Driver::has_moved(const rdd::TaskFailure& failure) const {
    const rdd::ExecutorId holder =
        outputs_.holder(failure.shuffle, failure.map_index, failure.map_task);
    return holder != rdd::kNoExecutor && !failure.executor.empty() &&
           failure.executor != rdd::to_string(holder);
}

// Asks for nothing twice: each block is looked at until its wish has come to an end, whichever.
void Driver::settle_retirements() {
    for (auto& [id, retirement] : retiring_) {
        std::set<rdd::BlockId>& blocks = retirement.uncopied;
        while (!blocks.empty() && !replication_.under_way(*blocks.begin())) {
            blocks.erase(blocks.begin());
        }
        std::set<OutputMoves::Key>& outputs = retirement.unmoved;
        while (!outputs.empty() && !moves_.under_way(*outputs.begin())) {
            outputs.erase(outputs.begin());
        }
    }
}

bool Driver::may_end(rdd::ExecutorId id, const Retirement& retirement) const {
    if (retirement.deadline <= now_) {
        return true;
    }
    // Output of a barrier stage counts when all of its tasks have ended, and until then goes with
    // its executor.
    return retirement.uncopied.empty() && retirement.unmoved.empty() &&
           executors_.find(id)->idle() &&
           std::none_of(gangs_.begin(), gangs_.end(), [&](rdd::StageId stage) {
               const auto& gang = stages_.at(stage).gang;
               return gang && gang->rests_on(id);
           });
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
