#pragma once

// One budget of memory for one executor. Execution (tables, arenas, sort buffers, shuffle buffers
// of running tasks) and storage (cached blocks, shuffle output kept in memory) share it: storage
// may grow into what execution leaves free, and gives it back, down to its protected share, when
// execution asks. Storage never takes from execution. As in Spark, except that one process has one
// budget, with no heap beside it.
//
// Running tasks share what execution may have: each has a part of it, as large as everybody's. What
// can be spilled stays within the part; what cannot takes what is free. While a task has less than
// half of its part it waits for others to end or to spill. task_share.h is a task's side of it.
//
// Thread-safe with one mutex. Eviction runs outside of it, in the thread that asked.

#include <condition_variable>
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

    /// From now on there are so many bytes in all; never fewer than before.
    void grow(std::int64_t total_bytes);

    /// One more task has memory, or is about to; one less.
    void begin_task();
    void end_task();

    struct Request {
        std::int64_t bytes = 0;
        std::int64_t held = 0;                // by the task
        bool within_part = false;             // more than its part is refused
        std::function<bool()> may_wait = {};  // asked again and again; empty: it may not
    };
    /// Nothing on success; else "wanted 4.0 MiB, available 1.0 MiB of 512.0 MiB".
    std::optional<std::string> acquire_execution(const Request& request);
    std::optional<std::string> acquire_execution(std::int64_t bytes) {
        return acquire_execution(Request{bytes});
    }
    void release_execution(std::int64_t bytes);

    /// False: there is no room, even after evicting older cached blocks. Shuffle output does not
    /// evict: it goes to disk first. A partition takes no room from others of its RDD (`for_rdd`):
    /// in an RDD that is larger than memory, each would push out the one that is needed next.
    bool acquire_storage(std::int64_t bytes, bool may_evict = true, rdd::RddId for_rdd = kNoRdd);
    void release_storage(std::int64_t bytes);

    /// Tasks that wait for others to give memory back.
    std::int32_t waiting() const;
    Usage usage() const;

    static constexpr rdd::RddId kNoRdd{-1};

private:
    mutable std::mutex mutex_;
    std::condition_variable released_;
    Usage usage_;
    std::int64_t tasks_ = 0;
    std::int64_t waiting_ = 0;  // of them
    Evict evict_;
};

}  // namespace heddle::blocks
