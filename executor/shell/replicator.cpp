// A thread of its own: the loop's file thread answers what other executors ask, and two that waited
// for each other there would wait for ever.
#include "executor/shell/replicator.h"

#include <memory>
#include <utility>

namespace heddle::executor {

namespace {

constexpr std::size_t kFlightBlocks = 64;  // of one map output

}  // namespace

Replicator::Replicator(blocks::BlockStore& cached, blocks::ShuffleStore& map_output,
                       BlockSource& source, std::function<void(rdd::FromExecutor)> answer)
    : cached_(cached),
      map_output_(map_output),
      source_(source),
      answer_(std::move(answer)),
      thread_([this] { work(); }) {}

Replicator::~Replicator() {
    {
        const std::lock_guard lock(mutex_);
        closing_.store(true);
    }
    ready_.notify_all();
    thread_.join();
}

void Replicator::fetch(const rdd::KeepReplica& order) {
    cached_.expect(order.block);
    take(order);
}

void Replicator::fetch(const rdd::KeepMapOutput& order) {
    map_output_.expect(order.shuffle, order.map_task);
    take(order);
}

void Replicator::take(Order order) {
    {
        const std::lock_guard lock(mutex_);
        orders_.push_back(std::move(order));
    }
    ready_.notify_one();
}

void Replicator::work() {
    std::unique_lock lock(mutex_);
    while (true) {
        ready_.wait(lock, [this] { return closing_.load() || !orders_.empty(); });
        if (closing_.load()) {
            return;
        }
        const Order order = std::move(orders_.front());
        orders_.pop_front();
        lock.unlock();
        answer_(std::visit([this](const auto& one) { return carry_out(one); }, order));
        lock.lock();
    }
}

rdd::FromExecutor Replicator::carry_out(const rdd::KeepReplica& order) {
    const auto block = source_.fetch(order.from, order.block)->take(closing_);
    return rdd::ReplicaAnswer{
        order.order, cached_.put_expected(order.block, block ? *block : nullptr, order.level)};
}

rdd::FromExecutor Replicator::carry_out(const rdd::KeepMapOutput& order) {
    std::vector<blocks::BlockPtr> blocks(order.sizes.size());
    if (!fetch_all(order, blocks)) {
        map_output_.expect_no_more(order.shuffle, order.map_task);
        return rdd::MapOutputKept{order.order, false};
    }
    return rdd::MapOutputKept{
        order.order, map_output_.put_expected(order.shuffle, order.map_task, std::move(blocks))};
}

// All of it or nothing: a map task's output is never there in parts.
bool Replicator::fetch_all(const rdd::KeepMapOutput& order, std::vector<blocks::BlockPtr>& blocks) {
    std::deque<std::pair<std::size_t, std::unique_ptr<BlockSource::Pending>>> flights;
    const auto take_first = [&] {
        auto block = flights.front().second->take(closing_);
        const bool there = block && *block != nullptr;
        blocks[flights.front().first] = there ? std::move(block).value() : nullptr;
        flights.pop_front();
        return there;
    };
    for (std::size_t reduce = 0; reduce < order.sizes.size(); ++reduce) {
        if (order.sizes[reduce] == 0) {
            continue;
        }
        if (flights.size() == kFlightBlocks && !take_first()) {
            return false;
        }
        const auto id = rdd::BlockId::shuffle(order.shuffle, order.map_task,
                                              static_cast<rdd::Partition>(reduce));
        flights.emplace_back(reduce, source_.fetch(order.from, id));
    }
    while (!flights.empty()) {
        if (!take_first()) {
            return false;
        }
    }
    return true;
}

}  // namespace heddle::executor
