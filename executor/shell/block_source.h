#pragma once

// Where the blocks of other executors come from.

#include <atomic>
#include <memory>

#include "common/base/result.h"
#include "common/blocks/block.h"
#include "common/rdd/executor_protocol.h"
#include "common/rdd/ids.h"

namespace heddle::executor {

class BlockSource {
public:
    // A block that has been asked for.
    class Pending {
    public:
        virtual ~Pending() = default;
        /// Waits for it, not long after `cancelled`. Null: the executor lives and has no such
        /// block. Errors: Unavailable, DataLoss, Cancelled.
        virtual Result<blocks::BlockPtr> take(const std::atomic<bool>& cancelled) = 0;
    };

    virtual ~BlockSource() = default;
    /// Asks at once; never null. Any thread.
    virtual std::unique_ptr<Pending> fetch(rdd::ExecutorId from, const rdd::BlockId& block) = 0;
};

}  // namespace heddle::executor
