#include "resourcemanager/core/release_rate.h"

#include <bit>

namespace heddle::rm {
namespace {

constexpr std::int64_t kMinuteUs = 60'000'000;

std::int32_t power_of_two(std::int64_t amount) {
    return amount <= 0
               ? 0
               : static_cast<std::int32_t>(std::bit_width(static_cast<std::uint64_t>(amount)));
}

std::int64_t minute_of(TimePoint now) {
    return now.microseconds / kMinuteUs;
}

}  // namespace

void ReleaseRate::note(TimePoint now, const Resource& size) {
    const std::int64_t number = minute_of(now);
    auto& minutes = ended_[{power_of_two(size.memory_mib), power_of_two(size.vcores)}];
    Minute& minute = minutes[static_cast<std::size_t>(number) % kMinutes];
    if (minute.number != number) {
        minute = {number, 0};
    }
    ++minute.count;
}

std::int64_t ReleaseRate::recent(TimePoint now, const Resource& size) const {
    const std::int64_t last = minute_of(now);
    const std::int32_t vcores = power_of_two(size.vcores);
    std::int64_t sum = 0;
    for (auto it = ended_.lower_bound({power_of_two(size.memory_mib), vcores}); it != ended_.end();
         ++it) {
        if (it->first.second < vcores) {
            continue;
        }
        for (const Minute& minute : it->second) {
            if (minute.number >= 0 && last - minute.number < static_cast<std::int64_t>(kMinutes)) {
                sum += minute.count;
            }
        }
    }
    return sum;
}

}  // namespace heddle::rm
