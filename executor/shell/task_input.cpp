// What a task reads, from this executor or others.
#include "executor/shell/task_input.h"

#include <utility>

#include "executor/shell/map_output_reader.h"

namespace heddle::executor {

std::unique_ptr<ShuffleBlocks> TaskInput::open_shuffle(rdd::ShuffleId shuffle,
                                                       rdd::Partition reduce) {
    const auto it = task_.tables.find(shuffle);
    return make_map_output_reader(shuffle, it == task_.tables.end() ? nullptr : it->second, reduce,
                                  self_, shuffles, source_, cancelled_);
}

blocks::BlockPtr TaskInput::fetch_cached(const rdd::BlockId& id) {
    if (source_ == nullptr) {
        return nullptr;
    }
    for (const rdd::CachedAt& cached : task_.launch.cached) {
        if (cached.block != id) {
            continue;
        }
        auto answer = source_->get(cached.executor, id, cancelled_);
        if (answer && *answer != nullptr) {
            return std::move(answer).value();
        }
    }
    return nullptr;  // nobody has it any more: it is computed
}

Result<blocks::BlockPtr> TaskInput::fetch_broadcast(const rdd::BlockId& id) {
    if (driver_ != nullptr) {
        return driver_->get(id);
    }
    if (source_ == nullptr) {
        return Error{ErrorCode::Unavailable, "there is no way to the driver"};
    }
    if (const auto holder = desk_->holder(rdd::BroadcastId{id.first}, id.second, self_)) {
        auto answer = source_->get(*holder, id, cancelled_);
        if (answer && *answer != nullptr) {
            return answer;
        }
    }
    return source_->get(rdd::kNoExecutor, id, cancelled_);
}

}  // namespace heddle::executor
