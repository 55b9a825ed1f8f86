// Jobs of tasks that hold their slots for a while, one step per line on standard input, for
// elastic.py. The last ones keep what they compute, and say how often that was.
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <exception>
#include <numeric>
#include <vector>

#include <heddle/heddle.h>

namespace {

constexpr std::int64_t kTasks = 6;

struct Slow {
    std::int64_t operator()(std::int64_t number) const {
        usleep(400'000);
        return number;
    }
};

struct CountedSlow {
    heddle::Accumulator<heddle::Sum<std::int64_t>> computed;
    std::int64_t operator()(std::int64_t number) const {
        computed.add(1);
        return Slow{}(number);
    }
};

void step(const char* done) {
    std::printf("%s\n", done);
    std::fflush(stdout);
    (void)std::getchar();
}

void run() {
    heddle::ContextOptions options;
    options.settings = {{"executor.memory", "512m"},
                        {"spark.dynamicAllocation.enabled", "true"},
                        {"spark.dynamicAllocation.maxExecutors", "3"},
                        {"spark.dynamicAllocation.schedulerBacklogTimeout", "50ms"},
                        {"spark.dynamicAllocation.executorIdleTimeout", "1s"},
                        {"spark.decommission.enabled", "true"},
                        {"spark.storage.decommission.enabled", "true"}};
    heddle::Context context(options);
    std::vector<std::int64_t> numbers(kTasks);
    std::iota(numbers.begin(), numbers.end(), 0);
    step("begun");
    for (int job = 0; job < 2; ++job) {
        const std::int64_t count = context.parallelize(numbers, kTasks).map(Slow{}).count();
        step(count == kTasks ? "counted" : "miscounted");
    }
    const auto computed = context.long_accumulator("computed");
    const auto kept = context.parallelize(numbers, kTasks).map(CountedSlow{computed}).persist();
    for (int job = 0; job < 2; ++job) {
        const bool right = static_cast<std::int64_t>(kept.count()) == kTasks;
        step(right && computed.value() == kTasks ? "kept" : "computed again");
    }
}

}  // namespace

int main(int argc, char** argv) {
    heddle::init(argc, argv);
    try {
        run();
    } catch (const std::exception& error) {
        std::fprintf(stderr, "elastic_program: %s\n", error.what());
        return 1;
    }
}
