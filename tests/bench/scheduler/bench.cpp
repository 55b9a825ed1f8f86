// Scheduling decisions per second of the resource manager's core, alone: no sockets, no store.
//
// A cluster that is nearly full: every container that ends makes room for one of many that wait, in
// a queue of applications with different sizes. One decision is one grant with all that belongs to
// it: books, start order, news to the master. Baselines, in the same run: first fit that scans all
// nodes for the first waiting ask, and a scan of applications and nodes, without any of the books.
//
//   bench_scheduler [NODES | --quick]     default: 1,000 and 10,000 nodes, 100 applications, 1
//                                         queue
//   bench_scheduler --scale [NODES [QUEUES [APPLICATIONS]]]
//                    1,000, 10,000 and 50,000 nodes, 1,000 nested queues with limits, 10,000
//                    applications that all wait
//   bench_scheduler --constraints [NODES [QUEUES [APPLICATIONS]]]
//                    10,000 nodes: three of four asks with placement constraints; baseline, in the
//                    same run: the same asks without
//   bench_scheduler --preemption [NODES [QUEUES [APPLICATIONS]]]
//                    10,000 nodes: what one round of preemption takes, as no message waits for less
//   bench_scheduler --memory [NODES [VCORES]]
//                    10,000 nodes that run 50 containers each

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "common/base/check.h"
#include "common/base/log.h"
#include "tests/bench/scheduler/cluster.h"
#include "tests/bench/scheduler/search.h"

