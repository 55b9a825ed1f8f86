// Groups of partitions that lie together.
#include "client/api/coalesce.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace heddle::api {

namespace {

// Which groups are of which machine: as many as it has partitions, of `count` in all. Machines with
// many partitions come first, so that rounding is at the expense of those with few.
std::map<std::string, std::vector<std::size_t>> deal_groups(
    const std::map<std::string, std::int64_t>& partitions_at, std::int32_t count) {
    std::vector<std::pair<std::int64_t, std::string>> machines;
    std::int64_t total = 0;
    for (const auto& [host, partitions] : partitions_at) {
        machines.emplace_back(-partitions, host);
        total += partitions;
    }
    std::sort(machines.begin(), machines.end());
    std::map<std::string, std::vector<std::size_t>> groups;
    std::size_t next = 0;
    std::int64_t seen = 0;
    for (const auto& [less, host] : machines) {
        seen -= less;
        const auto end = static_cast<std::size_t>((seen * count + total - 1) / total);
        while (next < std::min(end, static_cast<std::size_t>(count))) {
            groups[host].push_back(next++);
        }
    }
    return groups;
}

}  // namespace

std::vector<PartitionGroup> groups_by_place(const std::vector<std::vector<std::string>>& hosts,
                                            std::int32_t count) {
    std::map<std::string, std::int64_t> partitions_at;
    bool alike = true;
    for (const std::vector<std::string>& at : hosts) {
        alike = alike && at == hosts.front();
        for (const std::string& host : at) {
            ++partitions_at[host];
        }
    }
    if (alike) {
        return {};
    }
    const auto of_host = deal_groups(partitions_at, count);
    const std::size_t mean =
        (hosts.size() + static_cast<std::size_t>(count) - 1) / static_cast<std::size_t>(count);
    const std::size_t most = mean + (mean + 9) / 10;
    std::vector<PartitionGroup> groups(static_cast<std::size_t>(count));
    std::vector<std::int32_t> rest;
    for (std::size_t i = 0; i < hosts.size(); ++i) {
        PartitionGroup* best = nullptr;  // the smallest of its machines' that has room
        for (const std::string& host : hosts[i]) {
            const auto mine = of_host.find(host);
            for (const std::size_t group :
                 mine == of_host.end() ? std::vector<std::size_t>() : mine->second) {
                if (groups[group].size() < (best == nullptr ? most : best->size())) {
                    best = &groups[group];
                }
            }
        }
        if (best == nullptr) {
            rest.push_back(static_cast<std::int32_t>(i));
        } else {
            best->push_back(static_cast<std::int32_t>(i));
        }
    }
    for (const std::int32_t partition : rest) {
        std::min_element(groups.begin(), groups.end(), [](const auto& a, const auto& b) {
            return a.size() < b.size();
        })->push_back(partition);
    }
    std::erase_if(groups, [](const PartitionGroup& group) { return group.empty(); });
    for (PartitionGroup& group : groups) {
        std::sort(group.begin(), group.end());
    }
    std::sort(groups.begin(), groups.end());
    return groups;
}

}  // namespace heddle::api
