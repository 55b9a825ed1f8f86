#include "tests/bench/rdd/measure.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <thread>

namespace heddle::bench {

Seconds seconds_of(const std::function<void()>& run) {
    const auto start = std::chrono::steady_clock::now();
    const std::clock_t processor = std::clock();
    run();
    return {std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(),
            static_cast<double>(std::clock() - processor) / CLOCKS_PER_SEC};
}

Seconds best_of(const std::function<void()>& run, int rounds) {
    Seconds best = seconds_of(run);
    for (int round = 1; round < rounds; ++round) {
        const Seconds next = seconds_of(run);
        best.wall = std::min(best.wall, next.wall);
        best.processor = std::min(best.processor, next.processor);
    }
    return best;
}

void report(const std::string& what, double amount, const char* unit, Seconds heddle, Seconds hand,
            double thrill) {
    std::printf(
        "%-22s heddle %.3f s (%.1f %s)   by hand %.3f s (%.1f %s)   ratio %.2f, of "
        "processor time %.2f (%.3f s and %.3f s)",
        what.c_str(), heddle.wall, amount / heddle.wall, unit, hand.wall, amount / hand.wall, unit,
        heddle.wall / hand.wall, heddle.processor / hand.processor, heddle.processor,
        hand.processor);
    if (thrill > 0) {
        std::printf("; Thrill %.1f (measured elsewhere)", thrill);
    }
    std::printf("\n");
    std::fflush(stdout);
}

void require_equal(const std::string& what, double heddle, double hand, double tolerance) {
    if (std::abs(heddle - hand) > tolerance * std::max(std::abs(heddle), std::abs(hand))) {
        std::fprintf(stderr, "%s: results differ: %.17g and %.17g by hand\n", what.c_str(), heddle,
                     hand);
        std::exit(1);
    }
}

void on_threads(int threads, const std::function<void(int)>& f) {
    std::vector<std::thread> all;
    for (int t = 1; t < threads; ++t) {
        all.emplace_back([&f, t] { f(t); });
    }
    f(0);
    for (std::thread& thread : all) {
        thread.join();
    }
}

}  // namespace heddle::bench
