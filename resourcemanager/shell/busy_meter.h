#pragma once

// How much of the last minute somebody has worked, from the stretches of work as they end. One
// thread adds, any thread asks.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>

#include "common/base/time.h"

namespace heddle::rm {

class BusyMeter {
public:
    static constexpr std::int64_t kSeconds = 60;

    /// Work lasted from `begin` to `end`. Of what is older than a minute nothing is kept.
    void add(TimePoint begin, TimePoint end) {
        const std::lock_guard lock(mutex_);
        if (first_ == 0) {
            first_ = begin.microseconds;
        }
        std::int64_t from = std::max(begin.microseconds, end.microseconds - kSeconds * kSecond);
        while (from < end.microseconds) {
            const std::int64_t second = from / kSecond;
            const std::int64_t to = std::min(end.microseconds, (second + 1) * kSecond);
            Bucket& bucket = buckets_[static_cast<std::size_t>(second % kSeconds)];
            if (bucket.second != second) {
                bucket = {second, 0};
            }
            bucket.busy += to - from;
            from = to;
        }
    }

    /// Of the last minute until `now`, or of the time since the first work if that is less; to the
    /// nearest per cent. The present second counts as far as it is over.
    std::int64_t percent(TimePoint now) const {
        const std::lock_guard lock(mutex_);
        const std::int64_t present = now.microseconds / kSecond;
        const std::int64_t since = std::max(first_, (present - kSeconds + 1) * kSecond);
        const std::int64_t passed = now.microseconds - since;
        if (first_ == 0 || passed <= 0) {
            return 0;
        }
        std::int64_t busy = 0;
        for (const Bucket& bucket : buckets_) {
            busy += bucket.second > present - kSeconds ? bucket.busy : 0;
        }
        return std::clamp<std::int64_t>((busy * 100 + passed / 2) / passed, 0, 100);
    }

private:
    static constexpr std::int64_t kSecond = 1'000'000;
    struct Bucket {
        std::int64_t second = -kSeconds;
        std::int64_t busy = 0;  // microseconds
    };

    mutable std::mutex mutex_;
    std::int64_t first_ = 0;  // 0: nothing yet
    std::array<Bucket, kSeconds> buckets_;
};

}  // namespace heddle::rm
