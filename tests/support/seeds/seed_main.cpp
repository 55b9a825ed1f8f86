#include "tests/support/seeds/seed_main.h"

#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <random>
#include <vector>

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
    std::string replay;
    bool fresh = false;
    std::uint64_t again_every = 1;  // of the seeds, one runs a second time; 0: none
    bool trace = false;
};

bool parse(int argc, char** argv, Options& options) {
    for (int i = 1; i < argc; ++i) {
        const std::string flag = argv[i];
        const char* value = i + 1 < argc ? argv[i + 1] : nullptr;
        if (flag == "--fresh") {
            options.fresh = true;
        } else if (flag == "--once") {
            options.again_every = 0;
        } else if (flag == "--trace") {
            options.trace = true;
        } else if (value == nullptr) {
            return false;
        } else if (flag == "--seed") {
            options.seed = std::strtoull(argv[++i], nullptr, 10);
        } else if (flag == "--count") {
            options.count = std::strtoull(argv[++i], nullptr, 10);
        } else if (flag == "--twice-every") {
            options.again_every = std::strtoull(argv[++i], nullptr, 10);
        } else if (flag == "--replay") {
            options.replay = argv[++i];
        } else if (flag == "--defect") {
            options.defect = argv[++i];
        } else {
            return false;
        }
    }
    return true;
}

// False: the seed fails, and has been printed.
bool run_seed(const std::string& program, const std::function<SeedRun(std::uint64_t)>& run,
              std::uint64_t seed, const Options& options, std::map<std::string, std::int64_t>& sum,
              std::uint64_t& runs) {
    current_seed = seed;
    const auto number = static_cast<unsigned long long>(seed);
    ++runs;
    const SeedRun result = run(seed);
    if (!result.violation.empty() || options.trace) {
        std::printf("%s", result.tail.c_str());
    }
    if (!result.violation.empty()) {
        std::printf("seed %llu fails: %s\nreplay: %s --seed %llu --trace%s%s\n", number,
                    result.violation.c_str(), program.c_str(), number,
                    options.defect.empty() ? "" : " --defect ", options.defect.c_str());
        return false;
    }
    if (options.again_every > 0 && seed % options.again_every == 0) {
        ++runs;
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

// Seeds that have failed once, then the ones that are asked for. False: the file cannot be read.
bool list_seeds(const Options& options, std::vector<std::uint64_t>& seeds) {
    if (!options.replay.empty()) {
        std::ifstream file(options.replay);
        if (!file) {
            std::fprintf(stderr, "cannot read %s\n", options.replay.c_str());
            return false;
        }
        for (std::string line; std::getline(file, line);) {
            if (!line.empty() && line.front() != '#') {
                seeds.push_back(std::strtoull(line.c_str(), nullptr, 10));
            }
        }
    }
    for (std::uint64_t i = 0; i < options.count; ++i) {
        seeds.push_back(options.seed + i);
    }
    return true;
}

// Far from small numbers, and short enough to be typed.
void draw_base(const std::string& program, Options& options) {
    std::random_device entropy;
    options.seed = 1'000'000 + std::uint64_t{entropy()} % 1'000'000'000;
    std::printf("fresh seeds: %s --seed %llu --count %llu\n", program.c_str(),
                static_cast<unsigned long long>(options.seed),
                static_cast<unsigned long long>(options.count));
}

void usage(const Simulation& simulation) {
    std::fprintf(stderr,
                 "usage: %s [--seed S | --fresh] [--count N] [--replay FILE] [--defect NAME] "
                 "[--once | --twice-every K] [--trace]\ndefects:",
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
    if (options.fresh) {
        draw_base(simulation.name, options);
    }
    std::vector<std::uint64_t> seeds;
    if (!list_seeds(options, seeds)) {
        return 2;
    }
    log::init(simulation.name, log::Level::Error);
    std::signal(SIGABRT, on_abort);
    const auto start = std::chrono::steady_clock::now();
    std::map<std::string, std::int64_t> sum;
    bool failed = false;
    std::uint64_t runs = 0;
    for (const std::uint64_t seed : seeds) {
        failed |= !run_seed(simulation.name, variant->second, seed, options, sum, runs);
        if (failed && !options.fresh) {
            return 1;
        }
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    std::printf("%zu seeds, %llu runs, in %.1f s:", seeds.size(),
                static_cast<unsigned long long>(runs), took.count());
    for (const auto& [name, value] : sum) {
        std::printf(" %lld %s;", static_cast<long long>(value), name.c_str());
    }
    std::printf("\n");
    return failed ? 1 : 0;
}

}  // namespace heddle::test
