#include "tests/support/seeds/seed_main.h"

#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "common/base/log.h"

namespace heddle::test {
namespace {

volatile std::uint64_t current_seed = 0;

// A broken invariant inside a core aborts; the seed must be known then too.
void on_abort(int) {
    char text[64];
    const int size = std::snprintf(text, sizeof text, "seed %llu fails: an invariant is broken\n",
                                   static_cast<unsigned long long>(current_seed));
    if (write(STDOUT_FILENO, text, static_cast<std::size_t>(size)) < 0) {
        _exit(2);
    }
    _exit(1);
}

struct Options {
    std::uint64_t seed = 1;
    std::uint64_t count = 1;
    std::string defect;
    bool once = false;
    bool trace = false;
};

bool parse(int argc, char** argv, Options& options) {
    for (int i = 1; i < argc; ++i) {
        const std::string flag = argv[i];
        const char* value = i + 1 < argc ? argv[i + 1] : nullptr;
        if (flag == "--once") {
            options.once = true;
        } else if (flag == "--trace") {
            options.trace = true;
        } else if (value == nullptr) {
            return false;
        } else if (flag == "--seed") {
            options.seed = std::strtoull(argv[++i], nullptr, 10);
        } else if (flag == "--count") {
            options.count = std::strtoull(argv[++i], nullptr, 10);
        } else if (flag == "--defect") {
            options.defect = argv[++i];
        } else {
            return false;
        }
    }
    return true;
}

// False: the seed fails, and has been printed.
bool run_seed(const std::function<SeedRun(std::uint64_t)>& run, std::uint64_t seed,
              const Options& options, std::map<std::string, std::int64_t>& sum) {
    current_seed = seed;
    const auto number = static_cast<unsigned long long>(seed);
    const SeedRun result = run(seed);
    if (!result.violation.empty() || options.trace) {
        std::printf("%s", result.tail.c_str());
    }
    if (!result.violation.empty()) {
        std::printf("seed %llu fails: %s\n", number, result.violation.c_str());
        return false;
    }
    if (!options.once) {
        const SeedRun again = run(seed);
        if (again.digest != result.digest) {
            std::printf("--- first run\n%s--- second run\n%s", result.tail.c_str(),
                        again.tail.c_str());
            std::printf("seed %llu fails: two runs differ\n", number);
            return false;
        }
    }
    for (const auto& [name, value] : result.figures) {
        sum[name] += value;
    }
    return true;
}

void usage(const Simulation& simulation) {
    std::fprintf(stderr,
                 "usage: %s [--seed S] [--count N] [--defect NAME] [--once] [--trace]\ndefects:",
                 simulation.name.c_str());
    for (const auto& [name, run] : simulation.variants) {
        std::fprintf(stderr, " %s", name.c_str());
    }
    std::fprintf(stderr, "\n");
}

}  // namespace

int seed_main(int argc, char** argv, const Simulation& simulation) {
    Options options;
    const bool understood = parse(argc, argv, options);
    const auto variant = simulation.variants.find(options.defect);
    if (!understood || variant == simulation.variants.end()) {
        usage(simulation);
        return 2;
    }
    log::init(simulation.name, log::Level::Error);
    std::signal(SIGABRT, on_abort);
    const auto start = std::chrono::steady_clock::now();
    std::map<std::string, std::int64_t> sum;
    for (std::uint64_t seed = options.seed; seed < options.seed + options.count; ++seed) {
        if (!run_seed(variant->second, seed, options, sum)) {
            return 1;
        }
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    std::printf("%llu seeds, each %s, in %.1f s:", static_cast<unsigned long long>(options.count),
                options.once ? "once" : "twice", took.count());
    for (const auto& [name, value] : sum) {
        std::printf(" %lld %s;", static_cast<long long>(value), name.c_str());
    }
    std::printf("\n");
    return 0;
}

}  // namespace heddle::test
