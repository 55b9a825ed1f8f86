// What a task costs that does nothing: 10,000 of them in this process and in executor processes,
// beside a thread pool of std::function in the same program; and the way there and back of small
// jobs. Run it in the release preset.
#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "client/driver/job_runner.h"
#include "executor/serve.h"
#include "tests/support/jobs.h"

namespace {

using Clock = std::chrono::steady_clock;

constexpr int kTasks = 10000;
constexpr int kRounds = 5;
constexpr int kTrips = 300;

double microseconds_since(Clock::time_point begin) {
    return std::chrono::duration<double, std::micro>(Clock::now() - begin).count();
}

// The baseline: two threads and a queue of functions, each answer noted under the lock.
double thread_pool_microseconds() {
    std::mutex mutex;
    std::condition_variable ready;
    std::condition_variable done;
    std::deque<std::function<int()>> tasks;
    int finished = 0;
    bool closing = false;
    std::vector<std::thread> threads;
    for (int i = 0; i < 2; ++i) {
        threads.emplace_back([&] {
            std::unique_lock lock(mutex);
            while (true) {
                ready.wait(lock, [&] { return closing || !tasks.empty(); });
                if (tasks.empty()) {
                    return;
                }
                const auto task = std::move(tasks.front());
                tasks.pop_front();
                lock.unlock();
                const int answer = task();
                lock.lock();
                finished += answer;
                if (finished == kTasks) {
                    done.notify_one();
                }
            }
        });
    }
    const auto begin = Clock::now();
    {
        std::unique_lock lock(mutex);
        for (int i = 0; i < kTasks; ++i) {
            tasks.emplace_back([] { return 1; });
        }
        ready.notify_all();
        done.wait(lock, [&] { return finished == kTasks; });
    }
    const double took = microseconds_since(begin) / kTasks;
    {
        const std::lock_guard lock(mutex);
        closing = true;
    }
    ready.notify_all();
    for (std::thread& thread : threads) {
        thread.join();
    }
    return took;
}

std::unique_ptr<heddle::driver::JobRunner> open(const std::string& master) {
    heddle::driver::RunnerOptions options;
    options.master = master;
    options.application_name = "bench";
    auto runner = heddle::driver::make_runner(options);
    if (!runner) {
        std::fprintf(stderr, "%s\n", runner.error().message.c_str());
        std::exit(1);
    }
    return std::move(runner).value();
}

void must(const heddle::test::JobOutcome& outcome) {
    if (outcome.failure) {
        std::fprintf(stderr, "%s\n", outcome.failure->message.c_str());
        std::exit(1);
    }
}

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

void measure(const std::string& master, double baseline) {
    using namespace heddle;
    const auto opened = Clock::now();
    const auto runner = open(master);
    const auto drain = rdd::builtin_operator(rdd::builtin::kDrain);
    const rdd::RddNode two = test::text_source(0, test::distinct_texts(2, 0));
    must(test::run_job(*runner, test::plan_of({two}), two, drain));
    const double first = microseconds_since(opened) / 1000;

    const rdd::RddNode many = test::text_source(1, test::distinct_texts(kTasks, 0));
    const rdd::Plan plan = test::plan_of({many});
    std::vector<double> rounds;
    for (int i = 0; i < kRounds; ++i) {
        const auto begin = Clock::now();
        must(test::run_job(*runner, plan, many, drain));
        rounds.push_back(microseconds_since(begin) / kTasks);
    }
    std::vector<double> trips;
    std::vector<double> shuffles;
    for (int i = 0; i < kTrips; ++i) {
        auto begin = Clock::now();
        must(test::run_job(*runner, test::plan_of({two}), two, drain));
        trips.push_back(microseconds_since(begin));
        const rdd::RddNode dealt = test::shuffled(1, two, i, 2);
        begin = Clock::now();
        must(test::run_job(*runner, test::plan_of({two, dealt}), dealt, drain));
        shuffles.push_back(microseconds_since(begin));
    }
    const double task = median(rounds);
    std::printf(
        "%-24s %7.2f us a task (%6.0f/s, %.1fx the thread pool); two-task stage %.3f ms, "
        "empty shuffle %.3f ms; start to first result %.1f ms\n",
        master.c_str(), task, 1e6 / task, task / baseline, median(trips) / 1000,
        median(shuffles) / 1000, first);
}

}  // namespace

int main(int argc, char** argv) {
    if (heddle::executor::in_executor_role()) {
        return heddle::executor::serve(argc, argv);
    }
    const double baseline = thread_pool_microseconds();
    std::printf("thread pool               %7.2f us a task\n", baseline);
    measure("local[2]", baseline);
    measure("local-cluster[2,1,256]", baseline);
    return 0;
}
