#pragma once

// The blocks of one executor. BlockStore keeps cached partitions, least recently used out first;
// ShuffleStore keeps map output until the driver says that nobody needs it. Both draw on the
// accountant. Thread-safe: one mutex each, and no I/O under it.

#include <atomic>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/base/result.h"
#include "common/base/scratch_file.h"
#include "common/blocks/accountant.h"
#include "common/blocks/block.h"
#include "common/rdd/ids.h"
#include "common/rdd/plan.h"
#include "common/rdd/task.h"

namespace heddle::blocks {

// A partition on its way to disk, piece by piece: it need not fit in memory. The file goes with the
// object unless the store has kept it.
class BlockFile {
public:
    BlockFile(GrowingFile file, const rdd::RecordFace& face);
    ~BlockFile();
    BlockFile(const BlockFile&) = delete;
    BlockFile& operator=(const BlockFile&) = delete;

    /// Buffers about a megabyte. Errors: Internal (disk); the rows are then in rest().
    Status append(const void* rows, std::uint32_t count);
    /// The rows of a block that is typed, or the block as it is. Errors: as append.
    Status append(const Block& block);
    /// Writes what is buffered. Errors: as append.
    Status flush();
    /// Bytes in the file.
    std::uint64_t size() const { return file_.size(); }

    /// What has been written so far; null: nothing. Errors: DataLoss, Internal.
    Result<BlockPtr> written() const;
    /// What could not be written; null: nothing.
    BlockPtr rest();

private:
    friend class BlockStore;
    GrowingFile file_;
    BlockBuilder builder_;
    BlockPtr failed_;
    bool kept_ = false;
};

class BlockStore {
public:
    /// `folder` takes blocks that go to disk; created on first use, contents removed at the end.
    BlockStore(Accountant& accountant, std::string folder);
    ~BlockStore();
    BlockStore(const BlockStore&) = delete;
    BlockStore& operator=(const BlockStore&) = delete;

    /// True when the block is kept, in memory or on disk as the level allows. A block that is there
    /// already stays, and the answer is true.
    bool put(const rdd::BlockId& id, const BlockPtr& block, const rdd::StorageLevel& level);
    /// A copy of the block will be put here, unless its RDD is dropped before it has come.
    void expect(const rdd::BlockId& id);
    /// Takes in what was expected, or drops it. What the store holds of it then; both sizes 0:
    /// nothing.
    rdd::BlockUpdate put_expected(const rdd::BlockId& id, const BlockPtr& block,
                                  const rdd::StorageLevel& level);
    /// Null: not here. A block on disk is mapped and verified; a bad one is dropped.
    BlockPtr get(const rdd::BlockId& id);
    bool contains(const rdd::BlockId& id) const;

    /// For a partition that is too large for memory. Errors: Internal (disk).
    Result<std::unique_ptr<BlockFile>> begin_file(const rdd::BlockId& id,
                                                  const rdd::RecordFace& face);
    /// Takes in a flushed file. A block that is there already stays. Errors: Internal, DataLoss.
    Result<BlockPtr> keep(const rdd::BlockId& id, BlockFile& file, const rdd::StorageLevel& level);

    void drop(const rdd::BlockId& id);
    void drop_rdd(rdd::RddId rdd);
    void drop_broadcast(rdd::BroadcastId broadcast);

    /// Memory and disk of every block, in the order of ids.
    std::vector<rdd::BlockUpdate> list() const;
    /// What changed since the last call, evictions too.
    std::vector<rdd::BlockUpdate> take_updates();

    /// Moves blocks to disk (if their level allows) or out, until `bytes` are free; which ones says
    /// victims.h. The accountant calls it; blocks that tasks are reading leave the books at once
    /// and the memory when the reader ends.
    void evict(std::int64_t bytes, rdd::RddId spared);

