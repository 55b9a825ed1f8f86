// The main job (docs/archive_rank.md) in plain C++ with two threads, without Heddle, in the form
// that is fastest: names interned once, the graph as compressed rows of dense ids, pull iteration
// without locks. What a general engine gives away by its form is the distance of same_form.cpp from
// here.
//
//   hand_written INDEX [OUT]     prints "text S" and "rounds S" and, with OUT, writes both tables

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <numeric>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "tests/bench/archive_rank/index_by_hand.h"

namespace heddle::bench {
namespace {

struct Graph {
    std::vector<std::string_view> names;
    std::vector<std::uint32_t> out_degree;
    std::vector<std::uint32_t> row;  // incoming edges of v: sources[row[v]] to sources[row[v+1]]
    std::vector<std::uint32_t> sources;
};

Graph build(const std::vector<Parsed>& parts) {
    Graph graph;
    std::unordered_map<std::string_view, std::uint32_t> ids;
    ids.reserve(1 << 17);
    const auto intern = [&](std::string_view name) {
        const auto [it, fresh] = ids.try_emplace(name, static_cast<std::uint32_t>(ids.size()));
        if (fresh) {
            graph.names.push_back(name);
        }
        return it->second;
    };
    std::vector<std::uint64_t> edges;
    for (const Parsed& part : parts) {
        for (const Package& package : part.packages) {
            const std::uint64_t source = intern(package.name);
            for (const std::string_view target : package.targets) {
                edges.push_back(source << 32 | intern(target));
            }
        }
    }
    std::ranges::sort(edges);  // packages of equal name share their edges
    edges.erase(std::unique(edges.begin(), edges.end()), edges.end());
    graph.out_degree.resize(graph.names.size());
    graph.row.resize(graph.names.size() + 1);
    for (const std::uint64_t edge : edges) {
        ++graph.out_degree[edge >> 32];
        ++graph.row[(edge & 0xffffffffU) + 1];
    }
    for (std::size_t v = 0; v < graph.names.size(); ++v) {
        graph.row[v + 1] += graph.row[v];
    }
    graph.sources.resize(edges.size());
    std::vector<std::uint32_t> next(graph.row.begin(), graph.row.end() - 1);
    for (const std::uint64_t edge : edges) {
        graph.sources[next[edge & 0xffffffffU]++] = static_cast<std::uint32_t>(edge >> 32);
    }
    return graph;
}

std::vector<double> rank(const Graph& graph) {
    const std::size_t count = graph.names.size();
    std::vector<double> ranks(count, 1.0 / static_cast<double>(count));
    std::vector<double> shares(count);
    std::vector<double> dangling(kThreads);
    for (int round = 0; round < kRounds; ++round) {
        in_two(count, [&](std::size_t thread, std::size_t begin, std::size_t end) {
            double lost = 0;
            for (std::size_t v = begin; v < end; ++v) {
                const std::uint32_t degree = graph.out_degree[v];
                shares[v] = degree == 0 ? 0 : ranks[v] / degree;
                lost += degree == 0 ? ranks[v] : 0;
            }
            dangling[thread] = lost;
        });
        const double base =
            (1 - kDamping + kDamping * (dangling[0] + dangling[1])) / static_cast<double>(count);
        in_two(count, [&](std::size_t, std::size_t begin, std::size_t end) {
            for (std::size_t v = begin; v < end; ++v) {
                double sum = 0;
                for (std::uint32_t e = graph.row[v]; e < graph.row[v + 1]; ++e) {
                    sum += shares[graph.sources[e]];
                }
                ranks[v] = base + kDamping * sum;
            }
        });
    }
    return ranks;
}

int run(int argc, char** argv) {
    if (argc < 2 || argc > 3) {
        std::fprintf(stderr, "usage: hand_written INDEX [OUT]\n");
        return 2;
    }
    Phases phases;
    const std::vector<Parsed> parts = read_index(argv[1]);
    if (parts.empty()) {
        return 1;
    }
    const Sections sections = all_sections(parts);
    const Graph graph = build(parts);
    phases.end("text");
    const std::vector<double> ranks = rank(graph);
    std::vector<Rank> named;
    named.reserve(ranks.size());
    for (std::size_t v = 0; v < ranks.size(); ++v) {
        named.emplace_back(graph.names[v], ranks[v]);
    }
    const std::vector<Rank> top = top_ranks(named);
    phases.end("rounds");
    print_ranks(top);
    if (argc == 3) {
        write_tables(argv[2], sections, std::move(named));
    }
    return 0;
}

}  // namespace
}  // namespace heddle::bench

int main(int argc, char** argv) {
    return heddle::bench::run(argc, argv);
}
