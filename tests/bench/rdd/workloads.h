#pragma once

// The standard workloads beside word count and reduce_by_key, each against hand-written C++ with
// two threads on the same data. One file each: Heddle's program and the baseline side by side.

#include <cstdint>

#include <heddle/heddle.h>

#include "tests/bench/rdd/by_hand.h"

namespace heddle::bench {

struct Scale {
    /// 1 for the sizes of the design, smaller for a look.
    double of_full = 0.02;
    int threads = 2;

    std::uint64_t count(double full) const {
        return static_cast<std::uint64_t>(full * of_full + 0.5);
    }
};

void bench_sort(Context& context, const Scale& scale);        // 10 M records of 100 bytes
void bench_external(Context& context, const Scale& scale);    // the same from a file, 256 MB
void bench_join(Context& context, const Scale& scale);        // 10 M pairs with 10 M pairs
void bench_group(Context& context, const Scale& scale);       // 20 M pairs, 1 M keys
void bench_page_rank(Context& context, const Scale& scale);   // 1 M nodes, 10 M edges, 10 rounds
void bench_regression(Context& context, const Scale& scale);  // 1 M x 20, cached, per iteration
void bench_means(Context& context, const Scale& scale);       // 1 M x 3, k = 10, per iteration
void bench_grep(Context& context, const Scale& scale);        // 1 GB of text
void bench_cached(Context& context, const Scale& scale);      // second pass over 50 M numbers
void bench_levels(Context& context, const Scale& scale);      // 4 M words, each storage level
void bench_small_jobs(Context& context, const Scale& scale);  // one task, two stages
void bench_growth(Context& context, const Scale& scale);      // records and partitions

/// Partition numbers to start from: one per thread.
inline std::vector<std::uint64_t> thread_numbers(int threads) {
    std::vector<std::uint64_t> numbers;
    for (int t = 0; t < threads; ++t) {
        numbers.push_back(static_cast<std::uint64_t>(t));
    }
    return numbers;
}

/// A number that looks random, different for each `i`.
inline std::uint64_t mixed(std::uint64_t i) {
    std::uint64_t z = i + 0x9e3779b97f4a7c15ULL;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
}

}  // namespace heddle::bench
