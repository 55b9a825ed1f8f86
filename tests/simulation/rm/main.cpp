// Fault simulation of the resource manager's and the node agents' cores.
//
//   rm_simulation [--seed S] [--count N] [--defect NAME] [--once] [--trace]
//
// Runs N seeds from S on, each twice (unless --once), and compares the traces. A failure prints its
// seed and the last lines of the trace, and ends the program with 1.

#include <unistd.h>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "common/base/log.h"
#include "tests/simulation/rm/random_run.h"

namespace heddle::rm::test {
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
    Defect defect = Defect::None;
    bool once = false;
    bool trace = false;
};

struct NamedDefect {
    const char* name;
    Defect defect;
};
constexpr NamedDefect kDefects[] = {
    {"lost-acknowledgement", Defect::LostAcknowledgement},
    {"doubled-grant", Defect::DoubledGrant},
    {"stale-epoch-accepted", Defect::StaleEpochAccepted},
    {"answer-before-save", Defect::AnswerBeforeSave},
    {"forgotten-release", Defect::ForgottenRelease},
    {"increment-instead-of-ask", Defect::IncrementInsteadOfAsk},
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
            ++i;
            for (const NamedDefect& known : kDefects) {
                if (std::strcmp(known.name, value) == 0) {
                    options.defect = known.defect;
                }
            }
            if (options.defect == Defect::None) {
                return false;
            }
        } else {
            return false;
        }
    }
    return true;
}

bool run_seed(std::uint64_t seed, const Options& options, RunResult& sum) {
    current_seed = seed;
    const RunResult result = random_run(seed, options.defect);
    if (!result.violation.empty() || options.trace) {
        std::printf("%s", result.tail.c_str());
    }
    if (!result.violation.empty()) {
        std::printf("seed %llu fails: %s\n", static_cast<unsigned long long>(seed),
                    result.violation.c_str());
        return false;
    }
    if (!options.once) {
        const RunResult again = random_run(seed, options.defect);
        if (again.digest != result.digest) {
            std::printf("--- first run\n%s--- second run\n%s", result.tail.c_str(),
                        again.tail.c_str());
            std::printf("seed %llu fails: two runs differ\n",
                        static_cast<unsigned long long>(seed));
            return false;
        }
    }
    sum.steps += result.steps;
    sum.manager_lives += result.manager_lives;
    sum.virtual_ms += result.virtual_ms;
    return true;
}

int run(const Options& options) {
    const auto start = std::chrono::steady_clock::now();
    RunResult sum;
    for (std::uint64_t seed = options.seed; seed < options.seed + options.count; ++seed) {
        if (!run_seed(seed, options, sum)) {
            return 1;
        }
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    std::printf(
        "%llu seeds, each %s, in %.1f s; %llu things happened in %.0f virtual s, "
        "%lld lives of the manager\n",
        static_cast<unsigned long long>(options.count), options.once ? "once" : "twice",
        took.count(), static_cast<unsigned long long>(sum.steps),
        static_cast<double>(sum.virtual_ms) / 1000, static_cast<long long>(sum.manager_lives));
    return 0;
}

}  // namespace
}  // namespace heddle::rm::test

int main(int argc, char** argv) {
    heddle::rm::test::Options options;
    if (!heddle::rm::test::parse(argc, argv, options)) {
        std::fprintf(stderr,
                     "usage: rm_simulation [--seed S] [--count N] [--defect NAME] [--once] "
                     "[--trace]\n");
        return 2;
    }
    heddle::log::init("rm_simulation", heddle::log::Level::Error);
    std::signal(SIGABRT, heddle::rm::test::on_abort);
    return heddle::rm::test::run(options);
}