    Accountant& accountant() { return accountant_; }

private:
    struct Entry {
        BlockPtr memory{};  // null: on disk only
        std::int64_t size = 0;
        std::int64_t disk = 0;  // bytes in the file; 0: none
        rdd::StorageLevel level{};
        bool evicting = false;  // in memory, but chosen as a victim and off the list
        std::list<rdd::BlockId>::iterator recency{};  // in memory and not evicting: its place
    };
    std::string path_of(const rdd::BlockId& id) const;
    bool insert(const rdd::BlockId& id, const BlockPtr& block, const rdd::StorageLevel& level,
                bool expected);
    std::int64_t evict_one(const rdd::BlockId& id);
    void drop_all(rdd::BlockId::Kind kind, std::int64_t first);
    std::int64_t write_file(const rdd::BlockId& id, const BlockPtr& block);
    void note(const rdd::BlockId& id, std::int64_t memory, std::int64_t disk);
    std::int64_t settle_eviction(const rdd::BlockId& id, const BlockPtr& block,
                                 std::int64_t written);

    Accountant& accountant_;
    std::string folder_;
    mutable std::mutex mutex_;
    std::map<rdd::BlockId, Entry> entries_;
    std::list<rdd::BlockId> recency_;  // least recently used first
    std::set<rdd::BlockId> expected_;
    std::vector<rdd::BlockUpdate> updates_;
    std::atomic<std::uint64_t> next_file_{0};
};

// Map output of this executor. A map task puts all its blocks at once, so a reader never sees half
// of one. What does not fit in memory goes to one file per map task with the blocks one after
// another, and is mapped from there.
class ShuffleStore {
public:
    ShuffleStore(Accountant& accountant, std::string folder);
    ~ShuffleStore();
    ShuffleStore(const ShuffleStore&) = delete;
    ShuffleStore& operator=(const ShuffleStore&) = delete;

    /// `blocks[r]` is for reduce partition r; null: nothing for it. Errors: Internal (disk).
    Status put(rdd::ShuffleId shuffle, rdd::TaskId map_task, std::vector<BlockPtr> blocks);
    /// Output of another executor's task will be put here, unless its shuffle is dropped before.
    void expect(rdd::ShuffleId shuffle, rdd::TaskId map_task);
    /// Takes in what was expected, and counts as memory the messages that blocks came in. False: it
    /// is not wanted any more, or could not be kept.
    bool put_expected(rdd::ShuffleId shuffle, rdd::TaskId map_task, std::vector<BlockPtr> blocks);
    /// It does not come.
    void expect_no_more(rdd::ShuffleId shuffle, rdd::TaskId map_task);
    /// Null: not here, or empty; `known` tells which.
    BlockPtr get(const rdd::BlockId& id, bool* known = nullptr) const;
    struct Found {
        BlockPtr block;
        bool known = false;
    };
    /// The blocks of several map tasks for one reduce partition, in their order.
    std::vector<Found> get(rdd::ShuffleId shuffle, rdd::Partition reduce,
                           std::span<const rdd::TaskId> map_tasks) const;
    void drop(rdd::ShuffleId shuffle);
    void drop_map(rdd::ShuffleId shuffle, rdd::TaskId map_task);

    struct Totals {
        std::int64_t memory = 0;
        std::int64_t disk = 0;
        std::int64_t outputs = 0;
    };
    Totals totals() const;
    /// Where its files are; the files without a name that tasks spill to, too.
    const std::string& folder() const { return folder_; }

private:
    struct Output {
        std::vector<BlockPtr> blocks;
        std::int64_t memory = 0;
        std::int64_t disk = 0;
        std::string file;  // empty: in memory
    };
    using Outputs = std::unordered_map<rdd::TaskId, Output>;  // looked up, never walked to choose
    Result<Output> take_in(rdd::ShuffleId shuffle, rdd::TaskId map_task,
                           std::vector<BlockPtr> blocks, std::int64_t memory);
    void insert(rdd::ShuffleId shuffle, rdd::TaskId map_task, Output output);
    void erase(rdd::ShuffleId shuffle, rdd::TaskId map_task);
    Status spill(rdd::ShuffleId shuffle, rdd::TaskId map_task, Output& output);
    void forget(Output& output);
    static Found find(const Outputs& outputs, rdd::TaskId map_task, std::int64_t reduce);

    Accountant& accountant_;
    std::string folder_;
    mutable std::mutex mutex_;
    std::map<rdd::ShuffleId, Outputs> outputs_;
    std::set<std::pair<rdd::ShuffleId, rdd::TaskId>> expected_;
    Totals totals_;
    std::atomic<std::uint64_t> next_file_{0};
};

}  // namespace heddle::blocks
