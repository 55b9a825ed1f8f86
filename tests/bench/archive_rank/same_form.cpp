// The main job (docs/archive_rank.md) in plain C++ with two threads, without Heddle, in the form in
// which the RDD program states it: text keys throughout, link lists and ranks partitioned by hash,
// every round a hash join of the two, a combine in front of the exchange and one behind it. Careful
// within that form: names are owned once, a key is hashed once per record and exchange, probes run
// behind a prefetch, tables are used again. It is what a program of this form can reach, so the
// runtime's time is divided by it.
//
//   same_form INDEX [OUT]     prints "text S" and "rounds S" and, with OUT, writes both tables

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "common/rdd/arena.h"
#include "common/rdd/hash.h"
#include "tests/bench/archive_rank/index_by_hand.h"

namespace heddle::bench {
namespace {

constexpr std::uint32_t kParts = 6;  // as many as the program has splits
constexpr std::size_t kAhead = 24;

template <typename Value>
struct Keyed {
    std::uint64_t hash = 0;
    std::string_view name;
    Value value{};
};

// Open addressing; hash 0 marks an empty slot. Full to a half at most.
template <typename Value>
class NameTable {
public:
    void clear() {
        std::fill(slots_.begin(), slots_.end(), Keyed<Value>{});
        size_ = 0;
    }
    void prefetch(std::uint64_t hash) const {
        if (!slots_.empty()) {
            __builtin_prefetch(&slots_[hash & (slots_.size() - 1)], 1);
        }
    }
    /// The slot of the name: its own, or an empty one that the caller fills.
    Keyed<Value>& find(std::uint64_t hash, std::string_view name) {
        if (size_ * 2 >= slots_.size()) {
            grow();
        }
        std::size_t at = hash & (slots_.size() - 1);
        while (slots_[at].hash != 0 &&
               (slots_[at].hash != hash || !rdd::equal_text(slots_[at].name, name))) {
            at = (at + 1) & (slots_.size() - 1);
        }
        return slots_[at];
    }
    void filled() { ++size_; }
    template <typename Use>
    void each(const Use& use) {
        for (Keyed<Value>& slot : slots_) {
            if (slot.hash != 0) {
                use(slot);
            }
        }
    }

private:
    void grow() {
        std::vector<Keyed<Value>> old(std::max<std::size_t>(1 << 12, slots_.size() * 2));
        old.swap(slots_);
        for (Keyed<Value>& slot : old) {
            if (slot.hash != 0) {
                std::size_t at = slot.hash & (slots_.size() - 1);
                while (slots_[at].hash != 0) {
                    at = (at + 1) & (slots_.size() - 1);
                }
                slots_[at] = std::move(slot);
            }
        }
    }

    std::vector<Keyed<Value>> slots_;
    std::size_t size_ = 0;
};

using Sum = Keyed<double>;
using Exchange = std::array<std::array<std::vector<Sum>, kParts>, kParts>;  // [from][to]

// Sums by name, a few records behind a prefetch.
class Combine {
public:
    void clear() { table_.clear(); }
    void add(std::uint64_t hash, std::string_view name, double value) {
        if (n_ >= kAhead) {
            insert(ring_[n_ % kAhead]);
        }
        ring_[n_ % kAhead] = {hash, name, value};
        table_.prefetch(hash);
        ++n_;
    }
    template <typename Use>
    void drain(const Use& use) {
        for (std::size_t i = n_ < kAhead ? 0 : n_ - kAhead; i < n_; ++i) {
            insert(ring_[i % kAhead]);
        }
        n_ = 0;
        table_.each(use);
    }

private:
    void insert(const Sum& sum) {
        Sum& slot = table_.find(sum.hash, sum.name);
        if (slot.hash == 0) {
            slot = sum;
            table_.filled();
        } else {
            slot.value += sum.value;
        }
    }

    NameTable<double> table_;
    std::array<Sum, kAhead> ring_;
    std::size_t n_ = 0;
};

std::uint64_t hash_of(std::string_view name) {
    return rdd::hash_text(name) | 1;
}

std::uint32_t part_of(std::uint64_t hash) {
    return rdd::partition_of(hash, kParts);
}

// Runs work(thread, part) for all parts on two threads.
template <typename Work>
void for_parts(const Work& work) {
    std::atomic<std::uint32_t> next{0};
    in_two(kThreads, [&](std::size_t thread, std::size_t, std::size_t) {
        for (std::uint32_t part = next++; part < kParts; part = next++) {
            work(thread, part);
        }
    });
}

using Names = std::vector<std::string_view>;
using Links = Keyed<Names>;

struct Graph {
    std::array<std::vector<Links>, kParts> links;
    std::array<rdd::Arena, kParts> names;
    std::size_t nodes = 0;
};

// What each half says about a name, dealt out by hash.
using Said = std::array<std::array<std::vector<Links>, kParts>, kThreads>;

void say(const Parsed& half, std::array<std::vector<Links>, kParts>& out) {
    for (const Package& package : half.packages) {
        for (const std::string_view target : package.targets) {
            const std::uint64_t hash = hash_of(target);
            out[part_of(hash)].push_back({hash, target, {}});
        }
        const std::uint64_t hash = hash_of(package.name);
        out[part_of(hash)].push_back({hash, package.name, package.targets});
    }
}

void merge(Names& names, Names& more) {
    if (names.empty()) {
        names = std::move(more);
    }
    if (more.empty()) {
        return;
    }
    Names merged;
    std::set_union(names.begin(), names.end(), more.begin(), more.end(),
                   std::back_inserter(merged));
    names = std::move(merged);
}

void gather(Said& said, std::uint32_t part, Graph& graph) {
    NameTable<Names> table;
    for (auto& half : said) {
        std::vector<Links>& records = half[part];
        for (std::size_t i = 0; i < records.size(); ++i) {
            if (i + kAhead < records.size()) {
                table.prefetch(records[i + kAhead].hash);
            }
            Links& slot = table.find(records[i].hash, records[i].name);
            if (slot.hash == 0) {
                slot = std::move(records[i]);
                table.filled();
            } else {
                merge(slot.value, records[i].value);
            }
        }
    }
    rdd::Arena& arena = graph.names[part];
    table.each([&](Links& slot) {
        slot.name = arena.store(slot.name);
        for (std::string_view& name : slot.value) {
            name = arena.store(name);
        }
        graph.links[part].push_back(std::move(slot));
    });
}

void build(const std::vector<Parsed>& halves, Graph& graph) {
    Said said;
    in_two(kThreads, [&](std::size_t thread, std::size_t, std::size_t) {
        say(halves[thread], said[thread]);
    });
    for_parts([&](std::size_t, std::uint32_t part) { gather(said, part, graph); });
    for (const auto& part : graph.links) {
        graph.nodes += part.size();
    }
}

class Ranking {
public:
    explicit Ranking(const Graph& graph) : graph_(graph) {
        for (std::uint32_t part = 0; part < kParts; ++part) {
            for (const Links& links : graph.links[part]) {
                ranks_[part].push_back(
                    {links.hash, links.name, 1.0 / static_cast<double>(graph.nodes)});
            }
        }
    }

