// Scheduling decisions per second of the resource manager's core, alone: no sockets, no store.
//
// A cluster that is nearly full: every container that ends makes room for one of many that wait, in
// a queue of applications with different sizes. One decision is one grant with all that belongs to
// it: books, start order, news to the master. Baseline, in the same run: first fit that scans all
// nodes for the first waiting ask, without any of the books.
//
//   bench_scheduler [NODES | --quick]     default: 1,000 and 10,000 nodes, 100 applications, 1
//   queue bench_scheduler --scale [NODES [QUEUES [APPLICATIONS]]]
//                    1,000, 10,000 and 50,000 nodes, 1,000 nested queues with limits, 10,000
//                    applications that all wait
//   bench_scheduler --memory              10,000 nodes that run 500,000 containers

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/base/check.h"
#include "common/base/log.h"
#include "common/base/prng.h"
#include "resourcemanager/core/books.h"
#include "resourcemanager/core/resource_manager.h"

namespace heddle::rm {
namespace {

constexpr Resource kNode{131072, 32};
constexpr double kChurnSecondsMax = 10;            // of processor time: enough for a figure
constexpr std::int64_t kStepsPerPublication = 64;  // what a busy core thread finds in its queue

Resource size_of(int application) {
    return {1024 * (1 + application % 4), 1 + application % 2};
}

// Processor time of this thread: the machine is shared, and the core is one thread that never
// waits.
double now_seconds() {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}
double seconds_since(double start) {
    return now_seconds() - start;
}

struct Load {
    int nodes = 0;
    int queues = 1;
    int applications = 100;
    int vcores = 32;  // of a node
};

// Three levels, ten times ten times what is left, with weights and limits of all kinds; one queue:
// root.default without any.
std::vector<QueueConfig> queues_of(int count) {
    if (count <= 1) {
        return {queue_config("root.default")};
    }
    std::vector<QueueConfig> queues;
    for (int i = 0; i < count; ++i) {
        QueueConfig queue = queue_config("root.d" + std::to_string(i % 10) + ".t" +
                                         std::to_string(i / 10 % 10) + ".q" + std::to_string(i));
        queue.capacity[kNoLabel].guaranteed.all.value = 1000 * (1 + i % 3);
        queue.capacity[kNoLabel].maximum.all.value = 50'000;
        queue.order = i % 2 == 0 ? LeafOrder::Fifo : LeafOrder::Fair;
        queue.user_limit_percent_min = 25;
        queue.user_limit_factor = 100'000;
        queue.applications_max = 1000;
        queue.masters_percent_max = 100;
        queues.push_back(std::move(queue));
    }
    return queues;
}

std::int64_t resident_kib() {
    std::FILE* status = std::fopen("/proc/self/status", "r");
    CHECK(status != nullptr);
    std::array<char, 256> line{};
    long long kib = 0;
    while (std::fgets(line.data(), line.size(), status) != nullptr) {
        if (std::sscanf(line.data(), "VmRSS: %lld", &kib) == 1) {
            break;
        }
    }
    std::fclose(status);
    return kib;
}

// Plays store, nodes and masters: answers what the core emits, at once.
class Bench {
public:
    explicit Bench(const Load& load) : load_(load), rm_(config(load)) {
        Booted booted;
        booted.epoch = 1;
        booted.cluster_timestamp = 1'700'000'000'000;
        booted.secrets = secrets();
        step(booted);
        for (int i = 0; i < load.nodes; ++i) {
            NodeRegister message;
            message.info.id.name = "n" + std::to_string(i);
            message.info.address = "10.0.0.1";
            message.info.total = {kNode.memory_mib, load.vcores};
            step(NodeMessage{{++connections_}, message});
        }
        for (int i = 0; i < load.applications; ++i) {
            submit(i);
        }
    }

