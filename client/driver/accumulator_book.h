#pragma once

// The accumulators of one driver: where what tasks added is merged into what the program reads.
// Merging runs on the driver's core thread, as in Spark: a user's merge function that takes long
// holds up the scheduling of tasks.

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "client/driver/core/event.h"
#include "common/rdd/ids.h"
#include "common/rdd/task.h"

namespace heddle::driver {

// An accumulator's sum without its type. Called from any thread.
class AccumulatorSum {
public:
    virtual ~AccumulatorSum() = default;
    /// Never throws: what a user's function throws is kept, and thrown where the value is read.
    virtual void merge(std::string_view part) = 0;
    /// For people; short.
    virtual std::string text() = 0;
};

class AccumulatorBook {
public:
    /// The sum lives as long as the program holds it; a part of one that is gone is dropped.
    rdd::AccumulatorId add(const std::shared_ptr<AccumulatorSum>& sum);

    /// Answers the named ones.
    std::vector<AccumulatorView> merge(const std::vector<rdd::AccumulatorUpdate>& updates);

private:
    std::mutex mutex_;
    std::map<rdd::AccumulatorId, std::weak_ptr<AccumulatorSum>> sums_;
};

}  // namespace heddle::driver
