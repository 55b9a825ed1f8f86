#pragma once

// Where the blocks of other executors come from.

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "common/base/result.h"
#include "common/blocks/block.h"
#include "common/rdd/executor_protocol.h"
#include "common/rdd/ids.h"

namespace heddle::executor {

class BlockSource {
public:
    struct Answer {
        std::vector<blocks::BlockPtr> blocks;  // as asked; null: the executor lives and has none
        std::uint64_t bytes = 0;               // that were sent for all of them
    };

    // Blocks that have been asked for.
    class Pending {
    public:
        virtual ~Pending() = default;
        /// Waits for them, not long after `cancelled`. Once. Errors: Unavailable, DataLoss,
        /// Cancelled, Timeout.
        virtual Result<Answer> take(const std::atomic<bool>& cancelled) = 0;
    };

    virtual ~BlockSource() = default;
    /// Asks at once; never null. All blocks are of one kind, at most rdd::kBlocksPerRequest. Any
    /// thread.
    virtual std::unique_ptr<Pending> fetch(rdd::ExecutorId from,
                                           std::vector<rdd::BlockId> blocks) = 0;

    /// One block, asked for a second time when it came damaged. Errors: as take().
    Result<blocks::BlockPtr> get(rdd::ExecutorId from, const rdd::BlockId& block,
                                 const std::atomic<bool>& cancelled);
    /// What `pending` gives; asked for a second time when it came damaged, and some more times when
    /// nothing came. Errors: as take().
    Result<Answer> take(Pending& pending, rdd::ExecutorId from,
                        const std::vector<rdd::BlockId>& blocks,
                        const std::atomic<bool>& cancelled);

protected:
    /// How often something is asked for that does not come. Before the first fetch.
    void set_tries(std::int32_t tries) { tries_ = tries; }

private:
    std::int32_t tries_ = 1;
};

}  // namespace heddle::executor