    // Every master asks for its share of more than the cluster holds.
    void ask_all() {
        rm_.publish({1'700'000'000'000});
        for (std::size_t i = 0; i < masters_.size(); ++i) {
            Master& master = masters_[i];
            MasterUpdate update;
            update.session = master.session;
            update.sequence = ++master.sequence;
            update.complete = true;
            LaunchTemplate worker;
            worker.id = 1;
            worker.spec.argv = {"executor", "program"};
            worker.spec.environment = {{"A", "1"}, {"B", "2"}};
            update.templates = {worker};
            Ask ask;
            ask.id = 1;
            ask.launch_template = 1;
            ask.size = size_of(static_cast<int>(i));
            // About three times what fits, or what a container each for all vcores takes.
            ask.count = std::max(1, static_cast<int>(std::int64_t{100} * load_.nodes *
                                                     load_.vcores / 32 / load_.applications));
            update.asks = {ask};
            step(MasterMessage{master.connection, update});
        }
        while (rm_.next_deadline() <= now_) {
            step(Tick{});
        }
    }

    std::int64_t grants() const { return rm_.books().counters.grants; }
    std::int64_t visited() const { return rm_.books().free.visited(); }
    std::size_t running() const { return running_.size(); }
    void publish() { rm_.publish({1'700'000'000'000}); }
    static std::size_t bytes_of_running() { return sizeof(Running); }

    // Ends random containers; each end is one status message, as a node pushes it.
    void churn(std::int64_t ends, std::vector<double>& step_times) {
        const double begun = now_seconds();
        for (std::int64_t i = 0; i < ends && !running_.empty(); ++i) {
            if (seconds_since(begun) > kChurnSecondsMax) {
                return;
            }
            const std::size_t pick = prng_.below(running_.size());
            const Running ended = running_[pick];
            running_[pick] = running_.back();
            running_.pop_back();
            NodeStatus status;
            Node& node = nodes_.at(ended.connection);
            status.session = node.session;
            status.sequence = ++node.sequence;
            ContainerReport report;
            report.container = ended.container;
            report.key = ended.key;
            report.phase = ContainerPhase::Done;
            report.exit = ContainerExit{};
            status.containers.push_back(std::move(report));
            now_ = now_ + microseconds(10);
            const auto start = now_seconds();
            step(NodeMessage{{ended.connection}, std::move(status)});
            step_times.push_back(seconds_since(start));
            confirm(ended.key.attempt);
            if (i % kStepsPerPublication == 0) {
                rm_.publish({1'700'000'000'000});
            }
        }
    }

private:
    struct Node {
        std::uint64_t session = 0;
        std::uint64_t sequence = 0;
    };
    struct Master {
        ConnectionId connection;
        AttemptId attempt;
        std::string token;
        std::uint64_t session = 0;
        std::uint64_t sequence = 0;
        std::uint64_t news = 0;
    };
    struct Running {
        ContainerId container;
        AskKey key;
        std::uint64_t connection = 0;
    };

    static Config config(const Load& load) {
        Config config;
        config.scheduler.queues = queues_of(load.queues);
        config.applications_active_max = load.applications;
        config.node_expiry = seconds(100000);
        config.master_expiry = seconds(100000);
        config.placements_per_step = 1024;
        return config;
    }

    std::vector<std::string> secrets() const {
        std::vector<std::string> texts;
        for (int i = 0; i < 2 * load_.applications; ++i) {
            texts.push_back("secret-" + std::to_string(i));
        }
        return texts;
    }

    void step(Event event) {
        Effects effects;
        rm_.step(now_, {1'700'000'000'000 + now_.microseconds / 1000}, std::move(event), effects);
        std::vector<BatchId> saves;
        for (const Effect& effect : effects) {
            take(effect, saves);
        }
        for (const BatchId& batch : saves) {
            step(Saved{batch});
        }
    }

