// What each storage level costs: a pass that computes and stores, and a pass that reads what is
// stored. The baseline of both is MEMORY_ONLY. Without a level both passes compute.

#include <cstdio>
#include <string>
#include <vector>

#include "tests/bench/rdd/measure.h"
#include "tests/bench/rdd/workloads.h"

namespace heddle::bench {
namespace {

constexpr double kWords = 4e6;

using Word = std::pair<std::uint64_t, std::string>;

struct Generate {
    std::uint64_t words = 0;
    std::uint64_t parts = 1;
    void operator()(const std::uint64_t& part, Emit<Word>& emit) const {
        for (std::uint64_t i = words * part / parts; i < words * (part + 1) / parts; ++i) {
            const std::uint64_t number = mixed(i);
            emit(Word(number, "word" + std::to_string(number)));
        }
    }
};

std::uint64_t pass(const Rdd<Word>& words) {
    return words.map([](const Word& word) { return word.first + word.second.size(); })
        .reduce([](std::uint64_t a, std::uint64_t b) { return a + b; });
}

struct Level {
    const char* name;
    StorageLevel level;
};

constexpr Level kLevels[] = {
    {"NONE", NONE},
    {"MEMORY_ONLY", MEMORY_ONLY},
    {"MEMORY_ONLY_SER", MEMORY_ONLY_SER},
    {"MEMORY_AND_DISK", MEMORY_AND_DISK},
    {"DISK_ONLY", DISK_ONLY},
    {"MEMORY_ONLY_2", MEMORY_ONLY_2},  // with one executor: as without a copy
};

}  // namespace

void bench_levels(Context& context, const Scale& scale) {
    const std::uint64_t count = scale.count(kWords);
    const auto parts = static_cast<std::uint64_t>(scale.threads);
    const auto make = [&] {
        return context.parallelize(thread_numbers(scale.threads), scale.threads)
            .flat_map(Generate{count, parts});
    };
    const std::uint64_t sum = pass(make());
    std::vector<Cost> storing;
    std::vector<Cost> reading;
    for (const Level& level : kLevels) {
        const auto words = make();
        words.persist(level.level);
        std::uint64_t found = 0;
        storing.push_back(cost_of([&] { found = pass(words); }));
        require_equal(level.name, static_cast<double>(found), static_cast<double>(sum));
        reading.push_back(best_of([&] { found = pass(words); }));
        require_equal(level.name, static_cast<double>(found), static_cast<double>(sum));
        words.unpersist(true);
    }
    constexpr std::size_t kBaseline = 1;
    for (std::size_t i = 0; i < storing.size(); ++i) {
        std::printf(
            "stored %-15s first pass %.3f s, %.2f of MEMORY_ONLY; second pass %.4f s, %.2f of "
            "it; peak memory %.0f MB\n",
            kLevels[i].name, storing[i].wall, storing[i].wall / storing[kBaseline].wall,
            reading[i].wall, reading[i].wall / reading[kBaseline].wall,
            static_cast<double>(storing[i].memory) / 1e6);
    }
}

}  // namespace heddle::bench
