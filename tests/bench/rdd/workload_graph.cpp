// PageRank over a random graph whose targets are skewed; every node has links. The baseline that
// counts has the same form as the program: ranks are looked up by 64-bit keys and summed up in a
// table with prefetch. What dense arrays can do, if ids happen to be small numbers, is shown
// beside.

#include <array>
#include <cmath>
#include <memory>
#include <vector>

#include "common/rdd/hash.h"
#include "tests/bench/rdd/measure.h"
#include "tests/bench/rdd/workloads.h"

namespace heddle::bench {
namespace {

constexpr double kNodes = 1e6;
constexpr int kIterations = 10;
constexpr double kDamping = 0.85;
constexpr std::size_t kRing = 32;

using Links = std::pair<std::uint64_t, std::vector<std::uint64_t>>;
using Rank = std::pair<std::uint64_t, double>;

std::uint64_t id_of(std::uint64_t number) {
    return mixed(number);
}

// Numbers of the nodes that node `i` links to: 10 on average, low numbers more often.
std::vector<std::uint64_t> targets_of(std::uint64_t i, std::uint64_t nodes) {
    std::vector<std::uint64_t> targets(1 + mixed(i) % 19);
    for (std::size_t k = 0; k < targets.size(); ++k) {
        const double u = static_cast<double>(mixed(i * 32 + k) >> 11) / 9007199254740992.0;
        targets[k] = static_cast<std::uint64_t>(static_cast<double>(nodes) * u * u * u);
    }
    return targets;
}

struct GenerateLinks {
    std::uint64_t nodes = 0;
    std::uint64_t parts = 1;
    void operator()(const std::uint64_t& part, Emit<Links>& emit) const {
        for (std::uint64_t i = nodes * part / parts; i < nodes * (part + 1) / parts; ++i) {
            Links links{id_of(i), targets_of(i, nodes)};
            for (std::uint64_t& target : links.second) {
                target = id_of(target);
            }
            emit(links);
        }
    }
};

struct HandOn {
    void operator()(
        const std::pair<std::uint64_t, std::pair<std::vector<std::uint64_t>, double>>& node,
        Emit<Rank>& emit) const {
        const auto& [targets, rank] = node.second;
        emit(Rank(node.first, 0.0));
        const double share = rank / static_cast<double>(targets.size());
        for (const std::uint64_t target : targets) {
            emit(Rank(target, share));
        }
    }
};

// One table of sums per thread and half of the keys; the number of slots is fixed.
class RankTable {
public:
    explicit RankTable(std::uint64_t keys) {
        std::size_t slots = 1024;
        while (slots < keys * 2) {
            slots *= 2;
        }
        keys_.assign(slots, 0);
        sums_.assign(slots, 0);
    }
    std::size_t home(std::uint64_t key) const { return rdd::hash_number(key) & (keys_.size() - 1); }
    void prefetch(std::size_t at) const {
        __builtin_prefetch(&keys_[at], 1);
        __builtin_prefetch(&sums_[at], 1);
    }
    void add(std::uint64_t key, std::size_t at, double value) {
        while (keys_[at] != key && keys_[at] != 0) {
            at = (at + 1) & (keys_.size() - 1);
        }
        keys_[at] = key;
        sums_[at] += value;
    }
    double at(std::uint64_t key) const {
        std::size_t at = home(key);
        while (keys_[at] != key) {
            at = (at + 1) & (keys_.size() - 1);
        }
        return sums_[at];
    }
    void clear() { sums_.assign(sums_.size(), 0); }

private:
    std::vector<std::uint64_t> keys_;  // 0: free; no id is 0 here
    std::vector<double> sums_;
};

// Adds with the slots of the next additions under way to the cache.
class Ring {
public:
    explicit Ring(RankTable& table) : table_(table) {}
    ~Ring() {
        for (std::size_t i = count_ < kRing ? 0 : count_ - kRing; i < count_; ++i) {
            put(waiting_[i % kRing]);
        }
    }
    Ring(const Ring&) = delete;
    Ring& operator=(const Ring&) = delete;
    void add(std::uint64_t key, double value) {
        Waiting& place = waiting_[count_ % kRing];
        if (count_ >= kRing) {
            put(place);
        }
        place = {key, table_.home(key), value};
        table_.prefetch(place.at);
        ++count_;
    }

private:
    struct Waiting {
        std::uint64_t key;
        std::size_t at;
        double value;
    };
    void put(const Waiting& place) { table_.add(place.key, place.at, place.value); }

