#pragma once

// What an action on an RDD would run, without running it: the stages with their tasks, what of them
// is there already, and how much data goes between them.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "client/driver/core/block_table.h"
#include "client/driver/core/map_outputs.h"
#include "common/rdd/plan.h"

namespace heddle::driver {

// Partitions of an RDD that executors have.
struct CachedForecast {
    std::string rdd;  // "map[2]"
    std::int32_t partitions = 0;
    std::int32_t cached = 0;
    std::int64_t bytes = 0;

    friend bool operator==(const CachedForecast&, const CachedForecast&) = default;
};

struct StageForecast {
    std::int32_t number = 0;          // from 1; stages that are read come before those that read
    std::string name;                 // "reduce_by_key at main.cpp:42"
    bool result = false;              // else it writes map output
    std::vector<std::string> rdds;    // what one task computes, sources first
    std::vector<std::int32_t> reads;  // numbers of the stages whose output it reads
    std::int32_t partitions = 0;
    std::int32_t tasks = 0;  // to be run; 0: skipped
    bool complete = false;   // map output: all of it is there
    std::vector<CachedForecast> cached;
    // Bytes of its map output; of the result's stage, that go into it. Exact where the data is
    // there, else those of the inputs: what functions make of them nobody knows. Nothing: unknown.
    std::optional<std::int64_t> bytes;
    bool exact = false;

    friend bool operator==(const StageForecast&, const StageForecast&) = default;
};

/// Of a job over all partitions of `root`, the result's stage last.
std::vector<StageForecast> forecast(const rdd::Plan& plan, rdd::RddId root,
                                    const MapOutputs& outputs, const BlockTable& blocks);

}  // namespace heddle::driver
