// Who gets memory, and who has to give it back.
#include "common/blocks/accountant.h"

#include <algorithm>
#include <chrono>

#include "common/base/check.h"
#include "common/base/strings.h"

namespace heddle::blocks {

namespace {

constexpr auto kLookAgain = std::chrono::milliseconds(20);  // whether the task may go on waiting

// What execution may use at most: everything but the part of storage that is in use and protected.
std::int64_t execution_most(const Accountant::Usage& usage) {
    return usage.total - std::min(usage.storage, usage.storage_protected);
}

std::int64_t free_of(const Accountant::Usage& usage) {
    return usage.total - usage.execution - usage.storage;
}

std::string refusal(std::int64_t bytes, std::int64_t available, const Accountant::Usage& usage) {
    return "wanted " + human_bytes(bytes) + ", available " +
           human_bytes(std::max<std::int64_t>(0, available)) + " of " + human_bytes(usage.total);
}

}  // namespace

Accountant::Accountant(std::int64_t total_bytes) {
    usage_.total = total_bytes;
    usage_.storage_protected = total_bytes / 2;
}

void Accountant::grow(std::int64_t total_bytes) {
    {
        const std::lock_guard lock(mutex_);
        usage_.total = std::max(usage_.total, total_bytes);
        usage_.storage_protected = usage_.total / 2;
    }
    released_.notify_all();
}

void Accountant::begin_task() {
    const std::lock_guard lock(mutex_);
    ++tasks_;
}

void Accountant::end_task() {
    const std::lock_guard lock(mutex_);
    --tasks_;
    CHECK(tasks_ >= 0);
    released_.notify_all();
}

// The last that could wait is refused instead: cached blocks that tasks are reading cannot be
// evicted, so all of them might wait for one another.
std::optional<std::string> Accountant::acquire_execution(const Request& request) {
    CHECK(request.bytes >= 0);
    std::unique_lock lock(mutex_);
    for (int evictions = 0;;) {
        const std::int64_t part = execution_most(usage_) / std::max<std::int64_t>(tasks_, 1);
        const std::int64_t then = request.held + request.bytes;
        if (request.within_part && then > part) {
            return refusal(request.bytes, std::min(part - request.held, free_of(usage_)), usage_);
        }
        const std::int64_t free = free_of(usage_);
        if (request.bytes <= free) {
            usage_.execution += request.bytes;
            return std::nullopt;
        }
        const bool evictable = request.bytes <= execution_most(usage_) - usage_.execution;
        // Twice: what eviction frees can be taken by another task before we are back.
        if (evictable && evict_ && evictions < 2) {
            ++evictions;
            lock.unlock();
            evict_(request.bytes - free, kNoRdd);
            lock.lock();
        } else if (then <= part / 2 && waiting_ + 1 < tasks_ && request.may_wait &&
                   request.may_wait()) {
            ++waiting_;
            released_.wait_for(lock, kLookAgain);
            --waiting_;
            evictions = 0;
        } else {
            return refusal(request.bytes, free, usage_);
        }
    }
}

void Accountant::release_execution(std::int64_t bytes) {
    const std::lock_guard lock(mutex_);
    usage_.execution -= bytes;
    CHECK(usage_.execution >= 0);
    released_.notify_all();
}

bool Accountant::acquire_storage(std::int64_t bytes, bool may_evict, rdd::RddId for_rdd) {
    CHECK(bytes >= 0);
    std::unique_lock lock(mutex_);
    for (int round = 0; round < 2; ++round) {
        const std::int64_t free = usage_.total - usage_.execution - usage_.storage;
        if (bytes <= free) {
            usage_.storage += bytes;
            return true;
        }
        if (!may_evict || bytes > usage_.total - usage_.execution || !evict_) {
            return false;
        }
        lock.unlock();
        evict_(bytes - free, for_rdd);
        lock.lock();
    }
    return false;
}

void Accountant::release_storage(std::int64_t bytes) {
    const std::lock_guard lock(mutex_);
    usage_.storage -= bytes;
    CHECK(usage_.storage >= 0);
}

std::int32_t Accountant::waiting() const {
    const std::lock_guard lock(mutex_);
    return waiting_;
}

Accountant::Usage Accountant::usage() const {
    const std::lock_guard lock(mutex_);
    return usage_;
}

}  // namespace heddle::blocks
