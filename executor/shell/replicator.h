#pragma once

// Fetches copies of cached partitions that other executors hold, one after the other: they must not
// take the network or the disk from tasks.

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

#include "common/blocks/store.h"
#include "common/rdd/executor_protocol.h"
#include "executor/shell/block_source.h"

namespace heddle::executor {

class Replicator {
public:
    /// `answer` is called on the replicator's thread, once per order.
    Replicator(blocks::BlockStore& store, BlockSource& source,
               std::function<void(const rdd::ReplicaAnswer&)> answer);
    ~Replicator();  // gives up what is under way
    Replicator(const Replicator&) = delete;
    Replicator& operator=(const Replicator&) = delete;

    /// What the store drops from now on is not taken in.
    void fetch(const rdd::KeepReplica& order);

private:
    void work();

    blocks::BlockStore& store_;
    BlockSource& source_;
    std::function<void(const rdd::ReplicaAnswer&)> answer_;
    std::atomic<bool> closing_{false};
    std::mutex mutex_;
    std::condition_variable ready_;
    std::deque<rdd::KeepReplica> orders_;
    std::thread thread_;
};

}  // namespace heddle::executor
