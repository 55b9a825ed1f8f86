// A thread of its own: the loop's file thread answers what other executors ask, and two that waited
// for each other there would wait for ever.
#include "executor/shell/replicator.h"

#include <utility>

#include "common/rdd/executor_frames.h"

namespace heddle::executor {

namespace {

// Of one map output: so many requests under way, each for so much.
constexpr std::size_t kRequests = 4;
constexpr std::uint64_t kRequestBytes = 8U << 20U;

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
    const auto block = source_.get(order.from, order.block, closing_);
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
    std::deque<Request> requests;
    Request open;
    for (std::size_t reduce = 0; reduce < order.sizes.size(); ++reduce) {
        if (order.sizes[reduce] == 0) {
            continue;
        }
        open.reduces.push_back(reduce);
        open.blocks.push_back(rdd::BlockId::shuffle(order.shuffle, order.map_task,
                                                    static_cast<rdd::Partition>(reduce)));
        open.size += order.sizes[reduce];
        if (open.size < kRequestBytes && open.blocks.size() < rdd::kBlocksPerRequest) {
            continue;
        }
        if (requests.size() == kRequests && !take_first(requests, order.from, blocks)) {
            return false;
        }
        requests.push_back(send(order.from, std::exchange(open, {})));
    }
    if (!open.blocks.empty()) {
        requests.push_back(send(order.from, std::move(open)));
    }
    while (!requests.empty()) {
        if (!take_first(requests, order.from, blocks)) {
            return false;
        }
    }
    return true;
}

Replicator::Request Replicator::send(rdd::ExecutorId from, Request request) {
    request.pending = source_.fetch(from, request.blocks);
    return request;
}

bool Replicator::take_first(std::deque<Request>& requests, rdd::ExecutorId from,
                            std::vector<blocks::BlockPtr>& blocks) {
    const Request request = std::move(requests.front());
    requests.pop_front();
    auto answer = source_.take(*request.pending, from, request.blocks, closing_);
    for (std::size_t i = 0; answer && i < request.reduces.size(); ++i) {
        if (answer->blocks[i] == nullptr) {
            return false;
        }
        blocks[request.reduces[i]] = std::move(answer->blocks[i]);
    }
    return answer.ok();
}

}  // namespace heddle::executor
