#pragma once

// Memory for a partition that is being collected for the cache, before its block is whole. It is
// storage: it may push out blocks of other RDDs, but neither those of its own RDD nor what tasks
// work with.

#include <cstdint>

#include "common/blocks/accountant.h"
#include "common/rdd/ids.h"

namespace heddle::blocks {

class Unrolling {
public:
    Unrolling(Accountant& accountant, rdd::RddId rdd) : accountant_(accountant), rdd_(rdd) {}
    ~Unrolling() { release(); }
    Unrolling(const Unrolling&) = delete;
    Unrolling& operator=(const Unrolling&) = delete;

    /// Holds at least `bytes` in all. False: there is no room, and nothing more is held than
    /// before.
    bool grow_to(std::int64_t bytes);
    /// All of it goes back.
    void release();
    std::int64_t held() const { return held_; }

private:
    Accountant& accountant_;
    rdd::RddId rdd_;
    std::int64_t held_ = 0;
};

}  // namespace heddle::blocks
