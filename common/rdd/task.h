#pragma once

// A task as data: what an executor is asked to compute and what it answers. Everything that all
// tasks of a stage share is in the StagePlan, which an executor receives once.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "common/rdd/bytes.h"
#include "common/rdd/ids.h"
#include "common/rdd/plan.h"

namespace heddle::rdd {

struct TaskDescription {
    JobId job;
    StageId stage;
    std::int32_t stage_attempt = 0;
    TaskId task;
    Partition partition = 0;
    std::int32_t attempt = 0;         // of this partition in this stage attempt, from 0
    std::vector<TaskSource> sources;  // as task_sources() gives them

    friend bool operator==(const TaskDescription&, const TaskDescription&) = default;
};

// What a finished map task left behind: where it ran is added by the driver, which knows.
struct MapStatus {
    TaskId map_task;
    Partition map_index = 0;
    std::string executor;
    std::vector<std::uint64_t> sizes;  // bytes per reduce partition; 0: no block at all

    friend bool operator==(const MapStatus&, const MapStatus&) = default;
};

// Spark's task end reasons, without Success.
enum class FailureKind : std::uint8_t {
    ExceptionFailure,     // a user function threw, or memory or input failed: counts as a failure
    FetchFailed,          // map output could not be read: the map stage must run again
    TaskKilled,           // by request; never counts
    TaskCommitDenied,     // another attempt won; never counts
    TaskResultLost,       // the result's block is gone
    ExecutorLostFailure,  // reported by the driver itself
    Resubmitted,          // finished, but its output was lost with its executor
    UnknownReason,
};

/// Spark's spelling: "ExceptionFailure".
std::string_view to_string(FailureKind kind);

struct TaskFailure {
    FailureKind kind = FailureKind::UnknownReason;
    std::string message;    // for people; of a user function: what() of its exception
    std::string operation;  // ExceptionFailure: "map at main.cpp:42 (RDD 3)"
    std::string input;   // ExceptionFailure: the record in hand, or the file and range; may be cut
    bool final = false;  // trying again cannot help (for example: a function is not registered)
    ShuffleId shuffle;   // FetchFailed
    TaskId map_task;     // FetchFailed; -1: not even the location was known
    Partition map_index = -1;
    Partition reduce = -1;
    std::string executor;        // FetchFailed: who should have had the block
    bool out_of_memory = false;  // the executor had no more; alone in it the task may have enough

    friend bool operator==(const TaskFailure&, const TaskFailure&) = default;
};

/// "ExceptionFailure in map at main.cpp:42 (RDD 3): bad date [input: \"2024-13\"]"
std::string describe(const TaskFailure& failure);

// Counters under Spark's names. Times in microseconds.
struct TaskMetrics {
    std::int64_t executor_run_time = 0;
    std::int64_t executor_cpu_time = 0;
    std::int64_t result_size = 0;
    std::int64_t peak_execution_memory = 0;
    std::int64_t memory_bytes_spilled = 0;
    std::int64_t disk_bytes_spilled = 0;
    std::int64_t input_bytes_read = 0;
    std::int64_t input_records_read = 0;
    std::int64_t output_bytes_written = 0;
    std::int64_t output_records_written = 0;
    std::int64_t shuffle_remote_blocks_fetched = 0;
    std::int64_t shuffle_local_blocks_fetched = 0;
    std::int64_t shuffle_fetch_wait_time = 0;
    std::int64_t shuffle_remote_bytes_read = 0;
    std::int64_t shuffle_local_bytes_read = 0;
    std::int64_t shuffle_records_read = 0;
    std::int64_t shuffle_bytes_written = 0;
    std::int64_t shuffle_write_time = 0;
    std::int64_t shuffle_records_written = 0;

    friend bool operator==(const TaskMetrics&, const TaskMetrics&) = default;
};

// A change of the executor's cached blocks that happened while the task ran; `memory` and `disk`
// both 0: the block is gone. The driver's table of locations lives from these.
struct BlockUpdate {
    BlockId block;
    std::int64_t memory = 0;
    std::int64_t disk = 0;

    friend bool operator==(const BlockUpdate&, const BlockUpdate&) = default;
};

// What one task added to one accumulator.
struct AccumulatorUpdate {
    AccumulatorId id;
    std::string name;  // empty: nobody is shown it
    std::string text;  // of a named one: `part` for people
    Bytes part;        // what the driver merges

    friend bool operator==(const AccumulatorUpdate&, const AccumulatorUpdate&) = default;
};

struct TaskResult {
    TaskId task;
    std::optional<TaskFailure> failure;
    std::optional<MapStatus> map;  // ShuffleMap stages; `executor` is empty
    Bytes value;                   // Result stages: what the action answered
    std::vector<BlockUpdate> blocks;
    std::vector<AccumulatorUpdate> accumulators;  // by id; of a task that failed: none
    TaskMetrics metrics;
    std::uint64_t parked = 0;  // bytes of a value that waits at the executor; `value` is empty then

    bool ok() const { return !failure.has_value(); }
    friend bool operator==(const TaskResult&, const TaskResult&) = default;
};

Bytes encode(const TaskDescription& task);
Bytes encode(const MapStatus& status);
Bytes encode(const TaskResult& result);
/// Errors: DataLoss.
Result<TaskDescription> decode_task_description(std::string_view bytes);
Result<MapStatus> decode_map_status(std::string_view bytes);
Result<TaskResult> decode_task_result(std::string_view bytes);

}  // namespace heddle::rdd
