// The standard workloads against hand-written C++ on the same data, in one run: workloads.h lists
// them. The ratio is the figure; times on a shared machine are orientation.
//
//   rdd_workloads_bench [--full | --scale PART] [--master local[2]] [NAME...]
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include <sys/resource.h>

#include <heddle/heddle.h>

#include "tests/bench/rdd/workloads.h"

namespace heddle::bench {
namespace {

struct Workload {
    const char* name;
    void (*run)(Context&, const Scale&);
};

constexpr Workload kWorkloads[] = {
    {"sort", bench_sort},
    {"join", bench_join},
    {"group", bench_group},
    {"pagerank", bench_page_rank},
    {"regression", bench_regression},
    {"kmeans", bench_means},
    {"grep", bench_grep},
    {"cached", bench_cached},
    {"jobs", bench_small_jobs},
    {"growth", bench_growth},
};

struct Options {
    Scale scale;
    std::string master = "local[2]";
    std::vector<std::string> names;
};

int usage(const char* program) {
    std::fprintf(stderr,
                 "usage: %s [--full | --scale PART] [--master MASTER] [NAME...]\nnames:", program);
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
            options.master = argv[++i];
        } else {
            options.names.emplace_back(argument);
            const bool known = std::ranges::any_of(
                kWorkloads, [&](const Workload& workload) { return argument == workload.name; });
            if (!known) {
                return false;
            }
        }
    }
    return options.scale.of_full > 0 && options.scale.of_full <= 1;
}

int run(int argc, char** argv) {
    Options options;
    if (!read_options(argc, argv, options)) {
        return usage(argv[0]);
    }
    ContextOptions how;
    how.master = options.master;
    Context context(how);
    std::printf("%s, %g of the full size\n", options.master.c_str(), options.scale.of_full);
    for (const Workload& workload : kWorkloads) {
        if (options.names.empty() ||
            std::ranges::find(options.names, workload.name) != options.names.end()) {
            workload.run(context, options.scale);
        }
    }
    struct rusage usage {};
    getrusage(RUSAGE_SELF, &usage);
    std::printf("peak memory of both sides together: %ld MiB\n", usage.ru_maxrss / 1024);
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
