// A thread of its own: the loop's file thread answers what other executors ask, and two that waited
// for each other there would wait for ever.
#include "executor/shell/replicator.h"

#include <utility>

namespace heddle::executor {

Replicator::Replicator(blocks::BlockStore& store, BlockSource& source,
                       std::function<void(const rdd::ReplicaAnswer&)> answer)
    : store_(store), source_(source), answer_(std::move(answer)), thread_([this] { work(); }) {}

Replicator::~Replicator() {
    {
        const std::lock_guard lock(mutex_);
        closing_.store(true);
    }
    ready_.notify_all();
    thread_.join();
}

void Replicator::fetch(const rdd::KeepReplica& order) {
    store_.expect(order.block);
    {
        const std::lock_guard lock(mutex_);
        orders_.push_back(order);
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
        const rdd::KeepReplica order = orders_.front();
        orders_.pop_front();
        lock.unlock();
        const auto block = source_.fetch(order.from, order.block)->take(closing_);
        answer_(
            {order.order, store_.put_expected(order.block, block ? *block : nullptr, order.level)});
        lock.lock();
    }
}

}  // namespace heddle::executor
