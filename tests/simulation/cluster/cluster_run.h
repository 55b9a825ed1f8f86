#pragma once

// One run of the whole cluster in virtual time: the cores of the resource manager, of node agents,
// of drivers and of executors together, with real task bodies. Applications, faults and their times
// are drawn from the seed; there is a phase with faults and one without. Messages of nodes and
// masters are lost, doubled, delayed and overtaken; connections break; managers and agents die
// between any two effects, and so do machines, drivers and executors. Whatever happens, every
// application ends with the answers of a run without faults, what it saved is there once and
// complete, and nothing is left over.

#include <cstdint>

#include "resourcemanager/core/config.h"
#include "tests/support/seeds/seed_main.h"

namespace heddle::test {

struct ClusterDefects {
    rm::Defect manager = rm::Defect::None;
    bool ignore_indeterminate_recompute = false;  // of the driver
    bool reader_moves_records = false;            // of the executor
};

SeedRun run_cluster(std::uint64_t seed, const ClusterDefects& defects);

}  // namespace heddle::test
