// Walks over the narrow part of a lineage. Each (RDD, partition) is visited once, so that diamonds
// cost no more than chains.
#include "client/driver/core/locality.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "common/base/check.h"

namespace heddle::driver {

namespace {

using Place = std::pair<rdd::RddId, rdd::Partition>;

// Depth first, children before parents. `visit` answers whether to look behind the node.
template <typename Visit>
void walk(const rdd::Plan& plan, rdd::RddId root, rdd::Partition partition, const Visit& visit) {
    std::vector<Place> open{{root, partition}};
    std::set<Place> seen;
    while (!open.empty()) {
        const Place place = open.back();
        open.pop_back();
        if (!seen.insert(place).second) {
            continue;
        }
        const rdd::RddNode* node = plan.find(place.first);
        CHECK(node != nullptr);
        if (!visit(*node, place.second)) {
            continue;
        }
        for (auto it = node->dependencies.rbegin(); it != node->dependencies.rend(); ++it) {
            if (it->kind == rdd::DependencyKind::Shuffle) {
                continue;
            }
            if (const auto parent = rdd::parent_partition(*it, place.second)) {
                open.emplace_back(it->parent, *parent);
            }
        }
    }
}

void add_once(std::vector<std::string>& hosts, const std::string& host) {
    if (std::find(hosts.begin(), hosts.end(), host) == hosts.end()) {
        hosts.push_back(host);
    }
}

// Spark's numbers. Beyond them looking costs more than it brings, and no host has much.
constexpr std::size_t kOutputMapsMax = 1000;
constexpr std::int32_t kOutputReducesMax = 1000;
constexpr std::uint64_t kOutputPartMin = 5;  // a fifth of what the task reads

void add_output_hosts(Preference& found, const MapOutputs& outputs,
                      const rdd::Dependency& dependency, rdd::Partition reduce,
                      const ExecutorTable& executors) {
    if (outputs.maps(dependency.shuffle) >= kOutputMapsMax ||
        dependency.partitioner.partitions >= kOutputReducesMax) {
        return;
    }
    std::map<std::string, std::uint64_t> by_host;
    std::uint64_t all = 0;
    for (const auto& [id, bytes] : outputs.bytes_for(dependency.shuffle, reduce)) {
        all += bytes;
        const Executor* executor = executors.find(id);
        if (executor != nullptr && !executor->leaving) {
            by_host[executor->host] += bytes;
        }
    }
    for (const auto& [host, bytes] : by_host) {
        if (bytes > 0 && bytes >= all / kOutputPartMin) {
            add_once(found.hosts, host);
        }
    }
}

}  // namespace

std::string_view to_string(Locality locality) {
    switch (locality) {
        case Locality::Process:
            return "PROCESS_LOCAL";
        case Locality::Node:
            return "NODE_LOCAL";
        case Locality::NoPreference:
            return "NO_PREF";
        case Locality::Rack:
            return "RACK_LOCAL";
        case Locality::Any:
            return "ANY";
    }
    CHECK(false);
}

Duration LocalityWaits::at(Locality level) const {
    switch (level) {
        case Locality::Process:
            return process.value_or(all);
        case Locality::Node:
            return node.value_or(all);
        case Locality::Rack:
            return rack.value_or(all);
        case Locality::NoPreference:
        case Locality::Any:
            return {};
    }
    CHECK(false);
}

Preference preference(const rdd::Plan& plan, rdd::RddId root, rdd::Partition partition,
                      const BlockTable& blocks, const ExecutorTable& executors,
                      const MapOutputs* outputs) {
    Preference found;
    walk(plan, root, partition, [&](const rdd::RddNode& node, rdd::Partition at) {
        if (!found.none()) {
            return false;
        }
        const BlockTable::Holders* holders =
            node.storage.is_none() ? nullptr : blocks.find(node.id, at);
        if (holders != nullptr) {
            for (const auto& [id, holding] : *holders) {
                const Executor* executor = executors.find(id);
                CHECK(executor != nullptr);
                found.executors.push_back(id);
                add_once(found.hosts, executor->host);
            }
        } else if (!node.sources.empty()) {
            for (const auto& host : node.sources[static_cast<std::size_t>(at)].hosts) {
                add_once(found.hosts, host);
            }
        }
        if (outputs != nullptr && found.none()) {
            for (const rdd::Dependency& dependency : node.dependencies) {
                if (dependency.kind == rdd::DependencyKind::Shuffle) {
                    add_output_hosts(found, *outputs, dependency, at, executors);
                }
            }
        }
        return found.none();
    });
    return found;
}

std::vector<rdd::CachedAt> cached_inputs(const rdd::Plan& plan, rdd::RddId root,
                                         rdd::Partition partition, const BlockTable& blocks,
                                         rdd::ExecutorId reader) {
    std::vector<rdd::CachedAt> found;
    walk(plan, root, partition, [&](const rdd::RddNode& node, rdd::Partition at) {
        const BlockTable::Holders* holders =
            node.storage.is_none() ? nullptr : blocks.find(node.id, at);
        if (holders == nullptr) {
            return true;
        }
        for (const auto& [holder, holding] : *holders) {
            if (holder != reader) {
                found.push_back({rdd::BlockId::rdd(node.id, at), holder});
            }
        }
        return holders->count(reader) == 0;  // it may be gone when the task asks for it
    });
    return found;
}

std::vector<const rdd::Dependency*> shuffle_inputs(const rdd::Plan& plan, rdd::RddId root,
                                                   const BlockTable* blocks) {
    std::vector<const rdd::Dependency*> found;
    std::set<rdd::ShuffleId> shuffles;
    std::set<rdd::RddId> seen;
    std::vector<rdd::RddId> open{root};
    while (!open.empty()) {
        const rdd::RddId id = open.back();
        open.pop_back();
        if (!seen.insert(id).second) {
            continue;
        }
        const rdd::RddNode* node = plan.find(id);
        CHECK(node != nullptr);
        if (blocks != nullptr && !node->storage.is_none() && node->partitions > 0 &&
            blocks->all(id, node->partitions)) {
            continue;
        }
        for (auto it = node->dependencies.rbegin(); it != node->dependencies.rend(); ++it) {
            if (it->kind != rdd::DependencyKind::Shuffle) {
                open.push_back(it->parent);
            }
        }
        for (const rdd::Dependency& dependency : node->dependencies) {
            if (dependency.kind == rdd::DependencyKind::Shuffle &&
                shuffles.insert(dependency.shuffle).second) {
                found.push_back(&dependency);
            }
        }
    }
    return found;
}

}  // namespace heddle::driver
