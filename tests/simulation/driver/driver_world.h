#pragma once

// A driver's core and some executors' cores in virtual time. Task bodies are the real ones, run
// inline when their time has passed; blocks live in real stores, and die with their executor. What
// is faulty comes from the seed: executors that crash at any point, map output that is lost from a
// living executor, answers that arrive twice or after their executor was given up, slow nodes.

#include <cstdint>
#include <string>

namespace heddle::test {

// Defects that a run has to show.
struct Defects {
    bool reader_moves_records = false;            // a second reader of a block finds it empty
    bool ignore_indeterminate_recompute = false;  // of the core
};

struct RunOutcome {
    std::string violation;  // empty: everything held
    std::uint64_t digest = 0;
    std::uint64_t steps = 0;
    int crashes = 0;
    int fetch_failures = 0;
    int chunks_of_driver = 0;  // of broadcast variables
    int chunks_of_peers = 0;
    std::int64_t copies = 0;    // of slow tasks
    std::int64_t replicas = 0;  // of cached partitions, kept
    int cached_from_peers = 0;  // partitions that a task read from another executor's cache
    int out_of_memory = 0;      // tasks that had too little beside others
    int failed_on_purpose = 0;  // tasks on the node where all fail
    int barriers = 0;           // tasks that heard that all others had come
    int given_back = 0;         // executors that were idle
    int retired = 0;            // executors whose end was announced and that went before
    int moved = 0;              // map outputs
    int replaced = 0;           // executors that made way for others
    int deaf = 0;               // tasks that did not end when they were told to
    int parked = 0;             // results that waited to be fetched
    int grown = 0;              // executors that got more memory
    int failed_jobs = 0;        // that said so: allowed only for output that cannot be repeated
    std::string tail;
};

/// One run of a seed.
RunOutcome run_driver_world(std::uint64_t seed, const Defects& defects);

}  // namespace heddle::test
