// Who gets memory, and who has to give it back.
#include "common/blocks/accountant.h"

#include <algorithm>

#include "common/base/check.h"
#include "common/base/strings.h"

namespace heddle::blocks {

namespace {

// What execution may use at most: everything but the part of storage that is in use and protected.
std::int64_t execution_room(const Accountant::Usage& usage) {
    const std::int64_t kept = std::min(usage.storage, usage.storage_protected);
    return usage.total - usage.execution - kept;
}

}  // namespace

Accountant::Accountant(std::int64_t total_bytes) {
    usage_.total = total_bytes;
    usage_.storage_protected = total_bytes / 2;
}

std::optional<std::string> Accountant::acquire_execution(std::int64_t bytes) {
    CHECK(bytes >= 0);
    std::unique_lock lock(mutex_);
    // Twice: what eviction frees can be taken by another task before we are back.
    for (int round = 0; round < 2; ++round) {
        const std::int64_t free = usage_.total - usage_.execution - usage_.storage;
        if (bytes <= free) {
            usage_.execution += bytes;
            return std::nullopt;
        }
        if (bytes > execution_room(usage_) || !evict_) {
            break;
        }
        lock.unlock();
        evict_(bytes - free, kNoRdd);
        lock.lock();
    }
    const std::int64_t available =
        std::max<std::int64_t>(0, usage_.total - usage_.execution - usage_.storage);
    return "wanted " + human_bytes(bytes) + ", available " + human_bytes(available) + " of " +
           human_bytes(usage_.total);
}

void Accountant::release_execution(std::int64_t bytes) {
    const std::lock_guard lock(mutex_);
    usage_.execution -= bytes;
    CHECK(usage_.execution >= 0);
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

Accountant::Usage Accountant::usage() const {
    const std::lock_guard lock(mutex_);
    return usage_;
}

}  // namespace heddle::blocks