namespace heddle::rm::bench {
namespace {

constexpr int kEndsAtOnce = 8;  // of a node whose containers end together

double micros(double seconds) {
    return 1e6 * seconds;
}

void print_churn(const char* what, const Cluster& cluster, Churn& churn, std::int64_t grants,
                 std::int64_t visited) {
    const auto made = static_cast<double>(cluster.grants() - grants);
    CHECK(made > 0);
    std::printf(
        "  %s: %.0f decisions/s; each %.1f us: ends %.1f, confirmations and grants %.1f, "
        "publishing %.1f; %.2f nodes looked at\n",
        what, made / churn.total, micros(churn.total / made), micros(churn.end.sum() / made),
        micros(churn.confirm.sum() / made), micros(churn.publish.sum() / made),
        static_cast<double>(cluster.visited() - visited) / made);
    const auto print_step = [](const char* name, Meter& meter) {
        std::printf("    step %s: p50 %.1f us, p99 %.1f us, max %.1f us\n", name,
                    micros(meter.at_percent(50)), micros(meter.at_percent(99)),
                    micros(meter.at_percent(100)));
    };
    print_step("of a node's message", churn.end);
    print_step("of a confirmation", churn.confirm);
}

void churn_full(const char* what, Cluster& cluster, std::int64_t ends) {
    const std::int64_t grants = cluster.grants();
    const std::int64_t visited = cluster.visited();
    Churn churn;
    cluster.churn(ends, churn);
    print_churn(what, cluster, churn, grants, visited);
}

double measure_full(const Load& load, std::int64_t ends) {
    Cluster cluster(load);
    const double start = now_seconds();
    cluster.ask_all();
    const double filled = static_cast<double>(cluster.running()) / seconds_since(start);
    std::printf("  filling: %.0f decisions/s (%lld containers)\n", filled,
                static_cast<long long>(cluster.running()));
    churn_full("an end, its confirmation, publishing", cluster, ends);
    return filled;
}

// Room is there: how long until what is asked for is granted.
void measure_slack(Load load, std::int64_t ends) {
    load.full = false;
    Cluster cluster(load);
    cluster.ask_all();
    Churn churn;
    cluster.churn(ends, churn);
    std::printf(
        "  with 5 %% of the room free, from an ask to its grant: p50 %.0f, p99 %.0f steps between "
        "(%zu asks); the step that does both: p50 %.1f us, p99 %.1f us\n",
        churn.asked.at_percent(50), churn.asked.at_percent(99), churn.asked.count(),
        micros(churn.confirm.at_percent(50)), micros(churn.confirm.at_percent(99)));
    CHECK(churn.asked.count() > 0);
}

void measure(const Load& load, std::int64_t ends) {
    std::printf("%d nodes, %d queues, %d applications\n", load.nodes, load.queues,
                load.applications);
    const double filled = measure_full(load, ends);
    Load together = load;
    together.ends_per_message = kEndsAtOnce;
    {
        Cluster cluster(together);
        cluster.ask_all();
        churn_full("eight ends in a message", cluster, ends);
    }
    measure_slack(load, ends);
    const double naive = naive_rate(load.nodes, ends);
    const double index = index_rate(load.nodes, ends);
    const double scan = scan_rate(load.nodes, load.applications, ends);
    std::printf("  the search alone: %.0f/s, naive first fit over all nodes %.0f/s, ratio %.1f\n",
                index, naive, index / naive);
    std::printf(
        "  baseline, a scan of all applications and nodes without limits or books: %.0f/s; "
        "filling an empty cluster to its ends and replacements: ratio %.1f\n",
        scan, filled / scan);
}

double whole_cycle(const Load& load, std::int64_t ends) {
    Cluster cluster(load);
    cluster.ask_all();
    const std::int64_t grants = cluster.grants();
    const std::int64_t visited = cluster.visited();
    Churn churn;
    cluster.churn(ends, churn);
    print_churn(load.constrained ? "with constraints" : "without", cluster, churn, grants, visited);
    return static_cast<double>(cluster.grants() - grants) / churn.total;
}

void measure_constraints(Load load, std::int64_t ends) {
    std::printf("%d nodes, %d queues, %d applications\n", load.nodes, load.queues,
                load.applications);
    const double without = whole_cycle(load, ends);
    load.constrained = true;
    const double with = whole_cycle(load, ends);
    std::printf("  constraints to none: ratio %.2f\n", with / without);
}

void measure_preemption(Load load) {
    load.preempting = true;
    Cluster cluster(load);
    cluster.ask_all();
    Meter rounds;
    cluster.rounds(50, rounds);
    std::printf(
        "%d nodes, %d queues, %d applications, %lld containers: a step of preemption: p50 %.1f us, "
        "p99 %.1f us, max %.1f us\n",
        load.nodes, load.queues, load.applications, static_cast<long long>(cluster.running()),
        micros(rounds.at_percent(50)), micros(rounds.at_percent(99)),
        micros(rounds.at_percent(100)));
}

// What the manager's core, its views and this program's own lists take.
void measure_memory(int nodes, int vcores) {
    const Load load{nodes, 1000, 1000, vcores};
    const std::int64_t before = resident_kib();
    Cluster cluster(load);
    const std::int64_t idle = resident_kib();
    cluster.ask_all();
    cluster.publish();
    const std::int64_t full = resident_kib();
    const auto containers = static_cast<double>(cluster.running());
    const double own = containers * static_cast<double>(Cluster::bytes_of_running()) / 1024;
    std::printf(
        "%d nodes, %d queues, %d applications: %.0f MiB; with %.0f containers %.0f MiB, %.0f bytes "
        "a container (of the %.0f MiB, %.0f are this program's own list)\n",
        load.nodes, load.queues, load.applications, static_cast<double>(idle - before) / 1024,
        containers, static_cast<double>(full - before) / 1024,
        (static_cast<double>(full - idle) - own) * 1024 / containers,
        static_cast<double>(full - before) / 1024, own / 1024);
}

}  // namespace
}  // namespace heddle::rm::bench

int main(int argc, char** argv) {
    heddle::log::init("bench_scheduler", heddle::log::Level::Error);
    using heddle::rm::bench::measure;
    const auto number = [&](int index, int otherwise) {
        return argc > index ? std::max(1, std::atoi(argv[index])) : otherwise;
    };
    const std::string mode = argc > 1 ? argv[1] : "";
    if (mode == "--quick") {
        measure({50}, 500);
        measure({50, 100, 200}, 500);
    } else if (mode == "--constraints") {
        heddle::rm::bench::measure_constraints(
            {number(2, 10'000), number(3, 1000), number(4, 10'000)}, 50'000);
    } else if (mode == "--preemption") {
        heddle::rm::bench::measure_preemption(
            {number(2, 10'000), number(3, 1000), number(4, 10'000)});
    } else if (mode == "--memory") {
        heddle::rm::bench::measure_memory(number(2, 10'000), number(3, 100));
    } else if (mode == "--scale" && argc > 2) {
        measure({number(2, 0), number(3, 1000), number(4, 10'000)}, 50'000);
    } else if (mode == "--scale") {
        for (const int nodes : {1000, 10'000, 50'000}) {
            measure({nodes, 1000, 10'000}, 50'000);
        }
    } else if (argc > 1) {
        measure({number(1, 0)}, 200'000);
    } else {
        measure({1000}, 200'000);
        measure({10'000}, 200'000);
    }
    return 0;
}
