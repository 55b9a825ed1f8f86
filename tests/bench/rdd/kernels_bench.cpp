// Word count and reduce_by_key: Heddle against by_hand.cpp on the same data, in one run. The ratio
// is the figure; times on a shared machine are orientation.
//
//   rdd_kernels_bench [--full] [--inline] [--master local[2]]
//
// --full: 500 MB and 100 million pairs instead of 50 MB and 5 million. --inline: one thread on both
// sides, by the task body without a driver.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <heddle/heddle.h>

#include "tests/bench/rdd/by_hand.h"
#include "tests/bench/rdd/measure.h"
#include "tests/bench/rdd/texts.h"
#include "tests/support/inline_runner.h"

namespace heddle::bench {
namespace {

constexpr std::uint64_t kKeys = 1'000'000;

void require_totals(const char* what, const Totals& a, const Totals& b) {
    require_equal(what, static_cast<double>(a.distinct), static_cast<double>(b.distinct));
    require_equal(what, static_cast<double>(a.sum), static_cast<double>(b.sum));
}

template <typename T>
Totals totals_of(const Rdd<T>& counts) {
    counts.persist();
    Totals totals;
    totals.distinct = counts.count();
    totals.sum = counts.values().reduce([](std::uint64_t a, std::uint64_t b) { return a + b; });
    counts.unpersist(true);
    return totals;
}

Rdd<std::pair<std::string_view, std::uint64_t>> word_counts(Context& context,
                                                            const std::string& path, int threads) {
    return context.text_file(path, threads)
        .flat_map([](std::string_view line, Emit<std::string_view>& emit) {
            for_each_word(line, ' ', emit);
        })
        .map([](std::string_view word) {
            return std::pair<std::string_view, std::uint64_t>(word, 1);
        })
        .reduce_by_key([](std::uint64_t a, std::uint64_t b) { return a + b; });
}

void bench_words(Context& context, std::size_t bytes, int threads) {
    const std::string path = std::filesystem::temp_directory_path() / "heddle-bench-words.txt";
    const std::string text = make_text(bytes);
    std::ofstream(path, std::ios::binary) << text;
    Totals mine;
    Totals theirs;
    const Cost hand = best_of([&] { theirs = count_words_by_hand(text, threads); });
    const Cost heddle =
        best_of([&] { mine.distinct = word_counts(context, path, threads).count(); });
    mine = totals_of(word_counts(context, path, threads));
    std::filesystem::remove(path);
    require_totals("word count", mine, theirs);
    report("word count", static_cast<double>(text.size()) / 1e6, "MB/s", heddle, hand, {775, 8.1});
}

struct Generate {
    std::uint64_t pairs = 0;
    std::uint64_t parts = 1;
    void operator()(const std::uint64_t& part,
                    Emit<std::pair<std::uint64_t, std::uint64_t>>& emit) const {
        for (std::uint64_t i = pairs * part / parts; i < pairs * (part + 1) / parts; ++i) {
            emit(bench_key(i, kKeys), i);
        }
    }
};

void bench_pairs(Context& context, std::uint64_t pairs, int threads) {
    std::vector<std::uint64_t> parts;
    for (int t = 0; t < threads; ++t) {
        parts.push_back(static_cast<std::uint64_t>(t));
    }
    const auto sums = [&] {
        return context.parallelize(parts, threads)
            .flat_map(Generate{pairs, parts.size()})
            .reduce_by_key([](std::uint64_t a, std::uint64_t b) { return a + b; });
    };
    Totals mine;
    Totals theirs;
    const Cost hand = best_of([&] { theirs = reduce_pairs_by_hand(pairs, kKeys, threads); });
    const Cost heddle = best_of([&] { mine.distinct = sums().count(); });
    mine = totals_of(sums());
    require_totals("reduce_by_key", mine, theirs);
    report("reduce_by_key", static_cast<double>(pairs) / 1e6, "M pairs/s", heddle, hand,
           {116, 4.8});
}

int run(int argc, char** argv) {
    bool full = false;
    bool in_line = false;
    std::string master = "local[2]";
    for (int i = 1; i < argc; ++i) {
        const std::string_view argument(argv[i]);
        if (argument == "--full") {
            full = true;
        } else if (argument == "--inline") {
            in_line = true;
        } else if (argument == "--master" && i + 1 < argc) {
            master = argv[++i];
        } else {
            std::fprintf(stderr, "usage: %s [--full] [--inline] [--master MASTER]\n", argv[0]);
            return 2;
        }
    }
    std::unique_ptr<Context> context;
    if (in_line) {
        context = std::make_unique<Context>(
            std::make_unique<test::InlineRunner>(std::int64_t{4} << 30, 1));
    } else {
        ContextOptions options;
        options.master = master;
        context = std::make_unique<Context>(options);
    }
    const int threads = in_line ? 1 : 2;
    bench_words(*context, full ? 500'000'000 : 50'000'000, threads);
    bench_pairs(*context, full ? 100'000'000 : 5'000'000, threads);
    return 0;
}

}  // namespace
}  // namespace heddle::bench

int main(int argc, char** argv) {
    heddle::init(argc, argv);
    try {
        return heddle::bench::run(argc, argv);
    } catch (const std::exception& e) {
        std::fprintf(stderr, "error: %s\n", e.what());
        return 1;
    }
}
