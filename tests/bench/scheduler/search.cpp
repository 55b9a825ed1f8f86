#include "tests/bench/scheduler/search.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "common/base/prng.h"
#include "resourcemanager/core/placement.h"
#include "tests/bench/scheduler/cluster.h"

namespace heddle::rm::bench {
namespace {

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

std::optional<NodeIndex> first_fit(const std::vector<Resource>& free, const Resource& size) {
    for (NodeIndex node = 0; node < free.size(); ++node) {
        if (size.fits_in(free[node])) {
            return node;
        }
    }
    return std::nullopt;
}

}  // namespace

double naive_rate(int nodes, std::int64_t decisions) {
    std::vector<Resource> free;
    return search_rate(
        nodes, decisions, free, [&](const Resource& size) { return first_fit(free, size); },
        nullptr);
}

double index_rate(int nodes, std::int64_t decisions) {
    std::vector<Resource> free;
    FreeIndex index;
    return search_rate(
        nodes, decisions, free, [&](const Resource& size) { return index.find(size); }, &index);
}
double scan_rate(int nodes, int applications, std::int64_t decisions) {
    std::vector<Resource> free(static_cast<std::size_t>(nodes), kNode);
    std::vector<std::int64_t> used(static_cast<std::size_t>(applications));
    std::vector<std::pair<NodeIndex, std::size_t>> placed;
    const auto place = [&] {
        const auto least = std::min_element(used.begin(), used.end());
        const auto application = static_cast<std::size_t>(least - used.begin());
        const Resource size = size_of(static_cast<int>(application));
        const std::optional<NodeIndex> node = first_fit(free, size);
        if (node.has_value()) {
            free[*node] -= size;
            *least += size.memory_mib;
            placed.emplace_back(*node, application);
        }
        return node.has_value();
    };
    // As good as full from the start: the first fit looks far.
    for (NodeIndex node = 0; node + 1 < free.size(); ++node) {
        free[node] = {};
    }
    while (place()) {
    }
    Prng prng(1);
    const double start = now_seconds();
    std::int64_t made = 0;
    while (made < decisions && seconds_since(start) < 2) {
        const std::size_t pick = prng.below(placed.size());
        const auto [node, application] = placed[pick];
        placed[pick] = placed.back();
        placed.pop_back();
        const Resource size = size_of(static_cast<int>(application));
        free[node] += size;
        used[application] -= size.memory_mib;
        made += place() ? 1 : 0;
    }
    return static_cast<double>(made) / seconds_since(start);
}

}  // namespace heddle::rm::bench