    void take(const Effect& effect, std::vector<BatchId>& saves) {
        if (const auto* save = std::get_if<Save>(&effect)) {
            saves.push_back(save->batch);
        } else if (const auto* node = std::get_if<SendToNode>(&effect)) {
            if (const auto* welcome = std::get_if<NodeWelcome>(&node->message)) {
                nodes_.resize(std::max<std::size_t>(nodes_.size(), node->connection.value + 1));
                nodes_[node->connection.value].session = welcome->session;
            } else if (const auto* orders = std::get_if<NodeOrders>(&node->message)) {
                for (const ContainerStart& start : orders->starts) {
                    started(start, node->connection.value);
                }
            }
        } else if (const auto* master = std::get_if<SendToMaster>(&effect)) {
            Master& known = master_of(master->attempt);
            if (const auto* welcome = std::get_if<MasterWelcome>(&master->message)) {
                known.session = welcome->session;
            } else if (const auto* news = std::get_if<MasterNews>(&master->message)) {
                known.news = news->sequence;
            }
        } else if (const auto* reply = std::get_if<Reply>(&effect)) {
            if (reply->answer.ok()) {
                if (const auto* id = std::get_if<NewApplicationAnswer>(&*reply->answer)) {
                    application_ = id->application;
                }
            }
        }
    }

    void started(const ContainerStart& start, std::uint64_t connection) {
        if (start.key.ask == 0) {
            Master master;
            master.attempt = start.key.attempt;
            master.token = start.spec.secrets.front().contents;
            by_attempt_[master.attempt] = masters_.size();
            masters_.push_back(std::move(master));
        } else {
            running_.push_back({start.container, start.key, connection});
        }
    }

    void submit(int number) {
        step(Request{{++requests_}, NewApplication{}});
        SubmitApplication submit;
        submit.submission.id = application_;
        submit.submission.kind = ApplicationKind::Master;
        submit.submission.user = "user-" + std::to_string(number % 7);
        submit.submission.queue =
            rm_.books()
                .config.scheduler.queues[static_cast<std::size_t>(number % load_.queues)]
                .path;
        submit.submission.master.argv = {"master"};
        submit.submission.master_size = {512, 1};
        submit.submission.name = "app" + std::to_string(number);
        step(Request{{++requests_}, submit});
        Master& master = masters_.back();
        master.connection = {++connections_};
        step(MasterConnected{master.connection, master.token});
        MasterRegister hello;
        hello.attempt = master.attempt;
        step(MasterMessage{master.connection, hello});
    }

    // The master has seen the end and wants as many as before: a replacement may be granted.
    void confirm(const AttemptId& attempt) {
        Master& master = master_of(attempt);
        MasterUpdate update;
        update.session = master.session;
        update.sequence = ++master.sequence;
        update.news_seen = master.news;
        step(MasterMessage{master.connection, std::move(update)});
    }

    Master& master_of(const AttemptId& attempt) { return masters_[by_attempt_.at(attempt)]; }

