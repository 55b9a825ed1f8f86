#pragma once

// How the tasks of a barrier stage wait for each other: all of them run at the same time, and each
// can wait until the others have come as far, and hear what they had to say.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/rdd/bytes.h"

namespace heddle::rdd {

/// What the tasks said, by partition. Shared by the tasks of one process.
using BarrierMessages = std::shared_ptr<const std::vector<Bytes>>;

// One task among them (executor/task implements it). Used by the task's own thread.
class BarrierMember {
public:
    virtual ~BarrierMember() = default;
    /// Waits until every task of the stage's attempt has called it as often. `gather`: the message
    /// goes to all of them; without it the answer is empty. Errors: Cancelled; Timeout and others:
    /// why the others will not come.
    virtual Result<BarrierMessages> sync(bool gather, Bytes message) = 0;
    /// Where the executor of each task is, by partition: "10.0.0.7:4711".
    virtual const std::vector<std::string>& addresses() const = 0;
    /// How many times it has waited.
    virtual std::int32_t epoch() const = 0;
};

}  // namespace heddle::rdd