    void round() {
        for_parts([this](std::size_t thread, std::uint32_t part) { send(thread, part); });
        std::array<double, kParts> dangling{};
        for_parts([&](std::size_t thread, std::uint32_t part) {
            dangling[part] = receive(thread, part);
        });
        double lost = 0;
        for (const double mass : dangling) {
            lost += mass;
        }
        const auto nodes = static_cast<double>(graph_.nodes);
        const double even = (1 - kDamping) / nodes + kDamping * lost / nodes;
        for_parts([&](std::size_t, std::uint32_t part) {
            for (Sum& rank : ranks_[part]) {
                rank.value = even + kDamping * rank.value;
            }
        });
    }

    std::vector<Rank> ranks() const {
        std::vector<Rank> all;
        for (const auto& part : ranks_) {
            for (const Sum& rank : part) {
                all.emplace_back(rank.name, rank.value);
            }
        }
        return all;
    }

private:
    // Joins a part's links with its ranks, sums by target, and deals the sums out.
    void send(std::size_t thread, std::uint32_t part) {
        NameTable<double>& ranks = joins_[thread];
        ranks.clear();
        for (const Sum& rank : ranks_[part]) {
            ranks.find(rank.hash, rank.name) = rank;
            ranks.filled();
        }
        Combine& sums = sums_[thread];
        sums.clear();
        const std::vector<Links>& links = graph_.links[part];
        for (std::size_t i = 0; i < links.size(); ++i) {
            if (i + kAhead < links.size()) {
                ranks.prefetch(links[i + kAhead].hash);
            }
            hand_on(links[i], ranks.find(links[i].hash, links[i].name).value, sums);
        }
        for (std::vector<Sum>& to : exchange_[part]) {
            to.clear();
        }
        sums.drain([&](const Sum& sum) { exchange_[part][part_of(sum.hash)].push_back(sum); });
    }

    static void hand_on(const Links& node, double rank, Combine& sums) {
        sums.add(node.hash, node.name, 0);
        if (node.value.empty()) {
            sums.add(hash_of({}), {}, rank);
            return;
        }
        const double share = rank / static_cast<double>(node.value.size());
        for (const std::string_view name : node.value) {
            sums.add(hash_of(name), name, share);
        }
    }

    // Sums what came for a part; answers what nodes without links had.
    double receive(std::size_t thread, std::uint32_t part) {
        Combine& sums = sums_[thread];
        sums.clear();
        for (const auto& from : exchange_) {
            for (const Sum& sum : from[part]) {
                sums.add(sum.hash, sum.name, sum.value);
            }
        }
        double dangling = 0;
        ranks_[part].clear();
        sums.drain([&](const Sum& sum) {
            if (sum.name.empty()) {
                dangling = sum.value;
            } else {
                ranks_[part].push_back(sum);
            }
        });
        return dangling;
    }

    const Graph& graph_;
    std::array<std::vector<Sum>, kParts> ranks_;
    Exchange exchange_;
    std::array<NameTable<double>, kThreads> joins_;
    std::array<Combine, kThreads> sums_;
};

int run(int argc, char** argv) {
    if (argc < 2 || argc > 3) {
        std::fprintf(stderr, "usage: same_form INDEX [OUT]\n");
        return 2;
    }
    Phases phases;
    const std::vector<Parsed> halves = read_index(argv[1]);
    if (halves.empty()) {
        return 1;
    }
    const Sections sections = all_sections(halves);
    Graph graph;
    build(halves, graph);
    phases.end("text");
    Ranking ranking(graph);
    for (int round = 0; round < kRounds; ++round) {
        ranking.round();
    }
    std::vector<Rank> ranks = ranking.ranks();
    const std::vector<Rank> top = top_ranks(ranks);
    phases.end("rounds");
    print_ranks(top);
    if (argc == 3) {
        write_tables(argv[2], sections, std::move(ranks));
    }
    return 0;
}

}  // namespace
}  // namespace heddle::bench

int main(int argc, char** argv) {
    return heddle::bench::run(argc, argv);
}
