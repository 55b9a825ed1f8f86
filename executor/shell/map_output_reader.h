#pragma once

// The map output of one reduce partition, in map order: what is here in place, what is elsewhere
// fetched ahead, in requests that hold many blocks of one executor.

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/blocks/store.h"
#include "common/rdd/executor_frames.h"
#include "common/rdd/executor_protocol.h"
#include "executor/shell/block_source.h"
#include "executor/task/task_body.h"

namespace heddle::executor {

// Requests under way for one reader. What lies on one executor is asked for together, so that small
// blocks cost no message each.
class FetchAhead {
public:
    /// References must outlive it.
    FetchAhead(const rdd::MapOutputTable& table, rdd::Partition reduce, rdd::ExecutorId self,
               BlockSource& source)
        : table_(table), reduce_(reduce), self_(self), source_(source) {}

    struct Fetched {
        blocks::BlockPtr block;  // null: the executor lives and does not have it
        std::uint64_t bytes = 0;
    };
    /// The block of map partition `map`, which must be on another executor and not empty. Called
    /// for all such in map order. Errors: as BlockSource::take.
    Result<Fetched> take(std::size_t map, const std::atomic<bool>& cancelled);

private:
    struct Request {
        std::vector<rdd::BlockId> blocks;
        std::vector<std::uint64_t> sizes;
        std::uint64_t size = 0;  // sum of sizes
        std::unique_ptr<BlockSource::Pending> pending;
        std::optional<BlockSource::Answer> answer;
        std::size_t next = 0;       // block to be taken
        std::uint64_t before = 0;   // sum of the sizes before it
        std::uint64_t counted = 0;  // bytes of the answer that were told with those
    };
    void ask();
    void send(rdd::ExecutorId from, Request request);
    void ask_one_by_one(rdd::ExecutorId from);
    static Fetched next_of(Request& request);

    const rdd::MapOutputTable& table_;
    rdd::Partition reduce_;
    rdd::ExecutorId self_;
    BlockSource& source_;
    std::size_t asked_ = 0;                                    // map partitions before it
    std::map<rdd::ExecutorId, std::deque<Request>> requests_;  // in map order, none used up
    std::uint64_t under_way_ = 0;                              // bytes of all requests
};

/// `table` null: nothing is known of `shuffle`. `source` null: there are no other executors. The
/// references must outlive the reader.
std::unique_ptr<ShuffleBlocks> make_map_output_reader(
    rdd::ShuffleId shuffle, std::shared_ptr<const rdd::MapOutputTable> table, rdd::Partition reduce,
    rdd::ExecutorId self, const blocks::ShuffleStore& store, BlockSource* source,
    const std::atomic<bool>& cancelled);

}  // namespace heddle::executor
