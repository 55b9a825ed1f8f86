// Wishes to have map output elsewhere, and orders to fetch it.
#include "client/driver/core/output_moves.h"

#include "common/base/check.h"

namespace heddle::driver {

namespace {

constexpr std::size_t kFlightsMax = 16;

}  // namespace

void OutputMoves::want(const Key& output) {
    if (wishes_[output].order == 0) {
        wishes_[output].refused.clear();
        ready_.insert(output);
    }
}

bool OutputMoves::under_way(const Key& output) const {
    const auto wish = wishes_.find(output);
    return wish != wishes_.end() && (wish->second.order != 0 || ready_.contains(output));
}

void OutputMoves::executor_lost(rdd::ExecutorId executor) {
    given_.erase(executor);
    for (auto flight = flights_.begin(); flight != flights_.end();) {
        Wish& wish = wishes_.at(flight->second);
        if (wish.target != executor) {
            ++flight;
            continue;
        }
        wish.order = 0;
        ready_.insert(flight->second);
        flight = flights_.erase(flight);
    }
}

std::optional<OutputMoves::Moved> OutputMoves::answered(const rdd::MapOutputKept& answer,
                                                        rdd::ExecutorId executor) {
    const auto flight = flights_.find(answer.order);
    if (flight == flights_.end() || wishes_.at(flight->second).target != executor) {
        return std::nullopt;
    }
    const Key output = flight->second;
    Wish& wish = wishes_.at(output);
    flights_.erase(flight);
    wish.order = 0;
    ready_.insert(output);  // it is there, or another place is wanted
    if (!answer.kept) {
        wish.refused.insert(executor);
        return std::nullopt;
    }
    return Moved{output, wish.map_task, wish.from};
}

rdd::ExecutorId OutputMoves::target_of(const Wish& wish, const ExecutorTable& executors) const {
    std::optional<std::pair<std::int64_t, rdd::ExecutorId>> best;  // the fewest orders
    for (const auto& [id, executor] : executors.all()) {
        if (executor.leaving || executor.port == 0 || wish.refused.contains(id)) {
            continue;
        }
        const auto given = given_.find(id);
        const std::pair rank{given == given_.end() ? 0 : given->second, id};
        best = best && *best < rank ? *best : rank;
    }
    return best ? best->second : rdd::kNoExecutor;
}

std::vector<OutputMoves::Order> OutputMoves::orders(const MapOutputs& outputs,
                                                    const ExecutorTable& executors) {
    std::vector<Order> orders;
    while (!ready_.empty() && flights_.size() < kFlightsMax) {
        const Key key = *ready_.begin();
        ready_.erase(ready_.begin());
        Wish& wish = wishes_.at(key);
        const rdd::MapOutput* output = outputs.find(key.first, key.second);
        if (output == nullptr || !executors.find(output->executor)->retiring) {
            wishes_.erase(key);  // gone, or where it is to be
            continue;
        }
        wish.target = target_of(wish, executors);
        if (wish.target == rdd::kNoExecutor) {
            wishes_.erase(key);
            continue;
        }
        wish.order = next_order_++;
        wish.from = output->executor;
        wish.map_task = output->map_task;
        flights_.emplace(wish.order, key);
        ++given_[wish.target];
        orders.push_back({wish.target, rdd::KeepMapOutput{wish.order, key.first, wish.map_task,
                                                          output->sizes, wish.from}});
    }
    return orders;
}

void OutputMoves::check(const ExecutorTable& executors) const {
    for (const auto& [order, key] : flights_) {
        const Wish& wish = wishes_.at(key);
        CHECK(wish.order == order && executors.find(wish.target) != nullptr);
    }
    for (const Key& key : ready_) {
        CHECK(wishes_.at(key).order == 0);
    }
}

}  // namespace heddle::driver
