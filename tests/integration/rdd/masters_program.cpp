// One program for every master: prints the answers of all operations, so that a test compares what
// two masters print. HEDDLE_MASTER says which master it is.
//
//   masters_program FOLDER FRESH     see show_files in masters.h
//   masters_program --jobs           the jobs that need no files
//   masters_program --crash          user code that ends the process it runs in
//   masters_program --barrier        two tasks that wait for each other
//   masters_program --hoard MIB      a task that allocates so much, and then waits for its end
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <heddle/heddle.h>

#include "tests/integration/rdd/masters.h"

namespace {

using Pair = std::pair<std::string, std::int64_t>;

void print(const char* what, const std::vector<Pair>& rows) {
    std::printf("%s", what);
    for (const Pair& row : rows) {
        std::printf(" %s=%lld", row.first.c_str(), static_cast<long long>(row.second));
    }
    std::printf("\n");
}

void count_words(heddle::Context& context) {
    std::vector<std::string> lines;
    for (int i = 0; i < 2000; ++i) {
        lines.push_back("w" + std::to_string(i % 7) + " w" + std::to_string(i % 11) + " end");
    }
    const auto words = context.parallelize(lines, 6).flat_map(
        [](const std::string& line, heddle::Emit<std::string>& emit) {
            std::size_t at = 0;
            while (at < line.size()) {
                const std::size_t space = std::min(line.find(' ', at), line.size());
                emit(std::string(line.substr(at, space - at)));
                at = space + 1;
            }
        });
    const auto counts = words.map([](const std::string& word) { return Pair(word, 1); })
                            .reduce_by_key([](std::int64_t a, std::int64_t b) { return a + b; }, 4);
    counts.persist();
    print("words", counts.sort_by_key().collect());
    print("again", counts.sort_by_key(false, 3).collect());
    std::printf("distinct words %llu\n", static_cast<unsigned long long>(counts.count()));
    counts.unpersist(true);
}

void join_numbers(heddle::Context& context) {
    std::vector<std::pair<std::int64_t, std::int64_t>> left;
    std::vector<std::pair<std::int64_t, std::int64_t>> right;
    for (std::int64_t i = 0; i < 3000; ++i) {
        left.emplace_back(i % 500, i);
        right.emplace_back(i % 400, i * i);
    }
    const auto joined = context.parallelize(left, 5).join(context.parallelize(right, 3), 4);
    const auto sum =
        joined.map([](const auto& row) { return row.second.first ^ row.second.second; })
            .reduce([](std::int64_t a, std::int64_t b) { return a + b; });
    std::printf("join %llu rows, checksum %lld\n", static_cast<unsigned long long>(joined.count()),
                static_cast<long long>(sum));
}

void keep_rows_distinct(heddle::Context& context) {
    std::vector<std::int64_t> numbers(200000);
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        numbers[i] = static_cast<std::int64_t>(i);
    }
    const auto rows = context.parallelize(numbers, 8).repartition(7);
    std::printf("rows %llu, distinct %llu\n", static_cast<unsigned long long>(rows.count()),
                static_cast<unsigned long long>(rows.distinct(5).count()));
}

void fail_in_user_code(heddle::Context& context) {
    try {
        (void)context.parallelize(std::vector<int>{1, 2, 3, 13, 5}, 5)
            .map([](int x) {
                if (x == 13) {
                    throw std::runtime_error("thirteen is not accepted");
                }
                return x;
            })
            .count();
        std::printf("no failure\n");
    } catch (const heddle::Exception& failure) {
        const std::string text = failure.what();
        std::printf("failure names the message: %d, the partition: %d, the input: %d\n",
                    text.find("thirteen is not accepted") != std::string::npos,
                    text.find("partition 3") != std::string::npos,
                    text.find("13") != std::string::npos);
    }
}

// Not for local masters, where user code and driver are one process.
void crash_in_user_code(heddle::Context& context) {
    const auto rows = context.parallelize(std::vector<int>{1, 2, 3, 4, 5, 6, 7, 8}, 8);
    try {
        (void)rows
            .map([](int x) {
                if (x == 5) {
                    _exit(3);
                }
                return x;
            })
            .count();
        std::printf("no failure\n");
    } catch (const heddle::JobFailed& failure) {
        std::printf("partition %d: %s\n", failure.partition(), failure.what());
    }
    std::printf("and on: %llu\n", static_cast<unsigned long long>(rows.count()));
}

