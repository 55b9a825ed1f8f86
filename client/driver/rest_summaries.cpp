#include "client/driver/rest_summaries.h"

#include <algorithm>
#include <charconv>
#include <functional>
#include <map>

#include "common/base/strings.h"

namespace heddle::driver {

namespace {

using wire::JsonWriter;

// The value below which a share of the sorted `values` lies, as Spark picks it.
double pick(const std::vector<std::int64_t>& values, double quantile) {
    if (values.empty()) {
        return 0.0;
    }
    const auto at = static_cast<std::size_t>(quantile * static_cast<double>(values.size()));
    return static_cast<double>(values[std::min(values.size() - 1, at)]);
}

void write_row(JsonWriter& json, const char* name, std::vector<std::int64_t> values,
               const std::vector<double>& quantiles) {
    std::sort(values.begin(), values.end());
    json.key(name).begin_array();
    for (const double quantile : quantiles) {
        json.value(pick(values, quantile));
    }
    json.end_array();
}

void write_quantiles(JsonWriter& json, const std::vector<double>& quantiles) {
    json.key("quantiles").begin_array();
    for (const double quantile : quantiles) {
        json.value(quantile);
    }
    json.end_array();
}

using OfTask = std::function<std::int64_t(const TaskView&)>;

class TaskRows {
public:
    TaskRows(JsonWriter& json, const StageView& stage, const std::vector<double>& quantiles)
        : json_(json), quantiles_(quantiles) {
        for (const TaskView& task : stage.task_views) {
            if (task.status == "SUCCESS") {
                tasks_.push_back(&task);
            }
        }
    }