    Load load_;
    ResourceManager rm_;
    Prng prng_{1};
    TimePoint now_;
    std::uint64_t connections_ = 0;
    std::uint64_t requests_ = 0;
    ApplicationId application_;
    std::vector<Node> nodes_;
    std::vector<Master> masters_;
    std::unordered_map<AttemptId, std::size_t> by_attempt_;
    std::vector<Running> running_;
};

// The search alone, without any books: fills the cluster, then ends and places at random.
template <typename Find>
double search_rate(int nodes, std::int64_t decisions, std::vector<Resource>& free, Find&& find,
                   FreeIndex* index) {
    free.assign(static_cast<std::size_t>(nodes), kNode);
    std::vector<std::pair<NodeIndex, Resource>> placed;
    const auto set = [&](NodeIndex node) {
        if (index != nullptr) {
            index->set(node, free[node]);
        }
    };
    for (NodeIndex node = 0; node < free.size(); ++node) {
        set(node);
    }
    const auto place = [&](const Resource& size) {
        const std::optional<NodeIndex> node = find(size);
        if (node.has_value()) {
            free[*node] -= size;
            set(*node);
            placed.emplace_back(*node, size);
        }
        return node.has_value();
    };
    int turn = 0;
    while (place(size_of(turn++))) {
    }
    Prng prng(1);
    const double start = now_seconds();
    std::int64_t made = 0;
    while (made < decisions) {
        const std::size_t pick = prng.below(placed.size());
        const auto [node, size] = placed[pick];
        placed[pick] = placed.back();
        placed.pop_back();
        free[node] += size;
        set(node);
        made += place(size) ? 1 : 0;
    }
    return static_cast<double>(made) / seconds_since(start);
}

double naive_rate(int nodes, std::int64_t decisions) {
    std::vector<Resource> free;
    return search_rate(
        nodes, decisions, free,
        [&](const Resource& size) -> std::optional<NodeIndex> {
            for (NodeIndex node = 0; node < free.size(); ++node) {
                if (size.fits_in(free[node])) {
                    return node;
                }
            }
            return std::nullopt;
        },
        nullptr);
}

double index_rate(int nodes, std::int64_t decisions) {
    std::vector<Resource> free;
    FreeIndex index;
    return search_rate(
        nodes, decisions, free, [&](const Resource& size) { return index.find(size); }, &index);
}

double at_percent(const std::vector<double>& sorted, std::size_t percent) {
    return sorted.empty() ? 0 : sorted[std::min(sorted.size() - 1, sorted.size() * percent / 100)];
}

void measure(const Load& load, std::int64_t ends) {
    const int nodes = load.nodes;
    Bench bench(load);
    const auto filling = now_seconds();
    bench.ask_all();
    const double fill = seconds_since(filling);
    const auto filled = static_cast<double>(bench.running());
    std::vector<double> steps;
    const std::int64_t grants = bench.grants();
    const std::int64_t visited = bench.visited();
    const auto start = now_seconds();
    bench.churn(ends, steps);
    const double took = seconds_since(start);
    const auto made = static_cast<double>(bench.grants() - grants);
    std::sort(steps.begin(), steps.end());
    const double naive = naive_rate(nodes, ends);
    const double index = index_rate(nodes, ends);
    std::printf(
        "%6d nodes, %d queues, %d applications: decisions while filling %.0f/s (%.0f containers)\n",
        nodes, load.queues, load.applications, filled / fill, filled);
    std::printf(
        "              with an end, its confirmation and publishing each %.0f/s, step p50 %.1f us, "
        "p99 %.1f us, max %.1f us, %.2f nodes looked at\n",
        made / took, 1e6 * at_percent(steps, 50), 1e6 * at_percent(steps, 99),
        1e6 * at_percent(steps, 100),
        static_cast<double>(bench.visited() - visited) / std::max(1.0, made));
    std::printf(
        "              the search alone %.0f/s, naive first fit over all nodes %.0f/s: "
        "ratio %.1f; whole decision to naive search: %.1f\n",
        index, naive, index / naive, filled / fill / naive);
    CHECK(made > 0);
}

// What the manager's core, its views and this program's own lists take.
void measure_memory() {
    const Load load{10'000, 1000, 1000, 100};
    const std::int64_t before = resident_kib();
    Bench bench(load);
    const std::int64_t idle = resident_kib();
    bench.ask_all();
    bench.publish();
    const std::int64_t full = resident_kib();
    const auto containers = static_cast<double>(bench.running());
    const double own = containers * static_cast<double>(Bench::bytes_of_running()) / 1024;
    std::printf(
        "%d nodes, %d queues, %d applications: %.0f MiB; with %.0f containers %.0f MiB, %.0f bytes "
        "a container (of the %.0f MiB, %.0f are this program's own list)\n",
        load.nodes, load.queues, load.applications, static_cast<double>(idle - before) / 1024,
        containers, static_cast<double>(full - before) / 1024,
        (static_cast<double>(full - idle) - own) * 1024 / containers,
        static_cast<double>(full - before) / 1024, own / 1024);
}

}  // namespace
}  // namespace heddle::rm

int main(int argc, char** argv) {
    heddle::log::init("bench_scheduler", heddle::log::Level::Error);
    using heddle::rm::measure;
    const auto number = [&](int index, int otherwise) {
        return argc > index ? std::max(1, std::atoi(argv[index])) : otherwise;
    };
    const std::string mode = argc > 1 ? argv[1] : "";
    if (mode == "--quick") {
        measure({50}, 500);
        measure({50, 100, 200}, 500);
    } else if (mode == "--memory") {
        heddle::rm::measure_memory();
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
