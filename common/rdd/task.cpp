// Tasks and their results as bytes, and failures as people read them.
#include "common/rdd/task.h"

namespace heddle::rdd {

std::string_view to_string(FailureKind kind) {
    switch (kind) {
        case FailureKind::ExceptionFailure:
            return "ExceptionFailure";
        case FailureKind::FetchFailed:
            return "FetchFailed";
        case FailureKind::TaskKilled:
            return "TaskKilled";
        case FailureKind::TaskCommitDenied:
            return "TaskCommitDenied";
        case FailureKind::TaskResultLost:
            return "TaskResultLost";
        case FailureKind::ExecutorLostFailure:
            return "ExecutorLostFailure";
        case FailureKind::Resubmitted:
            return "Resubmitted";
        case FailureKind::UnknownReason:
            return "UnknownReason";
    }
    CHECK(false);
}

std::string describe(const TaskFailure& failure) {
    std::string text(to_string(failure.kind));
    if (failure.kind == FailureKind::FetchFailed) {
        text += ": " +
                to_string(BlockId::shuffle(failure.shuffle, failure.map_task, failure.reduce)) +
                " (map partition " + std::to_string(failure.map_index) + ") of executor " +
                failure.executor;
    }
    if (!failure.operation.empty()) {
        text += " in " + failure.operation;
    }
    if (!failure.message.empty()) {
        text += ": " + failure.message;
    }
    if (!failure.input.empty()) {
        text += " [input: " + failure.input + "]";
    }
    return text;
}

namespace {

// Counters in the order of the structure: they are all 64-bit, which the assertion pins.
constexpr std::size_t kCounters = 19;
static_assert(sizeof(TaskMetrics) == kCounters * sizeof(std::int64_t));

void write(ByteWriter& out, const TaskFailure& failure) {
    out.number(failure.kind);
    out.text(failure.message);
    out.text(failure.operation);
    out.text(failure.input);
    out.number<std::uint8_t>(failure.final ? 1 : 0);
    out.number(failure.shuffle.value);
    out.number(failure.map_task.value);
    out.number(failure.map_index);
    out.number(failure.reduce);
    out.text(failure.executor);
    out.number<std::uint8_t>(failure.out_of_memory ? 1 : 0);
}

void read(ByteReader& in, TaskFailure& failure) {
    failure.kind = in.enumerator(FailureKind::UnknownReason);
    failure.message = in.text();
    failure.operation = in.text();
    failure.input = in.text();
    failure.final = in.boolean();
    failure.shuffle.value = in.number<std::int32_t>();
    failure.map_task.value = in.number<std::int64_t>();
    failure.map_index = in.number<Partition>();
    failure.reduce = in.number<Partition>();
    failure.executor = in.text();
    failure.out_of_memory = in.boolean();
}

void write(ByteWriter& out, const MapStatus& status) {
    out.number(status.map_task.value);
    out.number(status.map_index);
    out.text(status.executor);
    out.count(status.sizes.size());
    for (const std::uint64_t size : status.sizes) {
        out.count(size);
    }
}

void read(ByteReader& in, MapStatus& status) {
    status.map_task.value = in.number<std::int64_t>();
    status.map_index = in.number<Partition>();
    status.executor = in.text();
    status.sizes.resize(in.count_of(1));
    for (std::uint64_t& size : status.sizes) {
        size = in.count();
    }
}

void write(ByteWriter& out, const BlockUpdate& update) {
    out.number(update.block.kind);
    out.number(update.block.first);
    out.number(update.block.second);
    out.number(update.block.third);
    out.number(update.memory);
    out.number(update.disk);
}

void read(ByteReader& in, BlockUpdate& update) {
    update.block.kind = in.enumerator(BlockId::Kind::TaskResult);
    update.block.first = in.number<std::int64_t>();
    update.block.second = in.number<std::int64_t>();
    update.block.third = in.number<std::int64_t>();
    update.memory = in.number<std::int64_t>();
    update.disk = in.number<std::int64_t>();
}

}  // namespace

Bytes encode(const TaskDescription& task) {
    ByteWriter out;
    out.number(task.job.value);
    out.number(task.stage.value);
    out.number(task.stage_attempt);
    out.number(task.task.value);
    out.number(task.partition);
    out.number(task.attempt);
    out.count(task.sources.size());
    for (const TaskSource& source : task.sources) {
        out.number(source.rdd.value);
        out.number(source.partition);
        out.text(source.payload);
    }
    return out.take();
}

Result<TaskDescription> decode_task_description(std::string_view bytes) {
    ByteReader in(bytes);
    TaskDescription task;
    task.job.value = in.number<std::int32_t>();
    task.stage.value = in.number<std::int32_t>();
    task.stage_attempt = in.number<std::int32_t>();
    task.task.value = in.number<std::int64_t>();
    task.partition = in.number<Partition>();
    task.attempt = in.number<std::int32_t>();
    task.sources.resize(in.count_of(9));
    for (TaskSource& source : task.sources) {
        source.rdd.value = in.number<std::int32_t>();
        source.partition = in.number<Partition>();
        source.payload = in.text();
    }
    TRY(in.status("task"));
    return task;
}

Bytes encode(const MapStatus& status) {
    ByteWriter out;
    write(out, status);
    return out.take();
}

Result<MapStatus> decode_map_status(std::string_view bytes) {
    ByteReader in(bytes);
    MapStatus status;
    read(in, status);
    TRY(in.status("map status"));
    return status;
}

Bytes encode(const TaskResult& result) {
    ByteWriter out;
    out.number(result.task.value);
    out.number<std::uint8_t>(result.failure ? 1 : 0);
    if (result.failure) {
        write(out, *result.failure);
    }
    out.number<std::uint8_t>(result.map ? 1 : 0);
    if (result.map) {
        write(out, *result.map);
    }
    out.text(result.value);
    out.count(result.blocks.size());
    for (const BlockUpdate& update : result.blocks) {
        write(out, update);
    }
    out.count(result.accumulators.size());
    for (const AccumulatorUpdate& update : result.accumulators) {
        out.number(update.id.value);
        out.text(update.name);
        out.text(update.text);
        out.text(update.part);
    }
    out.raw(&result.metrics, sizeof(result.metrics));
    out.number(result.parked);
    return out.take();
}

Result<TaskResult> decode_task_result(std::string_view bytes) {
    ByteReader in(bytes);
    TaskResult result;
    result.task.value = in.number<std::int64_t>();
    if (in.boolean()) {
        read(in, result.failure.emplace());
    }
    if (in.boolean()) {
        read(in, result.map.emplace());
    }
    result.value = in.text();
    result.blocks.resize(in.count_of(41));
    for (BlockUpdate& update : result.blocks) {
        read(in, update);
    }
    result.accumulators.resize(in.count_of(11));
    for (AccumulatorUpdate& update : result.accumulators) {
        update.id.value = in.number<std::int64_t>();
        update.name = in.text();
        update.text = in.text();
        update.part = in.text();
    }
    const std::string_view counters = in.raw(sizeof(result.metrics));
    if (!in.failed()) {
        std::memcpy(&result.metrics, counters.data(), sizeof(result.metrics));
    }
    result.parked = in.number<std::uint64_t>();
    TRY(in.status("task result"));
    return result;
}

}  // namespace heddle::rdd