    void row(const char* name, const OfTask& figure) {
        std::vector<std::int64_t> values;
        for (const TaskView* task : tasks_) {
            values.push_back(figure(*task));
        }
        write_row(json_, name, std::move(values), quantiles_);
    }
    void row(const char* name, std::int64_t rdd::TaskMetrics::*counter) {
        row(name, [counter](const TaskView& task) { return task.metrics.*counter; });
    }
    void zero_row(const char* name) {
        row(name, [](const TaskView&) { return std::int64_t{0}; });
    }

private:
    JsonWriter& json_;
    const std::vector<double>& quantiles_;
    std::vector<const TaskView*> tasks_;
};

void write_read_rows(JsonWriter& json, TaskRows& rows) {
    using M = rdd::TaskMetrics;
    json.key("shuffleReadMetrics").begin_object();
    rows.row("readBytes", [](const TaskView& task) {
        return task.metrics.shuffle_local_bytes_read + task.metrics.shuffle_remote_bytes_read;
    });
    rows.row("readRecords", &M::shuffle_records_read);
    rows.row("remoteBlocksFetched", &M::shuffle_remote_blocks_fetched);
    rows.row("localBlocksFetched", &M::shuffle_local_blocks_fetched);
    rows.row("fetchWaitTime",
             [](const TaskView& task) { return task.metrics.shuffle_fetch_wait_time / 1000; });
    rows.row("remoteBytesRead", &M::shuffle_remote_bytes_read);
    rows.zero_row("remoteBytesReadToDisk");
    rows.row("totalBlocksFetched", [](const TaskView& task) {
        return task.metrics.shuffle_local_blocks_fetched +
               task.metrics.shuffle_remote_blocks_fetched;
    });
    json.end_object();
}

struct ExecutorSums {
    std::int64_t milliseconds = 0;
    std::int64_t failed = 0;
    std::int64_t succeeded = 0;
    std::int64_t killed = 0;
    std::int64_t input_bytes = 0;
    std::int64_t input_records = 0;
    std::int64_t output_bytes = 0;
    std::int64_t output_records = 0;
    std::int64_t shuffle_read = 0;
    std::int64_t shuffle_read_records = 0;
    std::int64_t shuffle_write = 0;
    std::int64_t shuffle_write_records = 0;
    std::int64_t memory_spilled = 0;
    std::int64_t disk_spilled = 0;
};
struct SumName {
    const char* name;
    std::int64_t ExecutorSums::*sum;
};
constexpr SumName kSums[] = {
    {"taskTime", &ExecutorSums::milliseconds},
    {"failedTasks", &ExecutorSums::failed},
    {"succeededTasks", &ExecutorSums::succeeded},
    {"killedTasks", &ExecutorSums::killed},
    {"inputBytes", &ExecutorSums::input_bytes},
    {"inputRecords", &ExecutorSums::input_records},
    {"outputBytes", &ExecutorSums::output_bytes},
    {"outputRecords", &ExecutorSums::output_records},
    {"shuffleRead", &ExecutorSums::shuffle_read},
    {"shuffleReadRecords", &ExecutorSums::shuffle_read_records},
    {"shuffleWrite", &ExecutorSums::shuffle_write},
    {"shuffleWriteRecords", &ExecutorSums::shuffle_write_records},
    {"memoryBytesSpilled", &ExecutorSums::memory_spilled},
    {"diskBytesSpilled", &ExecutorSums::disk_spilled},
};

std::map<rdd::ExecutorId, ExecutorSums> sums_of(const StageView& stage) {
    std::map<rdd::ExecutorId, ExecutorSums> all;
    for (const TaskView& task : stage.task_views) {
        ExecutorSums& sums = all[task.executor];
        if (task.status == "RUNNING") {
            continue;
        }
        const rdd::TaskMetrics& m = task.metrics;
        sums.milliseconds += task.duration.milliseconds();
        ++(task.status == "SUCCESS"  ? sums.succeeded
           : task.status == "KILLED" ? sums.killed
                                     : sums.failed);
        sums.input_bytes += m.input_bytes_read;
        sums.input_records += m.input_records_read;
        sums.output_bytes += m.output_bytes_written;
        sums.output_records += m.output_records_written;
        sums.shuffle_read += m.shuffle_local_bytes_read + m.shuffle_remote_bytes_read;
        sums.shuffle_read_records += m.shuffle_records_read;
        sums.shuffle_write += m.shuffle_bytes_written;
        sums.shuffle_write_records += m.shuffle_records_written;
        sums.memory_spilled += m.memory_bytes_spilled;
        sums.disk_spilled += m.disk_bytes_spilled;
    }
    return all;
}

}  // namespace

Result<std::vector<double>> parse_quantiles(std::string_view text) {
    std::vector<double> quantiles;
    for (const std::string_view part :
         split(text.empty() ? std::string_view("0.05,0.25,0.5,0.75,0.95") : text, ',')) {
        double number = 0;
        const char* const end = part.data() + part.size();
        const auto [used, error] = std::from_chars(part.data(), end, number);
        if (error != std::errc{} || used != end || !(number >= 0.0 && number <= 1.0)) {
            return Error{ErrorCode::InvalidArgument,
                         "Bad value for parameter \"quantiles\".  Expected a double, got \"" +
                             std::string(part) + "\""};
        }
        quantiles.push_back(number);
    }
    return quantiles;
}

std::int64_t scheduler_delay(const TaskView& task) {
    return task.status == "RUNNING"
               ? 0
               : std::max<std::int64_t>(
                     0, task.duration.microseconds - task.metrics.executor_run_time) /
                     1000;
}

bool has_distributions(const StageView& stage) {
    return std::ranges::any_of(stage.task_views,
                               [](const TaskView& task) { return task.status == "SUCCESS"; });
}

void write_task_distributions(JsonWriter& json, const StageView& stage,
                              const std::vector<double>& quantiles) {
    using M = rdd::TaskMetrics;
    TaskRows rows(json, stage, quantiles);
    json.begin_object();
    write_quantiles(json, quantiles);
    rows.row("duration", [](const TaskView& task) { return task.duration.milliseconds(); });
    rows.zero_row("executorDeserializeTime");
    rows.zero_row("executorDeserializeCpuTime");
    rows.row("executorRunTime",
             [](const TaskView& task) { return task.metrics.executor_run_time / 1000; });
    rows.row("executorCpuTime",
             [](const TaskView& task) { return task.metrics.executor_cpu_time * 1000; });
    rows.row("resultSize", &M::result_size);
    for (const char* name : {"jvmGcTime", "resultSerializationTime", "gettingResultTime"}) {
        rows.zero_row(name);
    }
    rows.row("schedulerDelay", scheduler_delay);
    rows.row("peakExecutionMemory", &M::peak_execution_memory);
    rows.row("peakOnHeapExecutionMemory", &M::peak_execution_memory);
    rows.zero_row("peakOffHeapExecutionMemory");
    rows.row("memoryBytesSpilled", &M::memory_bytes_spilled);
    rows.row("diskBytesSpilled", &M::disk_bytes_spilled);
    json.key("inputMetrics").begin_object();
    rows.row("bytesRead", &M::input_bytes_read);
    rows.row("recordsRead", &M::input_records_read);
    json.end_object().key("outputMetrics").begin_object();
    rows.row("bytesWritten", &M::output_bytes_written);
    rows.row("recordsWritten", &M::output_records_written);
    json.end_object();
    write_read_rows(json, rows);
    json.key("shuffleWriteMetrics").begin_object();
    rows.row("writeBytes", &M::shuffle_bytes_written);
    rows.row("writeRecords", &M::shuffle_records_written);
    rows.row("writeTime",
             [](const TaskView& task) { return task.metrics.shuffle_write_time * 1000; });
    json.end_object().end_object();
}

void write_executor_summary(JsonWriter& json, const StageView& stage) {
    json.begin_object();
    for (const auto& [executor, sums] : sums_of(stage)) {
        json.key(rdd::to_string(executor)).begin_object();
        for (const SumName& entry : kSums) {
            json.member(entry.name, sums.*entry.sum);
        }
        const bool excluded = stage.excluded.contains(executor);
        json.member("isBlacklistedForStage", excluded).member("isExcludedForStage", excluded);
        json.end_object();
    }
    json.end_object();
}

void write_executor_distributions(JsonWriter& json, const StageView& stage,
                                  const std::vector<double>& quantiles) {
    const auto all = sums_of(stage);
    json.begin_object();
    write_quantiles(json, quantiles);
    for (const SumName& entry : kSums) {
        std::vector<std::int64_t> values;
        for (const auto& executor : all) {
            values.push_back(executor.second.*entry.sum);
        }
        write_row(json, entry.name, std::move(values), quantiles);
    }
    json.end_object();
}

}  // namespace heddle::driver
