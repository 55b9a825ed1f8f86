#pragma once

// What a running task adds to accumulators: one part per accumulator, made when the task first adds
// to it. Parts go to the driver with the result of a task that succeeds, and nowhere else.

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/rdd/bytes.h"
#include "common/rdd/ids.h"
#include "common/rdd/task.h"

namespace heddle::rdd {

// A part without its type (client/api/accumulator.h has it).
class AccumulatorPart {
public:
    virtual ~AccumulatorPart() = default;
    virtual Bytes encoded() const = 0;
    /// For people; short.
    virtual std::string text() const = 0;
};

class TaskAccumulators {
public:
    /// Null: the task has not added to it.
    AccumulatorPart* find(AccumulatorId id) const;
    AccumulatorPart& add(AccumulatorId id, std::string name, std::unique_ptr<AccumulatorPart> part);

    /// By id. Throws what a user's codec throws.
    std::vector<AccumulatorUpdate> updates() const;

private:
    struct Entry {
        std::string name;
        std::unique_ptr<AccumulatorPart> part;
    };
    std::map<AccumulatorId, Entry> parts_;
};

}  // namespace heddle::rdd
