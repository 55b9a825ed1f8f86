// The standard workloads against hand-written C++ on the same data, in one run: workloads.h lists
// them. The ratio is the figure; times on a shared machine are orientation.
//
//   rdd_workloads_bench [--full | --scale PART] [--master local[2]]... [NAME...]
//
// With several masters each workload runs on all of them in turn, and the last lines compare them.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <heddle/heddle.h>

#include "client/driver/job_runner.h"
#include "tests/bench/rdd/measure.h"
#include "tests/bench/rdd/runtime_copies.h"
#include "tests/bench/rdd/workloads.h"

namespace heddle::bench {
namespace {

struct Workload {
    const char* name;
    void (*run)(Context&, const Scale&);
    const char* memory = "";  // of an executor where the workload is about it
};

constexpr Workload kWorkloads[] = {
    {"sort", bench_sort},          {"external", bench_external, "256m"},
    {"join", bench_join},          {"group", bench_group},
    {"pagerank", bench_page_rank}, {"regression", bench_regression},
    {"kmeans", bench_means},       {"grep", bench_grep},
    {"cached", bench_cached},      {"levels", bench_levels},
    {"jobs", bench_small_jobs},    {"growth", bench_growth},
};

struct Options {
    Scale scale;
    std::vector<std::string> masters;
    std::vector<std::string> names;
};

int usage(const char* program) {
    std::fprintf(stderr, "usage: %s [--full | --scale PART] [--master MASTER]... [NAME...]\nnames:",
                 program);
    for (const Workload& workload : kWorkloads) {
        std::fprintf(stderr, " %s", workload.name);
    }
    std::fprintf(stderr, "\n");
    return 2;
}

bool read_options(int argc, char** argv, Options& options) {
    for (int i = 1; i < argc; ++i) {
        const std::string_view argument(argv[i]);
        if (argument == "--full") {
            options.scale.of_full = 1;
        } else if (argument == "--scale" && i + 1 < argc) {
            options.scale.of_full = std::atof(argv[++i]);
        } else if (argument == "--master" && i + 1 < argc) {
            options.masters.emplace_back(argv[++i]);
        } else {
            options.names.emplace_back(argument);
            const bool known = std::ranges::any_of(
                kWorkloads, [&](const Workload& workload) { return argument == workload.name; });
            if (!known) {
                return false;
            }
        }
    }
    if (options.masters.empty()) {
        options.masters.emplace_back("local[2]");
    }
    return options.scale.of_full > 0 && options.scale.of_full <= 1;
}

using Times = std::vector<std::pair<std::string, double>>;

Times run_on(const std::string& master, const Workload& workload, const Scale& scale) {
    driver::RunnerOptions how;
    how.master = master;
    how.programs = kPrograms;
    if (*workload.memory != '\0') {
        how.settings["executor.memory"] = workload.memory;
    }
    auto runner = driver::make_runner(how);
    if (!runner) {
        throw std::runtime_error(runner.error().message);
    }
    RuntimeCopies copies(**runner);
    count_copies_by([&] { return copies.total(); });
    Context context(std::move(*runner));
    workload.run(context, scale);
    count_copies_by([] { return std::int64_t{0}; });
    return take_reported();
}

// The same lines on two masters.
void compare(const Options& options, const std::vector<Times>& times) {
    for (std::size_t m = 1; m < times.size(); ++m) {
        std::printf("%s in parts of %s:\n", options.masters[m].c_str(), options.masters[0].c_str());
        for (std::size_t i = 0; i < times[m].size() && i < times[0].size(); ++i) {
            std::printf("  %-22s %.2f\n", times[m][i].first.c_str(),
                        times[m][i].second / times[0][i].second);
        }
    }
}

int run(int argc, char** argv) {
    Options options;
    if (!read_options(argc, argv, options)) {
        return usage(argv[0]);
    }
    std::vector<Times> times(options.masters.size());
    for (const Workload& workload : kWorkloads) {
        if (!options.names.empty() &&
            std::ranges::find(options.names, workload.name) == options.names.end()) {
            continue;
        }
        for (std::size_t m = 0; m < options.masters.size(); ++m) {
            std::printf("%s, %s, %g of the full size\n", workload.name, options.masters[m].c_str(),
                        options.scale.of_full);
            std::ranges::copy(run_on(options.masters[m], workload, options.scale),
                              std::back_inserter(times[m]));
        }
    }
    compare(options, times);
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
