// Who merges what.
#include "client/driver/accumulator_book.h"

#include <atomic>

namespace heddle::driver {

rdd::AccumulatorId AccumulatorBook::add(const std::shared_ptr<AccumulatorSum>& sum) {
    // Of the process and not of the driver: contexts that come one after the other must not take
    // each other's.
    static std::atomic<std::int64_t> next{0};
    const rdd::AccumulatorId id{next.fetch_add(1)};
    const std::lock_guard lock(mutex_);
    sums_[id] = sum;
    return id;
}

std::vector<AccumulatorView> AccumulatorBook::merge(
    const std::vector<rdd::AccumulatorUpdate>& updates) {
    std::vector<AccumulatorView> totals;
    for (const rdd::AccumulatorUpdate& update : updates) {
        std::shared_ptr<AccumulatorSum> sum;
        {
            const std::lock_guard lock(mutex_);
            const auto it = sums_.find(update.id);
            if (it != sums_.end()) {
                sum = it->second.lock();
                if (sum == nullptr) {
                    sums_.erase(it);
                }
            }
        }
        if (sum == nullptr) {
            continue;
        }
        sum->merge(update.part);
        if (!update.name.empty()) {
            totals.push_back({update.id, update.name, update.text, sum->text()});
        }
    }
    return totals;
}

}  // namespace heddle::driver
