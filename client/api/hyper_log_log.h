#pragma once

// How many different records there are, roughly: HyperLogLog with 64-bit hashes. A sketch is its
// registers, so it travels as a vector and two merge by the greater of each register.

#include <cstdint>
#include <tuple>
#include <vector>

#include "client/api/codec.h"
#include "client/api/composed.h"

namespace heddle::api {

using Registers = std::vector<std::uint8_t>;

/// Empty registers for a relative standard deviation. Throws UsageError when it is below 0.000017
/// (Spark's limit), not below 0.4 or no number.
Registers sketch_for(double relative_sd);
void add_hash(Registers& registers, std::uint64_t hash);
void merge_sketch(Registers& registers, const Registers& other);
std::uint64_t estimate(const Registers& registers);

template <typename T>
struct AddToSketch {
    Registers operator()(Registers registers, const T& record) const {
        add_hash(registers, hash_value(record));
        return registers;
    }
};
struct SketchEstimate {
    std::uint64_t operator()(const Registers& registers) const { return estimate(registers); }
};
struct MergeSketches {
    Registers operator()(Registers a, const Registers& b) const {
        merge_sketch(a, b);
        return a;
    }
};

}  // namespace heddle::api
