// Jobs of tasks that hold their slots until elastic.py gives up its lock on a file, one step per
// line on standard input. The last ones keep what they compute, and say how often that was.
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#include <heddle/heddle.h>

namespace {

constexpr std::int64_t kTasks = 6;

struct Gated {
    std::string gate;
    std::int64_t operator()(std::int64_t number) const {
        const int file = ::open(gate.c_str(), O_RDONLY | O_CLOEXEC);
        if (file < 0 || ::flock(file, LOCK_SH) != 0) {
            throw std::runtime_error("cannot wait at " + gate);
        }
        ::close(file);
        return number;
    }
};

struct CountedGated {
    heddle::Accumulator<heddle::Sum<std::int64_t>> computed;
    Gated gated;
    std::int64_t operator()(std::int64_t number) const {
        computed.add(1);
        return gated(number);
    }
};

void step(const char* done) {
    std::printf("%s\n", done);
    std::fflush(stdout);
    (void)std::getchar();
}

void run(const Gated& gated) {
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
        const std::int64_t count = context.parallelize(numbers, kTasks).map(gated).count();
        step(count == kTasks ? "counted" : "miscounted");
    }
    const auto computed = context.long_accumulator("computed");
    const auto kept =
        context.parallelize(numbers, kTasks).map(CountedGated{computed, gated}).persist();
    for (int job = 0; job < 2; ++job) {
        const bool right = static_cast<std::int64_t>(kept.count()) == kTasks;
        step(right && computed.value() == kTasks ? "kept" : "computed again");
    }
}

}  // namespace

int main(int argc, char** argv) {
    heddle::init(argc, argv);
    const char* const gate = std::getenv("HEDDLE_TEST_GATE");
    if (gate == nullptr) {
        std::fprintf(stderr, "elastic_program: HEDDLE_TEST_GATE names no file\n");
        return 2;
    }
    try {
        run({gate});
    } catch (const std::exception& error) {
        std::fprintf(stderr, "elastic_program: %s\n", error.what());
        return 1;
    }
}