struct Hoard {
    std::int64_t mib = 0;
    int operator()(int x) const {
        constexpr std::size_t kStep = std::size_t{16} << 20;
        std::vector<std::unique_ptr<std::string>> held;
        while (x == 5 && !heddle::TaskContext::get().is_interrupted()) {
            if (static_cast<std::int64_t>(held.size() * 16) < mib) {
                held.push_back(std::make_unique<std::string>(kStep, 'x'));
            } else {
                std::this_thread::yield();
            }
        }
        return x;
    }
};

// Not for local masters, as crash_in_user_code().
void hoard(heddle::Context& context, std::int64_t mib) {
    const auto rows = context.parallelize(std::vector<int>{1, 2, 3, 4, 5, 6, 7, 8}, 8);
    const auto beside = rows.map([](int x) { return x * x; }).collect_async();
    try {
        (void)rows.map(Hoard{mib}).count();
        std::printf("no failure\n");
    } catch (const heddle::JobFailed& failure) {
        std::printf("partition %d: %s\n", failure.partition(), failure.what());
    }
    std::printf("beside it: %zu\n", beside.get().size());
    std::printf("and on: %llu\n", static_cast<unsigned long long>(rows.count()));
}

// Two slots are needed. Of each pair of executors the first attempt fails.
void meet(heddle::Context& context) {
    const auto rows = context.parallelize(std::vector<int>{1, 2, 3, 4, 5, 6}, 2);
    const auto met = rows.barrier().map_partitions([](std::span<const int> mine) {
        auto task = heddle::BarrierTaskContext::get();
        if (task.stage_attempt_number() == 0 && task.partition_id() == 1) {
            throw std::runtime_error("the first time");
        }
        const auto sizes = task.all_gather(std::string(mine.size(), 'x'));
        task.barrier();
        return std::vector<std::string>{std::to_string(task.partition_id()) + " of " +
                                        std::to_string(task.get_task_infos().size()) + " hears " +
                                        sizes.at(0) + " and " + sizes.at(1)};
    });
    for (const std::string& line : met.collect()) {
        std::printf("%s\n", line.c_str());
    }
    std::printf("beyond a shuffle %llu\n",
                static_cast<unsigned long long>(met.repartition(3).count()));
}

}  // namespace

int main(int argc, char** argv) {
    heddle::init(argc, argv);
    const std::string only = argc == 2 ? argv[1] : "";
    const bool crash = only == "--crash";
    const bool jobs = only == "--jobs";
    const bool barrier = only == "--barrier";
    const bool hoards = argc == 3 && std::string(argv[1]) == "--hoard";
    if (argc != 3 && !crash && !jobs && !barrier) {
        std::fprintf(stderr,
                     "usage: masters_program FOLDER FRESH | --jobs | --crash | --barrier | "
                     "--hoard MIB\n");
        return 2;
    }
    try {
        heddle::ContextOptions options;
        options.settings["executor.memory"] = "256m";
        heddle::Context context(options);
        if (crash) {
            crash_in_user_code(context);
            return 0;
        }
        if (hoards) {
            hoard(context, std::atoll(argv[2]));
            return 0;
        }
        if (barrier) {
            meet(context);
            return 0;
        }
        if (!jobs) {
            heddle::masters::show_files(context, argv[1], argv[2]);
        }
        count_words(context);
        join_numbers(context);
        keep_rows_distinct(context);
        fail_in_user_code(context);
        if (!jobs) {
            heddle::masters::show_operations(context);
            heddle::masters::show_shapes(context);
            heddle::masters::show_records(context);
            heddle::masters::show_tasks(context, argv[1]);
            heddle::masters::show_shared(context, argv[1], argv[2]);
        }
        if (std::getenv("HEDDLE_TEST_HOLD") != nullptr) {
            const auto kept = context.parallelize(std::vector<int>{1, 2, 3}, 3).persist();
            (void)kept.count();
            std::printf("holding\n");
            std::fflush(stdout);
            (void)std::getchar();  // while the test looks at the driver's REST
        }
    } catch (const std::exception& error) {
        std::fprintf(stderr, "masters_program: %s\n", error.what());
        return 1;
    }
    return 0;
}
