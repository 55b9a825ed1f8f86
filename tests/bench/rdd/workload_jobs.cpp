// What a job costs besides its work, and how time grows with records and partitions. The baseline
// of a small job is the hand-over of two tasks to two waiting threads and back.

#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <thread>
#include <vector>

#include "tests/bench/rdd/measure.h"
#include "tests/bench/rdd/workloads.h"

namespace heddle::bench {
namespace {

constexpr int kJobs = 300;
constexpr std::uint64_t kGrowthKeys = 10'000;

// Two threads that wait for a round, do nothing, and answer.
class Pair {
public:
    Pair() {
        for (int i = 0; i < 2; ++i) {
            threads_.emplace_back([this] { serve(); });
        }
    }
    ~Pair() {
        {
            const std::lock_guard lock(mutex_);
            over_ = true;
        }
        start_.notify_all();
        for (std::thread& thread : threads_) {
            thread.join();
        }
    }
    Pair(const Pair&) = delete;
    Pair& operator=(const Pair&) = delete;
    void round() {
        std::unique_lock lock(mutex_);
        ++round_;
        open_ = 2;
        start_.notify_all();
        done_.wait(lock, [this] { return open_ == 0; });
    }

private:
    void serve() {
        std::unique_lock lock(mutex_);
        for (int seen = 0; !over_;) {
            start_.wait(lock, [&] { return over_ || round_ != seen; });
            if (round_ != seen) {
                seen = round_;
                --open_;
                done_.notify_one();
            }
        }
    }

    std::mutex mutex_;
    std::condition_variable start_;
    std::condition_variable done_;
    int round_ = 0;
    int open_ = 0;
    bool over_ = false;
    std::vector<std::thread> threads_;
};

Cost each(const Cost& all) {
    return each_of(all, kJobs);
}

Cost sum_by_key(Context& context, std::uint64_t records, int partitions) {
    struct Generate {
        std::uint64_t records = 0;
        std::uint64_t parts = 1;
        void operator()(const std::uint64_t& part,
                        Emit<std::pair<std::uint64_t, std::uint64_t>>& emit) const {
            for (std::uint64_t i = records * part / parts; i < records * (part + 1) / parts; ++i) {
                emit(bench_key(i, kGrowthKeys), i);
            }
        }
    };
    const auto parts = static_cast<std::uint64_t>(partitions);
    // Made anew each time: what a shuffle has written is not written again.
    return best_of(
        [&] {
            (void)context.range<std::uint64_t>(0, parts, 1, partitions)
                .flat_map(Generate{records, parts})
                .reduce_by_key([](std::uint64_t a, std::uint64_t b) { return a + b; }, partitions)
                .count();
        },
        2);
}

}  // namespace

void bench_small_jobs(Context& context, const Scale& scale) {
    Pair pair;
    const Cost hand = best_of([&] {
        for (int job = 0; job < kJobs; ++job) {
            pair.round();
        }
    });
    const auto numbers = context.parallelize(thread_numbers(2), 2);
    const auto one = context.parallelize(thread_numbers(1), 1);
    numbers.persist();
    one.persist();
    (void)(numbers.count() + one.count());
    const auto jobs = [](auto&& run) {
        return each(best_of([&] {
            for (int job = 0; job < kJobs; ++job) {
                run();
            }
        }));
    };
    report("job of one task", 1e-3, "k jobs/s", jobs([&] { (void)one.count(); }), each(hand));
    report("job of two tasks", 1e-3, "k jobs/s", jobs([&] { (void)numbers.count(); }), each(hand),
           {21.7, 1});
    const Cost shuffled = jobs([&] {
        (void)numbers.map([](std::uint64_t i) { return std::pair(i, i); })
            .reduce_by_key([](std::uint64_t a, std::uint64_t b) { return a + b; }, 2)
            .count();
    });
    report("job with a shuffle", 1e-3, "k jobs/s", shuffled, each(hand));
    numbers.unpersist(true);
    one.unpersist(true);
    (void)scale;
}

void bench_growth(Context& context, const Scale& scale) {
    std::printf("reduce_by_key, 10,000 keys, by records (2 partitions):");
    for (const double records : {1e5, 1e6, 1e7, 1e8}) {
        if (records <= 1e8 * scale.of_full + 1e6) {
            std::printf("  %.0e %.4f s", records,
                        sum_by_key(context, static_cast<std::uint64_t>(records), 2).wall);
        }
    }
    std::printf("\nreduce_by_key, 1e6 records, by partitions:");
    for (const int partitions : {2, 20, 200, 2000}) {
        if (partitions <= 200 || scale.of_full >= 0.5) {
            std::printf("  %d %.4f s", partitions, sum_by_key(context, 1'000'000, partitions).wall);
        }
    }
    std::printf("\n");
}

}  // namespace heddle::bench
