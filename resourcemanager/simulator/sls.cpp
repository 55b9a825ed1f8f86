// The input files of Hadoop's scheduler load simulator.

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "resourcemanager/simulator/json_stream.h"
#include "resourcemanager/simulator/workload.h"

namespace heddle::simulator {
namespace {

constexpr std::int64_t kTasksMax = 10'000'000;  // of one job: more is a slip of the pen
constexpr std::int64_t kMillisecondsMax = std::int64_t{1} << 50;

Error bad(const std::string& what) {
    return {ErrorCode::InvalidArgument, what};
}

Result<std::int64_t> number(const wire::Json& from, const std::string& key, std::int64_t otherwise,
                            std::int64_t low, std::int64_t high) {
    TRY(const std::int64_t value, from.integer_or(key, otherwise));
    if (value < low || value > high) {
        return bad(key + " must be from " + std::to_string(low) + " to " + std::to_string(high) +
                   ", not " + std::to_string(value));
    }
    return value;
}

Result<Resource> size(const wire::Json& from, const std::string& prefix, const Resource& other) {
    TRY(const std::int64_t memory, number(from, prefix + "memory", other.memory_mib, 1, 1 << 30));
    TRY(const std::int64_t vcores, number(from, prefix + "vcores", other.vcores, 1, 1 << 20));
    return Resource{memory, vcores};
}

Result<Duration> duration_of(const wire::Json& task) {
    if (task.find("duration.ms") != nullptr) {
        TRY(const std::int64_t given, number(task, "duration.ms", 0, 0, kMillisecondsMax));
        return milliseconds(given);
    }
    if (task.find("container.start.ms") == nullptr || task.find("container.end.ms") == nullptr) {
        return bad("a task needs duration.ms, or container.start.ms and container.end.ms");
    }
    TRY(const std::int64_t start, number(task, "container.start.ms", 0, 0, kMillisecondsMax));
    TRY(const std::int64_t end, number(task, "container.end.ms", 0, start, kMillisecondsMax));
    return milliseconds(end - start);
}

// "/default-rack/node1" -> "node1": racks are a property of nodes.
std::string node_name(const std::string& host) {
    return host.substr(host.rfind('/') + 1);
}

Status add_task(const wire::Json& task, const Defaults& defaults, std::int64_t& tasks,
                std::vector<Wave>& waves) {
    Wave wave;
    TRY(wave.size, size(task, "container.", defaults.task_size));
    TRY(const std::int64_t count, number(task, "count", 1, 1, kTasksMax));
    TRY(const Duration duration, duration_of(task));
    TRY(const std::string type, task.string_or("container.type", "map"));
    TRY(const std::string host, task.string_or("container.host", ""));
    const bool reduce = type == "reduce";
    TRY(const std::int64_t priority,
        number(task, "container.priority", reduce ? 10 : 20, 0, 1'000'000));
    wave.priority = static_cast<std::int32_t>(priority);
    wave.stage = reduce ? 1 : 0;
    TRY(const std::string execution, task.string_or("container.execution.type", "GUARANTEED"));
    if (execution != "GUARANTEED" && execution != "OPPORTUNISTIC") {
        return bad("container.execution.type is '" + execution +
                   "'; write GUARANTEED or OPPORTUNISTIC");
    }
    wave.execution =
        execution == "GUARANTEED" ? ExecutionType::Guaranteed : ExecutionType::Opportunistic;
    if (!host.empty()) {
        wave.nodes = {node_name(host)};
    }
    tasks += count;
    if (tasks > kTasksMax) {
        return bad("a job may have at most " + std::to_string(kTasksMax) + " tasks");
    }
    const auto same = std::ranges::find_if(waves, [&](const Wave& known) {
        return known.stage == wave.stage && known.priority == wave.priority &&
               known.size == wave.size && known.nodes == wave.nodes &&
               known.execution == wave.execution;
    });
    std::vector<Duration>& into =
        same == waves.end() ? waves.emplace_back(std::move(wave)).tasks : same->tasks;
    into.insert(into.end(), static_cast<std::size_t>(count), duration);
    return {};
}

Result<Job> read_job(const wire::Json& from, const Defaults& defaults, std::size_t number_of_job) {
    Job job;
    TRY(job.name, from.string_or("job.id", "job_" + std::to_string(number_of_job)));
    TRY(job.queue, from.string_or("job.queue.name", "default"));
    TRY(job.user, from.string_or("job.user", "default"));
    TRY(job.kind, from.string_or("am.type", "mapreduce"));
    TRY(const std::int64_t start, number(from, "job.start.ms", 0, 0, kMillisecondsMax));
    TRY(const std::int64_t priority, number(from, "job.priority", 0, 0, 1'000'000));
    TRY(job.master_size, size(from, "am.", defaults.master_size));
    job.arrival = milliseconds(start);
    job.priority = static_cast<std::int32_t>(priority);
    const wire::Json* tasks = from.find("job.tasks");
    if (tasks == nullptr || tasks->array() == nullptr) {
        return bad("a job needs job.tasks, an array");
    }
    std::int64_t count = 0;
    std::size_t position = 0;
    for (const wire::Json& task : *tasks->array()) {
        ++position;
        if (const Status added = add_task(task, defaults, count, job.waves); !added) {
            return bad("job.tasks[" + std::to_string(position) + "]: " + added.error().message);
        }
    }
    return job;
}

}  // namespace

void sort_by_arrival(std::vector<Job>& jobs) {
    std::stable_sort(jobs.begin(), jobs.end(),
                     [](const Job& a, const Job& b) { return a.arrival < b.arrival; });
}

Result<Workload> read_sls(std::string_view text, const Defaults& defaults) {
    Workload workload;
    const Status read = each_object(text, [&](const wire::Json& object) -> Status {
        TRY(const std::int64_t copies, number(object, "job.count", 1, 1, 1'000'000));
        TRY(Job job, read_job(object, defaults, workload.jobs.size() + 1));
        for (std::int64_t copy = 1; copy < copies; ++copy) {
            workload.jobs.push_back(job);
            workload.jobs.back().name += "_" + std::to_string(copy);
        }
        workload.jobs.push_back(std::move(job));
        return {};
    });
    if (!read) {
        return read.error();
    }
    if (workload.jobs.empty()) {
        return bad("the file holds no job: one JSON object for each is expected");
    }
    sort_by_arrival(workload.jobs);
    const Duration first = workload.jobs.front().arrival;
    for (Job& job : workload.jobs) {
        job.arrival = job.arrival - first;
    }
    return workload;
}

Result<std::vector<Machine>> read_sls_nodes(std::string_view text, const Resource& total) {
    std::vector<Machine> machines;
    std::map<std::string, bool> seen;
    const Status read = each_object(text, [&](const wire::Json& object) -> Status {
        TRY(std::string rack, object.string_or("rack", "default-rack"));
        const wire::Json* nodes = object.find("nodes");
        if (nodes == nullptr || nodes->array() == nullptr) {
            return bad("a rack needs nodes, an array");
        }
        for (const wire::Json& node : *nodes->array()) {
            Machine machine;
            TRY(const std::string name, node.string_or("node", ""));
            TRY(const std::int64_t memory,
                number(node, "memory-resource", total.memory_mib, 1, std::int64_t{1} << 30));
            TRY(const std::int64_t vcores,
                number(node, "vcores-resource", total.vcores, 1, 1 << 20));
            machine.name = node_name(name);
            machine.rack = rack.starts_with("/") ? rack : "/" + rack;
            machine.total = {memory, vcores};
            if (machine.name.empty() || !seen.emplace(machine.name, true).second) {
                return bad(machine.name.empty() ? "a node needs a name ('node')"
                                                : "node '" + machine.name + "' is there twice");
            }
            machines.push_back(std::move(machine));
        }
        return {};
    });
    if (!read) {
        return read.error();
    }
    if (machines.empty()) {
        return bad("the file names no node");
    }
    return machines;
}

}  // namespace heddle::simulator
