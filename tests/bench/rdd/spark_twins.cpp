// The workloads of tests/bench/versus_spark, in the form that they have in versus_spark.scala: the
// same operations in the same order on the same data. One line each: name, the best time of some
// rounds in seconds, and an answer that has to be the same.
//
//   spark_twins make FOLDER SCALE            writes the input files
//   spark_twins run FOLDER SCALE ROUNDS [MEMORY [MASTER]]    memory as in 4g
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <heddle/heddle.h>

#include "tests/bench/rdd/by_hand.h"
#include "tests/bench/rdd/texts.h"

namespace heddle::bench {
namespace {

constexpr int kParts = 2;
constexpr int kIterations = 5;

using Pair = std::pair<std::uint64_t, std::uint64_t>;
using Spot = std::array<double, 3>;
using Sums = std::pair<Spot, double>;  // of spots, and how many

struct Setting {
    std::string folder;
    double scale = 1;
    int rounds = 3;
    std::uint64_t count(double full) const {
        return std::max<std::uint64_t>(1000, static_cast<std::uint64_t>(full * scale));
    }
};

// What is measured: a job, whose answer is a number that both sides can print alike.
void measure(const Setting& setting, const char* name, const std::function<double()>& job) {
    double best = 1e300;
    double answer = job();  // warm
    for (int round = 0; round < setting.rounds; ++round) {
        const auto start = std::chrono::steady_clock::now();
        answer = job();
        best = std::min(
            best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    }
    std::printf("%s\t%.6f\t%.10g\n", name, best, answer);
    std::fflush(stdout);
}

double add_pairs(const Pair& pair) {
    return static_cast<double>(pair.first) + static_cast<double>(pair.second);
}
const auto kSumPairs = [](const Pair& a, const Pair& b) {
    return Pair{a.first + b.first, a.second + b.second};
};

std::vector<std::uint64_t> part_numbers() {
    return {0, 1};
}

struct MakePairs {
    std::uint64_t count = 0;
    std::uint64_t keys = 1;
    void operator()(const std::uint64_t& part, Emit<Pair>& emit) const {
        for (std::uint64_t i = count * part / kParts; i < count * (part + 1) / kParts; ++i) {
            emit(bench_key(i, keys), i);
        }
    }
};
Rdd<Pair> pairs(Context& context, std::uint64_t count, std::uint64_t keys) {
    return context.parallelize(part_numbers(), kParts).flat_map(MakePairs{count, keys});
}

struct MakeNumbers {
    std::uint64_t count = 0;
    void operator()(const std::uint64_t& part, Emit<std::uint64_t>& emit) const {
        for (std::uint64_t i = count * part / kParts; i < count * (part + 1) / kParts; ++i) {
            emit(bench_key(i, 65'536));
        }
    }
};

void word_count(Context& context, const Setting& setting) {
    measure(setting, "word count", [&] {
        return add_pairs(context.text_file(setting.folder + "/words.txt", kParts)
                             .flat_map([](std::string_view line, Emit<std::string_view>& emit) {
                                 for_each_word(line, ' ', emit);
                             })
                             .map([](std::string_view word) {
                                 return std::pair<std::string_view, std::uint64_t>(word, 1);
                             })
                             .reduce_by_key([](std::uint64_t a, std::uint64_t b) { return a + b; })
                             .map([](const std::pair<std::string_view, std::uint64_t>& word) {
                                 return Pair{1, word.second};
                             })
                             .reduce(kSumPairs));
    });
}

void grep(Context& context, const Setting& setting) {
    measure(setting, "grep and count", [&] {
        return static_cast<double>(context.text_file(setting.folder + "/words.txt", kParts)
                                       .filter([](std::string_view line) {
                                           return line.find("qu") != std::string_view::npos;
                                       })
                                       .count());
    });
}

void sort_lines(Context& context, const Setting& setting) {
    using Line = std::pair<std::string_view, std::string_view>;
    measure(setting, "sort 100 B lines", [&] {
        return static_cast<double>(
            context.text_file(setting.folder + "/lines.txt", kParts)
                .map(
                    [](std::string_view line) { return Line(line.substr(0, 10), line.substr(10)); })
                .sort_by_key(true, kParts)
                .map_partitions([](std::span<const Line> lines, Emit<std::uint64_t>& emit) {
                    const bool ordered = std::is_sorted(
                        lines.begin(), lines.end(),
                        [](const Line& a, const Line& b) { return a.first < b.first; });
                    emit(ordered ? lines.size() : 0);
                })
                .reduce([](std::uint64_t a, std::uint64_t b) { return a + b; }));
    });
}

void reduce_by_key(Context& context, const Setting& setting) {
    measure(setting, "reduce_by_key", [&] {
        return add_pairs(pairs(context, setting.count(20e6), setting.count(1e6))
                             .reduce_by_key([](std::uint64_t a, std::uint64_t b) { return a + b; })
                             .map([](const Pair& pair) {
                                 return Pair{1, pair.second};
                             })
                             .reduce(kSumPairs));
    });
}

void group_by_key(Context& context, const Setting& setting) {
    const Rdd<Pair> input = pairs(context, setting.count(10e6), setting.count(0.5e6));
    input.persist();
    (void)input.count();
    measure(setting, "group_by_key", [&] {
        return static_cast<double>(
            input.group_by_key()
                .map([](const std::pair<std::uint64_t, std::vector<std::uint64_t>>& group) {
                    std::uint64_t sum = group.second.size() * group.second.size();
                    for (const std::uint64_t value : group.second) {
                        sum += value;
                    }
                    return sum;
                })
                .reduce([](std::uint64_t a, std::uint64_t b) { return a + b; }));
    });
    input.unpersist(true);
}

void join(Context& context, const Setting& setting) {
    const std::uint64_t keys = setting.count(1e6);
    const Rdd<Pair> left = pairs(context, setting.count(2e6), keys);
    const Rdd<Pair> right = pairs(context, setting.count(2e6), keys);
    left.persist();
    right.persist();
    (void)(left.count() + right.count());
    measure(setting, "join", [&] {
        return static_cast<double>(
            left.join(right)
                .map([](const std::pair<std::uint64_t, Pair>& row) {
                    return row.second.first ^ row.second.second;
                })
                .reduce([](std::uint64_t a, std::uint64_t b) { return a + b; }));
    });
    left.unpersist(true);
    right.unpersist(true);
}

struct HandOn {
    using Node = std::pair<std::uint64_t, std::pair<std::vector<std::uint64_t>, double>>;
    std::uint64_t nodes = 1;
    void operator()(const Node& node, Emit<std::pair<std::uint64_t, double>>& emit) const {
        const auto& [targets, rank] = node.second;
        for (const std::uint64_t target : targets) {
            emit(bench_key(target + 1, nodes), rank / static_cast<double>(targets.size()));
        }
    }
};

// The ranks' sum after some iterations over a random graph.
void page_rank(Context& context, const Setting& setting) {
    const std::uint64_t nodes = setting.count(0.2e6);
    const auto links = pairs(context, setting.count(2e6), nodes).group_by_key(kParts);
    links.persist();
    (void)links.count();
    measure(setting, "PageRank", [&] {
        auto ranks = links.map_values([](const std::vector<std::uint64_t>&) { return 1.0; });
        for (int i = 0; i < kIterations; ++i) {
            ranks = links.join(ranks)
                        .flat_map(HandOn{nodes})
                        .reduce_by_key([](double a, double b) { return a + b; })
                        .map_values([](double sum) { return 0.15 + 0.85 * sum; });
        }
        return ranks.values().reduce([](double a, double b) { return a + b; });
    });
    links.unpersist(true);
}

double unit(std::uint64_t i) {
    return static_cast<double>(bench_key(i, 1'000'000)) / 1e6;
}

struct MakeSpots {
    std::uint64_t count = 0;
    void operator()(const std::uint64_t& part, Emit<Spot>& emit) const {
        for (std::uint64_t i = count * part / kParts; i < count * (part + 1) / kParts; ++i) {
            emit(Spot{unit(3 * i), unit(3 * i + 1), unit(3 * i + 2)});
        }
    }
};
using Means = std::array<Spot, 10>;
using MeanSums = std::array<Sums, 10>;
struct Nearest {
    Means means{};
    void operator()(std::span<const Spot> spots, Emit<MeanSums>& emit) const {
        MeanSums sums{};
        for (const Spot& spot : spots) {
            std::size_t best = 0;
            double least = 1e300;
            for (std::size_t m = 0; m < means.size(); ++m) {
                double distance = 0;
                for (std::size_t d = 0; d < 3; ++d) {
                    distance += (spot[d] - means[m][d]) * (spot[d] - means[m][d]);
                }
                if (distance < least) {
                    least = distance;
                    best = m;
                }
            }
            for (std::size_t d = 0; d < 3; ++d) {
                sums[best].first[d] += spot[d];
            }
            sums[best].second += 1;
        }
        emit(sums);
    }
};

void k_means(Context& context, const Setting& setting) {
    const Rdd<Spot> spots =
        context.parallelize(part_numbers(), kParts).flat_map(MakeSpots{setting.count(2e6)});
    spots.persist();
    (void)spots.count();
    measure(setting, "k-means", [&] {
        Means means{};
        for (std::size_t m = 0; m < means.size(); ++m) {
            means[m] = {unit(30 * m), unit(30 * m + 1), unit(30 * m + 2)};
        }
        for (int i = 0; i < kIterations; ++i) {
            const MeanSums sums = spots.map_partitions(Nearest{means})
                                      .reduce([](const MeanSums& a, const MeanSums& b) {
                                          MeanSums all = a;
                                          for (std::size_t m = 0; m < all.size(); ++m) {
                                              for (std::size_t d = 0; d < 3; ++d) {
                                                  all[m].first[d] += b[m].first[d];
                                              }
                                              all[m].second += b[m].second;
                                          }
                                          return all;
                                      });
            for (std::size_t m = 0; m < means.size(); ++m) {
                for (std::size_t d = 0; d < 3; ++d) {
                    means[m][d] = sums[m].first[d] / std::max(1.0, sums[m].second);
                }
            }
        }
        double sum = 0;
        for (const Spot& mean : means) {
            sum += mean[0] + mean[1] + mean[2];
        }
        return sum;
    });
    spots.unpersist(true);
}

void cached_pass(Context& context, const Setting& setting) {
    const auto numbers =
        context.parallelize(part_numbers(), kParts).flat_map(MakeNumbers{setting.count(20e6)});
    numbers.persist();
    (void)numbers.count();
    measure(setting, "second pass, cached", [&] {
        return static_cast<double>(
            numbers.map([](std::uint64_t value) { return value * value; })
                .reduce([](std::uint64_t a, std::uint64_t b) { return a + b; }));
    });
    numbers.unpersist(true);
}

void small_jobs(Context& context, const Setting& setting) {
    const auto many = static_cast<int>(setting.count(10e3));
    measure(setting, "empty tasks", [&] {
        return static_cast<double>(context.parallelize(std::vector<std::uint64_t>{}, many).count() +
                                   static_cast<std::uint64_t>(many));
    });
    measure(setting, "100 jobs of one task", [&] {
        std::uint64_t sum = 0;
        for (int i = 0; i < 100; ++i) {
            sum += context.parallelize(std::vector<std::uint64_t>{1}, 1).count();
        }
        return static_cast<double>(sum);
    });
}

void make_files(const Setting& setting) {
    std::ofstream(setting.folder + "/words.txt", std::ios::binary)
        << make_text(setting.count(200e6));
    std::ofstream lines(setting.folder + "/lines.txt", std::ios::binary);
    const std::string rest(89, 'x');
    for (std::uint64_t i = 0; i < setting.count(2e6); ++i) {
        char key[24];
        std::snprintf(key, sizeof key, "%010llu",
                      static_cast<unsigned long long>(bench_key(i, 4'000'000'000)));
        lines << key << rest << '\n';
    }
    if (!lines.flush()) {
        std::fprintf(stderr, "error: %s cannot be written\n", setting.folder.c_str());
        std::exit(1);
    }
}

int run(int argc, char** argv) {
    const std::string what = argc > 1 ? argv[1] : "";
    if ((what != "make" || argc != 4) && (what != "run" || argc < 5 || argc > 7)) {
        std::fprintf(stderr,
                     "usage: %s make FOLDER SCALE\n"
                     "       %s run FOLDER SCALE ROUNDS [MEMORY [MASTER]]\n",
                     argv[0], argv[0]);
        return 2;
    }
    Setting setting{argv[2], std::atof(argv[3]), argc > 4 ? std::atoi(argv[4]) : 1};
    if (what == "make") {
        make_files(setting);
        return 0;
    }
    ContextOptions options;
    if (argc > 5) {
        options.settings["executor.memory"] = argv[5];
    }
    options.master = argc > 6 ? argv[6] : "local[2]";
    Context context(options);
    for (const auto job : {word_count, grep, sort_lines, reduce_by_key, group_by_key, join,
                           page_rank, k_means, cached_pass, small_jobs}) {
        job(context, setting);
    }
    return 0;
}

}  // namespace
}  // namespace heddle::bench

int main(int argc, char** argv) {
    heddle::init(argc, argv);
    try {
        return heddle::bench::run(argc, argv);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "error: %s\n", error.what());
        return 1;
    }
}
