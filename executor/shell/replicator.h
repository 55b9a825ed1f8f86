#pragma once

// Fetches copies of cached partitions, and map output, that other executors hold, one after the
// other: they must not take the network or the disk from tasks.

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <variant>
#include <vector>

#include "common/blocks/store.h"
#include "common/rdd/executor_protocol.h"
#include "executor/shell/block_source.h"

namespace heddle::executor {

class Replicator {
public:
    /// `answer` is called on the replicator's thread, once per order.
    Replicator(blocks::BlockStore& cached, blocks::ShuffleStore& map_output, BlockSource& source,
               std::function<void(rdd::FromExecutor)> answer);
    ~Replicator();  // gives up what is under way
    Replicator(const Replicator&) = delete;
    Replicator& operator=(const Replicator&) = delete;

    /// What the stores drop from now on is not taken in.
    void fetch(const rdd::KeepReplica& order);
    void fetch(const rdd::KeepMapOutput& order);

private:
    using Order = std::variant<rdd::KeepReplica, rdd::KeepMapOutput>;
    void take(Order order);
    void work();
    rdd::FromExecutor carry_out(const rdd::KeepReplica& order);
    rdd::FromExecutor carry_out(const rdd::KeepMapOutput& order);
    // Blocks of one map output that are asked for together.
    struct Request {
        std::vector<std::size_t> reduces;
        std::vector<rdd::BlockId> blocks;
        std::uint64_t size = 0;
        std::unique_ptr<BlockSource::Pending> pending;
    };
    bool fetch_all(const rdd::KeepMapOutput& order, std::vector<blocks::BlockPtr>& blocks);
    Request send(rdd::ExecutorId from, Request request);
    bool take_first(std::deque<Request>& requests, rdd::ExecutorId from,
                    std::vector<blocks::BlockPtr>& blocks);

    blocks::BlockStore& cached_;
    blocks::ShuffleStore& map_output_;
    BlockSource& source_;
    std::function<void(rdd::FromExecutor)> answer_;
    std::atomic<bool> closing_{false};
    std::mutex mutex_;
    std::condition_variable ready_;
    std::deque<Order> orders_;
    std::thread thread_;
};

}  // namespace heddle::executor
