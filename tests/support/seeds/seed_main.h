#pragma once

// The command line of a seeded simulation.
//
//   PROGRAM [--seed S | --fresh] [--count N] [--replay FILE] [--defect NAME]
//           [--once | --twice-every K] [--trace]
//
// Runs N seeds from S on, each twice, and compares the traces; with --once none,
// with --twice-every K those that K divides. A failure prints the
// last lines of the trace, the seed, and the command that repeats it, and ends the program with 1.
// With --fresh S is another one each time, and printed, and a failure does not keep the others from
// being tried (a broken invariant of a core itself does). --replay: before that the seeds of the
// file, one a line, # comments; seeds that have failed once are kept there.

#include <cstdint>
#include <functional>
#include <map>
#include <string>

namespace heddle::test {

struct SeedRun {
    std::string violation;  // empty: none
    std::uint64_t digest = 0;
    std::string tail;  // of the trace
    /// What happened, by name; the figures of all seeds are added up and printed.
    std::map<std::string, std::int64_t> figures;
};

struct Simulation {
    std::string name;
    /// By the name of the planted defect; "" is the real thing.
    std::map<std::string, std::function<SeedRun(std::uint64_t seed)>> variants;
};

int seed_main(int argc, char** argv, const Simulation& simulation);

}  // namespace heddle::test
