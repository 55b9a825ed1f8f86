// The Standard Workload Format: one job a line, 18 numbers, -1 for what is not known; header lines
// begin with a semicolon.

#include <algorithm>
#include <array>
#include <charconv>

#include "common/base/strings.h"
#include "resourcemanager/simulator/json_stream.h"
#include "resourcemanager/simulator/workload.h"

namespace heddle::simulator {
namespace {

enum Field {
    JobNumber,
    SubmitTime,
    WaitTime,
    RunTime,
    ProcessorsAllocated,
    CpuTime,
    MemoryUsed,
    ProcessorsRequested,
    TimeRequested,
    MemoryRequested,
    Outcome,
    User,
    Group,
    Program,
    QueueNumber,
    Partition,
    JobBefore,
    ThinkTime,
    kFields,
};
constexpr std::int64_t kProcessorsMax = 1'000'000;
constexpr std::int64_t kSecondsMax = std::int64_t{1} << 40;

using Line = std::array<std::int64_t, kFields>;

// Some archives write CPU times with a fraction: it is cut off.
bool take_number(std::string_view text, std::int64_t& out) {
    const std::size_t point = text.find('.');
    const std::string_view whole = text.substr(0, point);
    const auto [end, error] = std::from_chars(whole.data(), whole.data() + whole.size(), out);
    return error == std::errc{} && end == whole.data() + whole.size();
}

Result<Line> take_line(std::string_view text) {
    Line line{};
    std::size_t field = 0;
    while (!(text = trim(text)).empty()) {
        const std::string_view word = text.substr(0, text.find_first_of(" \t"));
        if (field == kFields || !take_number(word, line[field])) {
            return Error{ErrorCode::InvalidArgument,
                         field == kFields
                             ? "more than 18 fields; SWF has exactly 18"
                             : "field " + std::to_string(field + 1) + " is no number: '" +
                                   std::string(word.substr(0, 40)) + "'"};
        }
        ++field;
        text.remove_prefix(word.size());
    }
    if (field != kFields) {
        return Error{ErrorCode::InvalidArgument,
                     std::to_string(field) + " fields found; SWF has exactly 18"};
    }
    return line;
}

// "; MaxNodes: 128"
void take_header(std::string_view text, std::int64_t& nodes, std::int64_t& processors) {
    text.remove_prefix(1);
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) {
        return;
    }
    const std::string_view key = trim(text.substr(0, colon));
    std::string_view value = trim(text.substr(colon + 1));
    value = value.substr(0, value.find_first_of(" \t"));
    std::int64_t number = 0;
    if (parse_number(value, number)) {
        nodes = key == "MaxNodes" ? number : nodes;
        processors = key == "MaxProcs" ? number : processors;
    }
}

std::string kind_of(std::int64_t processors) {
    return processors == 1 ? "serial" : processors <= 16 ? "narrow" : "wide";
}

Result<Job> job_of(const Line& line, const Defaults& defaults) {
    const std::int64_t processors =
        line[ProcessorsRequested] > 0 ? line[ProcessorsRequested] : line[ProcessorsAllocated];
    if (processors > kProcessorsMax || line[RunTime] > kSecondsMax || line[SubmitTime] < 0 ||
        line[SubmitTime] > kSecondsMax) {
        return Error{ErrorCode::InvalidArgument,
                     "submit time, run time or number of processors is out of range"};
    }
    const std::int64_t kib = line[MemoryRequested] > 0
                                 ? line[MemoryRequested]
                                 : std::max<std::int64_t>(0, line[MemoryUsed]);
    Job job;
    job.name = "job_" + std::to_string(line[JobNumber]);
    job.queue = "queue-" + std::to_string(std::max<std::int64_t>(0, line[QueueNumber]));
    job.user = "user-" + std::to_string(std::max<std::int64_t>(0, line[User]));
    job.kind = kind_of(processors);
    job.arrival = seconds(line[SubmitTime]);
    job.master_size = defaults.master_size;
    Wave wave;
    wave.size = {
        kib > 0 ? std::max<std::int64_t>(1, (kib + 1023) / 1024) : defaults.task_size.memory_mib,
        1};
    wave.tasks.assign(static_cast<std::size_t>(processors), seconds(line[RunTime]));
    job.waves.push_back(std::move(wave));
    return job;
}

// The machine that the header describes, if it does.
std::vector<Machine> machines_of(std::int64_t nodes, std::int64_t processors,
                                 const Defaults& defaults) {
    std::vector<Machine> machines;
    nodes = nodes > 0 ? nodes : processors;
    if (nodes <= 0 || nodes > kProcessorsMax) {
        return machines;
    }
    const std::int64_t each = std::max<std::int64_t>(1, (processors + nodes - 1) / nodes);
    for (std::int64_t i = 1; i <= nodes; ++i) {
        Machine machine;
        machine.name = "node-" + std::to_string(i);
        // One more for a master, so that a job of all processors can run.
        machine.total = {(each + 1) * std::max<std::int64_t>(4096, defaults.task_size.memory_mib),
                         each + 1};
        machines.push_back(std::move(machine));
    }
    return machines;
}

}  // namespace

Result<Workload> read_swf(std::string_view text, const Defaults& defaults) {
    Workload workload;
    std::int64_t nodes = 0;
    std::int64_t processors = 0;
    std::size_t number = 0;
    for (const std::string_view raw : split(text, '\n')) {
        ++number;
        const std::string_view words = trim(raw);
        if (words.empty()) {
            continue;
        }
        if (words.front() == ';') {
            take_header(words, nodes, processors);
            continue;
        }
        const Result<Line> line = take_line(words);
        if (!line.ok()) {
            return at_line(number, line.error().message);
        }
        if ((*line)[RunTime] <= 0 ||
            ((*line)[ProcessorsRequested] <= 0 && (*line)[ProcessorsAllocated] <= 0)) {
            ++workload.jobs_skipped;
            continue;
        }
        Result<Job> job = job_of(*line, defaults);
        if (!job.ok()) {
            return at_line(number, job.error().message);
        }
        workload.jobs.push_back(std::move(job).value());
    }
    if (workload.jobs.empty()) {
        return Error{ErrorCode::InvalidArgument, "the file holds no job that ran"};
    }
    sort_by_arrival(workload.jobs);
    const Duration first = workload.jobs.front().arrival;
    for (Job& job : workload.jobs) {
        job.arrival = job.arrival - first;
    }
    workload.machines = machines_of(nodes, processors, defaults);
    return workload;
}

}  // namespace heddle::simulator
