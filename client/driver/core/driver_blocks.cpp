// Cached partitions: who says to hold what, what is dropped, and copies of them.
#include "client/driver/core/driver.h"

namespace heddle::driver {

// A report that was sent before the executor heard that the RDD is dropped says nothing: the block
// may be one of another computation, which nobody may read. Its answer tells which reports those
// are, since messages of one executor keep their order.
void Driver::block_reported(rdd::ExecutorId executor, const rdd::BlockUpdate& update) {
    progress_.block_updated(executor, update);
    if (update.block.kind != rdd::BlockId::Kind::Rdd) {
        return;
    }
    const rdd::RddId rdd{static_cast<std::int32_t>(update.block.first)};
    if (dropping_.count({rdd, executor}) != 0) {
        return;
    }
    const bool had = blocks_.holds(executor, update.block);
    blocks_.update(executor, update);
    const auto persisted = persisted_.find(rdd);
    if (!had && blocks_.holds(executor, update.block) && persisted != persisted_.end()) {
        replication_.want(update.block, persisted->second.level);
        if (retiring_.contains(executor)) {
            copy_before_end(executor, update.block);
        }
    }
}

void Driver::blocks_lost(rdd::ExecutorId executor) {
    replication_.executor_lost(executor);
    for (const rdd::BlockId& block : blocks_.executor_lost(executor)) {
        const auto it = persisted_.find(rdd::RddId{static_cast<std::int32_t>(block.first)});
        if (it != persisted_.end()) {
            replication_.want(block, it->second.level);
        }
    }
    std::erase_if(dropping_,
                  [executor](const auto& drop) { return drop.first.second == executor; });
}

void Driver::replicate(Effects& effects) {
    if (stopped_) {
        return;
    }
    for (const Replication::Order& order : replication_.orders(blocks_, executors_)) {
        effects.push_back(Send{order.target, order.message});
    }
}

void Driver::drop_rdd(rdd::RddId rdd, Effects& effects) {
    replication_.forget(rdd);
    for (const auto& [id, executor] : executors_.all()) {
        drop_rdd_at(rdd, id, effects);
    }
    blocks_.drop_rdd(rdd);
}

void Driver::drop_rdd_at(rdd::RddId rdd, rdd::ExecutorId executor, Effects& effects) {
    blocks_.drop_rdd(rdd, executor);
    dropping_[{rdd, executor}] = next_drop_;
    effects.push_back(Send{executor, rdd::DropRdd{rdd, next_drop_++}});
}

void Driver::on(const RddUnpersisted& event, Effects& effects) {
    persisted_.erase(event.rdd);
    drop_rdd(event.rdd, effects);
    if (executors_.all().empty()) {
        effects.push_back(ConfirmUnpersist{event.rdd});
        return;
    }
    std::set<rdd::ExecutorId>& waiting_for = unpersisting_[event.rdd];
    for (const auto& [id, executor] : executors_.all()) {
        waiting_for.insert(id);
    }
}

void Driver::rdd_dropped(const rdd::RddDropped& answer, rdd::ExecutorId executor,
                         Effects& effects) {
    const auto dropping = dropping_.find({answer.rdd, executor});
    if (dropping == dropping_.end() || dropping->second != answer.order) {
        return;  // a later one is still to be answered
    }
    dropping_.erase(dropping);
    acknowledge_drop(answer.rdd, executor, effects);
}

void Driver::acknowledge_drop(rdd::RddId rdd, rdd::ExecutorId executor, Effects& effects) {
    const auto it = unpersisting_.find(rdd);
    if (it == unpersisting_.end()) {
        return;  // dropped for another reason
    }
    it->second.erase(executor);
    if (it->second.empty()) {
        unpersisting_.erase(it);
        effects.push_back(ConfirmUnpersist{rdd});
    }
}

}  // namespace heddle::driver
