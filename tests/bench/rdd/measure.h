#pragma once

// How the benchmarks of the runtime measure and print: best of some rounds, wall and processor
// time, peak memory and bytes copied of both sides in one run, and the ratio. On a shared machine
// the ratio is the figure.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace heddle::bench {

// Of this process and its children (executors of a local cluster).
struct Cost {
    double wall = 0;          // seconds
    double processor = 0;     // of all threads: what is left of a comparison on a busy machine
    std::int64_t memory = 0;  // bytes resident at the most, the data that lies ready included
    std::int64_t copied = 0;  // bytes of records that were put down anew: see note_copied
};

Cost cost_of(const std::function<void()>& run);
/// The best times of `rounds`, as others use the machine too; the largest memory.
Cost best_of(const std::function<void()>& run, int rounds = 3);

/// The cost of one of `count` equal runs that were measured together.
Cost each_of(const Cost& all, int count);

/// What the program copied in between its rounds, in bytes: Heddle's side gives a function that is
/// asked before and after a run (runtime_copies.h).
void count_copies_by(std::function<std::int64_t()> total);
/// The baselines say themselves which records they put into another place. From any thread.
void note_copied(std::size_t bytes);

// What the machine of the design's measurements gave; rates in the unit of the line.
struct Elsewhere {
    double hand = 0;    // rate of the hand-written program there; 0: not known
    double thrill = 0;  // Thrill's time in parts of it; 0: not known
};

/// "word count     heddle 0.421 s (118.8 MB/s)   by hand 0.301 s (...)   ratio 1.40, ..."
void report(const std::string& what, double amount, const char* unit, const Cost& heddle,
            const Cost& hand, Elsewhere elsewhere = {});
/// Times of Heddle by line of report(), in order, since the last call.
std::vector<std::pair<std::string, double>> take_reported();

/// Ends the program when the two sides differ.
void require_equal(const std::string& what, double heddle, double hand, double tolerance = 0);

/// Calls f(0) ... f(threads - 1), each on a thread of its own.
void on_threads(int threads, const std::function<void(int)>& f);

}  // namespace heddle::bench
