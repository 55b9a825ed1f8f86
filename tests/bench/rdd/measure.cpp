#include "tests/bench/rdd/measure.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <utility>

#include "tests/bench/rdd/process_tree.h"

namespace heddle::bench {

namespace {

std::atomic<std::int64_t> noted{0};

std::function<std::int64_t()>& runtime() {
    static std::function<std::int64_t()> total = [] { return std::int64_t{0}; };
    return total;
}

std::vector<std::pair<std::string, double>>& reported() {
    static std::vector<std::pair<std::string, double>> lines;
    return lines;
}

double megabytes(std::int64_t bytes) {
    return static_cast<double>(bytes) / 1e6;
}

}  // namespace

void count_copies_by(std::function<std::int64_t()> total) {
    runtime() = std::move(total);
}

void note_copied(std::size_t bytes) {
    noted += static_cast<std::int64_t>(bytes);
}

Cost cost_of(const std::function<void()>& run) {
    reset_peak_memory();
    const std::int64_t copied = noted + runtime()();
    const double processor = processor_seconds();
    const auto start = std::chrono::steady_clock::now();
    run();
    Cost cost;
    cost.wall = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    cost.processor = processor_seconds() - processor;
    cost.memory = peak_memory();
    cost.copied = noted + runtime()() - copied;
    return cost;
}

// What earlier workloads gave back does not count for this one; but its own rounds have it, as
// those of a program that goes on.
Cost best_of(const std::function<void()>& run, int rounds) {
    forget_spare_memory();
    Cost best = cost_of(run);
    for (int round = 1; round < rounds; ++round) {
        const Cost next = cost_of(run);
        best.wall = std::min(best.wall, next.wall);
        best.processor = std::min(best.processor, next.processor);
        best.memory = std::max(best.memory, next.memory);
        best.copied = next.copied;
    }
    return best;
}

Cost each_of(const Cost& all, int count) {
    return {all.wall / count, all.processor / count, all.memory, all.copied / count};
}

void report(const std::string& what, double amount, const char* unit, const Cost& heddle,
            const Cost& hand, Elsewhere elsewhere) {
    reported().emplace_back(what, heddle.wall);
    std::printf(
        "%-22s heddle %.3f s (%.1f %s)   by hand %.3f s (%.1f %s)   ratio %.2f, of "
        "processor time %.2f (%.3f s and %.3f s)\n",
        what.c_str(), heddle.wall, amount / heddle.wall, unit, hand.wall, amount / hand.wall, unit,
        heddle.wall / hand.wall, heddle.processor / hand.processor, heddle.processor,
        hand.processor);
    std::printf("%-22s peak memory %.0f and %.0f MB, copied %.0f and %.0f MB", "",
                megabytes(heddle.memory), megabytes(hand.memory), megabytes(heddle.copied),
                megabytes(hand.copied));
    if (elsewhere.hand > 0) {
        std::printf("; measured elsewhere: by hand %.1f %s", elsewhere.hand, unit);
    }
    if (elsewhere.thrill > 0) {
        std::printf("%s Thrill %.1f of by hand",
                    elsewhere.hand > 0 ? "," : "; measured elsewhere:", elsewhere.thrill);
    }
    std::printf("\n");
    std::fflush(stdout);
}

std::vector<std::pair<std::string, double>> take_reported() {
    return std::exchange(reported(), {});
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
