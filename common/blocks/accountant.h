#pragma once

// One budget of memory for one executor. Execution (tables, arenas, sort buffers, shuffle buffers
// of running tasks) and storage (cached blocks, shuffle output kept in memory) share it: storage
// may grow into what execution leaves free, and gives it back, down to its protected share, when
// execution asks. Storage never takes from execution. As in Spark, except that one process has one
// budget, with no heap beside it.
//
// Thread-safe with one mutex. Eviction runs outside of it, in the thread that asked.

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "common/rdd/ids.h"

namespace heddle::blocks {

class Accountant {
public:
    struct Usage {
        std::int64_t total = 0;
        std::int64_t execution = 0;
        std::int64_t storage = 0;
        std::int64_t storage_protected = 0;
    };
    /// Frees at least so many bytes of storage if it can, by calling release_storage; nothing of
    /// the RDD `spared`.
    using Evict = std::function<void(std::int64_t bytes, rdd::RddId spared)>;

    /// Half of `total_bytes` is protected for storage.
    explicit Accountant(std::int64_t total_bytes);

    /// Set once, before the first task.
    void set_evict(Evict evict) { evict_ = std::move(evict); }

    /// Nothing on success; else "wanted 4.0 MiB, available 1.0 MiB of 512.0 MiB".
    std::optional<std::string> acquire_execution(std::int64_t bytes);
    void release_execution(std::int64_t bytes);

    /// False: there is no room, even after evicting older cached blocks. Shuffle output does not
    /// evict: it goes to disk first. A partition takes no room from others of its RDD (`for_rdd`):
    /// in an RDD that is larger than memory, each would push out the one that is needed next.
    bool acquire_storage(std::int64_t bytes, bool may_evict = true, rdd::RddId for_rdd = kNoRdd);
    void release_storage(std::int64_t bytes);

    Usage usage() const;

    static constexpr rdd::RddId kNoRdd{-1};

private:
    mutable std::mutex mutex_;
    Usage usage_;
    Evict evict_;
};

}  // namespace heddle::blocks
