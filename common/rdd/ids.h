#pragma once

// The numbers by which driver and executors speak of the parts of one application's jobs. They are
// counters of one driver, so they mean nothing outside it; block names are Spark's.

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "common/base/result.h"

namespace heddle::rdd {

// One type per noun, so that a stage's number can never be passed where a job's is meant.
template <typename Tag, typename Rep>
struct Number {
    Rep value = 0;
    friend constexpr auto operator<=>(const Number&, const Number&) = default;
};

using RddId = Number<struct RddTag, std::int32_t>;
using ShuffleId = Number<struct ShuffleTag, std::int32_t>;
using JobId = Number<struct JobTag, std::int32_t>;
using StageId = Number<struct StageTag, std::int32_t>;
using TaskId = Number<struct TaskTag, std::int64_t>;  // unique over all attempts of all tasks
using BroadcastId = Number<struct BroadcastTag, std::int64_t>;
using AccumulatorId = Number<struct AccumulatorTag, std::int64_t>;

/// A partition's index within its RDD; -1 where there is none.
using Partition = std::int32_t;

// What a block is. Map output is named by the task that wrote it and not by the map partition, so
// that a block of an attempt that has been superseded can never be taken for its successor.
struct BlockId {
    enum class Kind : std::uint8_t { Rdd, Shuffle, Broadcast, TaskResult };

    Kind kind = Kind::Rdd;
    std::int64_t first = 0;   // rdd, shuffle, broadcast or task
    std::int64_t second = 0;  // split, the map task, or the piece of a broadcast
    std::int64_t third = 0;   // reduce partition

    static constexpr BlockId rdd(RddId rdd, Partition split) {
        return {Kind::Rdd, rdd.value, split, 0};
    }
    static constexpr BlockId shuffle(ShuffleId shuffle, TaskId map_task, Partition reduce) {
        return {Kind::Shuffle, shuffle.value, map_task.value, reduce};
    }
    /// `piece` 0: the value; from 1: the chunks it travels in.
    static constexpr BlockId broadcast(BroadcastId id, std::int64_t piece = 0) {
        return {Kind::Broadcast, id.value, piece, 0};
    }
    static constexpr BlockId task_result(TaskId id) { return {Kind::TaskResult, id.value, 0, 0}; }

    friend constexpr auto operator<=>(const BlockId&, const BlockId&) = default;
};

/// "rdd_3_0", "shuffle_1_17_4", "broadcast_2", "broadcast_2_piece0", "taskresult_99".
std::string to_string(const BlockId& id);

/// Errors: InvalidArgument with the text.
Result<BlockId> parse_block_id(std::string_view text);

}  // namespace heddle::rdd

template <typename Tag, typename Rep>
struct std::hash<heddle::rdd::Number<Tag, Rep>> {
    std::size_t operator()(const heddle::rdd::Number<Tag, Rep>& number) const noexcept {
        return std::hash<Rep>{}(number.value);
    }
};
