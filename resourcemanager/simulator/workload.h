#pragma once

// What a run of the simulator is asked to do: jobs that arrive, each a master and tasks in waves,
// and the machines. Read from files of other simulators, or drawn from a seed.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/resource.h"
#include "common/base/result.h"
#include "common/base/time.h"
#include "common/model/container.h"

namespace heddle::simulator {

/// Tasks of one size and urgency that are asked for together.
struct Wave {
    std::int32_t stage = 0;  // asked for when every task of lower stages is done
    std::int32_t priority = 0;
    Resource size;
    std::vector<std::string> nodes;  // preferred; empty: any
    std::vector<Duration> tasks;     // how long each takes
    ExecutionType execution = ExecutionType::Guaranteed;

    friend bool operator==(const Wave&, const Wave&) = default;
};

struct Job {
    std::string name;
    std::string queue;
    std::string user;
    std::string kind;  // reports sum by it: "mapreduce", "serial", "interactive"
    Duration arrival;
    std::int32_t priority = 0;
    Resource master_size;
    std::vector<Wave> waves;

    friend bool operator==(const Job&, const Job&) = default;
};

struct Machine {
    std::string name;
    std::string rack = "/default-rack";
    Resource total;

    friend bool operator==(const Machine&, const Machine&) = default;
};

struct Workload {
    std::vector<Job> jobs;          // by arrival
    std::int64_t jobs_skipped = 0;  // in the file, but never ran
    std::vector<Machine> machines;  // that the file itself names; may be empty

    friend bool operator==(const Workload&, const Workload&) = default;
};

/// Where a file does not say it.
struct Defaults {
    Resource master_size = {1024, 1};
    Resource task_size = {1024, 1};
};

/// Input of Hadoop's scheduler load simulator: JSON objects one after another, or an array of them.
/// Times count from the first job. Errors: InvalidArgument with the line.
Result<Workload> read_sls(std::string_view text, const Defaults& defaults);
/// Its file of nodes: objects with a rack and nodes. Without sizes: `total`. Errors: as above.
Result<std::vector<Machine>> read_sls_nodes(std::string_view text, const Resource& total);

/// The Standard Workload Format, version 2.2. A job of n processors becomes n tasks of one vcore;
/// jobs that never ran are skipped, and dependencies are not followed. Errors: as above.
Result<Workload> read_swf(std::string_view text, const Defaults& defaults);

/// A queue that takes jobs, with its weight in thousandths.
struct LeafQueue {
    std::string path;
    std::int64_t weight = 1000;

    friend bool operator==(const LeafQueue&, const LeafQueue&) = default;
};

struct Generator {
    std::uint64_t seed = 1;
    Duration span = seconds(3600);   // jobs arrive in it; one day with its peak, compressed
    std::int32_t load_percent = 80;  // work that arrives, of what the machines can do in that time
    std::vector<LeafQueue> queues;   // not empty; they get work in equal parts
    std::vector<Machine> machines;   // not empty
    Resource master_size = {1024, 1};
};

/// Many small jobs and few huge ones (sizes and durations halve in number as they double), more by
/// day than by night. The same argument gives the same workload.
Workload generate(const Generator& how);

/// Sorts jobs by arrival; equal ones keep their order.
void sort_by_arrival(std::vector<Job>& jobs);

}  // namespace heddle::simulator
