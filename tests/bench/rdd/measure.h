#pragma once

// How the benchmarks of the runtime measure and print: best of some rounds, wall and processor time
// of both sides in one run, and the ratio. On a shared machine the ratio is the figure.

#include <functional>
#include <string>
#include <vector>

namespace heddle::bench {

struct Seconds {
    double wall = 0;
    double processor = 0;  // of all threads: what is left of a comparison on a busy machine
};

Seconds seconds_of(const std::function<void()>& run);
/// The best of `rounds`: others use the machine too.
Seconds best_of(const std::function<void()>& run, int rounds = 3);

/// "word count     heddle 0.421 s (118.8 MB/s)   by hand 0.301 s (...)   ratio 1.40, ..."
/// `thrill`: what Thrill needs in parts of hand-written code, measured elsewhere; 0: not known.
void report(const std::string& what, double amount, const char* unit, Seconds heddle, Seconds hand,
            double thrill = 0);

/// Ends the program when the two sides differ.
void require_equal(const std::string& what, double heddle, double hand, double tolerance = 0);

/// Calls f(0) ... f(threads - 1), each on a thread of its own.
void on_threads(int threads, const std::function<void(int)>& f);

}  // namespace heddle::bench
