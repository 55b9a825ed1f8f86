// Shuffles one after the other, for kills.py to kill into: a million distinct rows are dealt out
// again and again and split at random, and must stay what they are. At the end they are saved.
//
//   kills_program FOLDER ROUNDS
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <string>

#include <heddle/heddle.h>

namespace {

constexpr std::int64_t kRows = 1'000'000;

bool holds(const char* what, std::uint64_t found) {
    std::printf("%s %llu\n", what, static_cast<unsigned long long>(found));
    std::fflush(stdout);
    return found == kRows;
}

bool round_of(heddle::Context& context, std::uint64_t seed) {
    const auto rows = context.range<std::int64_t>(0, kRows, 1, 12).repartition(9).repartition(7);
    const auto halves = rows.random_split({0.5, 0.5}, seed);
    // A sample of rows that were computed again must be the same sample: else rows of the first
    // half are in the second one, too, or in none.
    const auto together = halves[0].union_(halves[1].repartition(5));
    return holds("rows", rows.count()) && holds("in halves", together.count()) &&
           holds("distinct", together.distinct(6).count());
}

int run(const std::string& folder, std::uint64_t rounds) {
    heddle::ContextOptions options;
    // The kills of this test must not add up to what gives a task or stage up.
    options.settings = {{"spark.task.maxFailures", "100"}};
    heddle::Context context(options);
    for (std::uint64_t round = 0; round < rounds; ++round) {
        if (!round_of(context, round)) {
            return 1;
        }
    }
    // A driver that was started again may find that the one before has committed.
    const std::string output = folder + "/rows";
    if (!std::filesystem::exists(output)) {
        context.range<std::int64_t>(0, kRows, 1, 12)
            .repartition(9)
            .map([](std::int64_t row) { return std::to_string(row); })
            .save_as_text_file(output);
    }
    std::printf("saved\n");
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    heddle::init(argc, argv);
    if (argc != 3) {
        std::fprintf(stderr, "usage: %s FOLDER ROUNDS\n", argv[0]);
        return 2;
    }
    try {
        return run(argv[1], std::strtoull(argv[2], nullptr, 10));
    } catch (const std::exception& failure) {
        std::fprintf(stderr, "error: %s\n", failure.what());
        return 1;
    }
}