    RankTable& table_;
    std::array<Waiting, kRing> waiting_{};
    std::size_t count_ = 0;
};

struct Graph {
    std::vector<std::uint64_t> ids;
    std::vector<std::size_t> starts{0};
    std::vector<std::uint64_t> targets;
};

Graph make_graph(std::uint64_t nodes, bool dense) {
    Graph graph;
    for (std::uint64_t i = 0; i < nodes; ++i) {
        graph.ids.push_back(dense ? i : id_of(i));
        for (const std::uint64_t target : targets_of(i, nodes)) {
            graph.targets.push_back(dense ? target : id_of(target));
        }
        graph.starts.push_back(graph.targets.size());
    }
    return graph;
}

// Adds what the nodes of one part hand on, given their ranks.
template <typename RankOf, typename Add>
void hand_on(const Graph& graph, int part, int parts, RankOf rank_of, Add add) {
    const auto p = static_cast<std::size_t>(part);
    const auto n = static_cast<std::size_t>(parts);
    for (std::size_t i = graph.ids.size() * p / n; i < graph.ids.size() * (p + 1) / n; ++i) {
        const double share =
            rank_of(graph.ids[i]) / static_cast<double>(graph.starts[i + 1] - graph.starts[i]);
        for (std::size_t k = graph.starts[i]; k < graph.starts[i + 1]; ++k) {
            add(graph.targets[k], share);
        }
    }
}

double rank_by_hash(const Graph& graph, int threads) {
    const auto nodes = static_cast<double>(graph.ids.size());
    std::vector<std::unique_ptr<RankTable>> sums;
    for (int t = 0; t < threads; ++t) {
        sums.push_back(std::make_unique<RankTable>(graph.ids.size()));
    }
    RankTable ranks(graph.ids.size());
    for (const std::uint64_t id : graph.ids) {
        ranks.add(id, ranks.home(id), 1 / nodes);
    }
    for (int iteration = 0; iteration < kIterations; ++iteration) {
        on_threads(threads, [&](int t) {
            RankTable& mine = *sums[static_cast<std::size_t>(t)];
            mine.clear();
            Ring ring(mine);
            hand_on(
                graph, t, threads, [&](std::uint64_t id) { return ranks.at(id); },
                [&](std::uint64_t id, double value) { ring.add(id, value); });
            for (const std::uint64_t id : graph.ids) {
                ring.add(id, 0.0);
            }
        });
        ranks.clear();
        Ring ring(ranks);
        for (const std::uint64_t id : graph.ids) {
            double sum = 0;
            for (const auto& part : sums) {
                sum += part->at(id);
            }
            ring.add(id, (1 - kDamping) / nodes + kDamping * sum);
        }
    }
    return ranks.at(graph.ids[0]);
}

double rank_by_arrays(const Graph& graph, int threads) {
    const auto nodes = static_cast<double>(graph.ids.size());
    std::vector<std::vector<double>> sums(static_cast<std::size_t>(threads));
    std::vector<double> ranks(graph.ids.size(), 1 / nodes);
    for (int iteration = 0; iteration < kIterations; ++iteration) {
        on_threads(threads, [&](int t) {
            std::vector<double>& mine = sums[static_cast<std::size_t>(t)];
            mine.assign(graph.ids.size(), 0);
            hand_on(
                graph, t, threads, [&](std::uint64_t id) { return ranks[id]; },
                [&](std::uint64_t id, double value) { mine[id] += value; });
        });
        for (std::size_t i = 0; i < ranks.size(); ++i) {
            double sum = 0;
            for (const auto& part : sums) {
                sum += part[i];
            }
            ranks[i] = (1 - kDamping) / nodes + kDamping * sum;
        }
    }
    return ranks[0];
}

struct FirstRank {
    double rank = 0;
    double operator()(const std::vector<std::uint64_t>&) const { return rank; }
};
struct NextRank {
    double even = 0;
    double operator()(double sum) const { return even + kDamping * sum; }
};

// The rank of node 0 after all iterations.
double rank_by_heddle(const Rdd<Links>& links, double nodes) {
    auto ranks = links.map_values(FirstRank{1 / nodes});
    for (int iteration = 0; iteration < kIterations; ++iteration) {
        ranks = links.join(ranks)
                    .flat_map(HandOn{})
                    .reduce_by_key([](double a, double b) { return a + b; })
                    .map_values(NextRank{(1 - kDamping) / nodes});
    }
    return ranks.lookup(id_of(0)).at(0);
}

}  // namespace

void bench_page_rank(Context& context, const Scale& scale) {
    const std::uint64_t nodes = scale.count(kNodes);
    double theirs = 0;
    double dense = 0;
    std::size_t edges = 0;
    Cost hand;
    Cost arrays;
    {
        const Graph graph = make_graph(nodes, false);
        edges = graph.targets.size();
        hand = best_of([&] { theirs = rank_by_hash(graph, scale.threads); });
    }
    {
        const Graph graph = make_graph(nodes, true);
        arrays = best_of([&] { dense = rank_by_arrays(graph, scale.threads); });
    }
    require_equal("PageRank by arrays", dense, theirs, 1e-9);
    const Rdd<Links> links =
        context.parallelize(thread_numbers(scale.threads), scale.threads)
            .flat_map(GenerateLinks{nodes, static_cast<std::uint64_t>(scale.threads)})
            .partition_by(scale.threads);
    links.persist();
    (void)links.count();
    double mine = 0;
    const Cost heddle = best_of([&] { mine = rank_by_heddle(links, static_cast<double>(nodes)); });
    links.unpersist(true);
    require_equal("PageRank", mine, theirs, 1e-9);
    const double work = static_cast<double>(edges) * kIterations / 1e6;
    report("PageRank", work, "M edges/s", heddle, hand);
    report("  against arrays", work, "M edges/s", heddle, arrays, {775, 100});
}

}  // namespace heddle::bench
