#pragma once

// The command line of scheduler_sim, and what it names: files read, queues and machines put
// together. Everything wrong with them is found here.

#include <string>
#include <variant>
#include <vector>

#include "resourcemanager/simulator/setup.h"
#include "resourcemanager/simulator/workload.h"

namespace heddle::simulator {

constexpr int kExitFailed = 1;  // the run came to no end
constexpr int kExitUsage = 2;
constexpr int kExitBadInput = 8;  // a file that is not there, or not what it should be

struct Options {
    std::vector<Setup> runs;  // one for each mode
    Workload workload;        // with queues as full paths
    std::vector<Machine> machines;
    bool json = false;
    bool samples = false;
    bool quiet = false;
};

struct EarlyExit {
    int code = 0;
    std::string text;
};

std::variant<Options, EarlyExit> parse_options(const std::vector<std::string>& arguments);

}  // namespace heddle::simulator
