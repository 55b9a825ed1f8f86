#pragma once

// The command line of a seeded simulation.
//
//   PROGRAM [--seed S] [--count N] [--defect NAME] [--once] [--trace]
//
// Runs N seeds from S on, each twice (unless --once), and compares the traces. A failure prints its
// seed and the last lines of the trace, and ends the program with 1.

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
