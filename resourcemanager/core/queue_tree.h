#pragma once

// The queues: root, and the leaves that take applications. A leaf orders its applications first in,
// first out; between leaves the one that uses least comes first. Use is charged to a leaf and to
// all above it, so that limits and weights can be looked up walking up.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/resource.h"
#include "common/base/result.h"
#include "resourcemanager/core/config.h"

namespace heddle::rm {

using QueueIndex = std::uint32_t;

struct Queue {
    std::string path;
    std::string name;
    QueueIndex parent = 0;  // root is its own
    bool leaf = true;
    bool removed = false;  // not configured any more; keeps its index, and comes back under it
    Resource used;
    Resource used_by_masters;
    std::int32_t containers = 0;
    std::int32_t applications = 0;  // accepted and not over
    std::int32_t running = 0;
};

class QueueTree {
public:
    /// Every part of a path becomes a queue; the last is a leaf. Requires at least one leaf.
    explicit QueueTree(const std::vector<QueueConfig>& leaves);

    /// Another set of queues. Indexes of queues that stay are what they were. Requires that no
    /// application is in a leaf that goes or gets queues below it.
    void reconfigure(const std::vector<QueueConfig>& queues);

    /// The leaf at `path`: a full path, its last name if only one leaf is so called, or empty for
    /// the default. Errors: NotFound.
    Result<QueueIndex> find_leaf(std::string_view path) const;

    const Queue& at(QueueIndex index) const { return queues_[index]; }
    std::size_t size() const { return queues_.size(); }

    void charge(QueueIndex leaf, const Resource& size, bool master);
    void refund(QueueIndex leaf, const Resource& size, bool master);
    void count_application(QueueIndex leaf, std::int32_t change);
    void count_running(QueueIndex leaf, std::int32_t change);

    /// Whether leaf `a` is served before `b`: the smaller dominant share of `total`, then the order
    /// of configuration.
    bool before(QueueIndex a, QueueIndex b, const Resource& total) const;

    void check() const;

private:
    template <typename Change>
    void walk_up(QueueIndex leaf, Change&& change);

    std::vector<Queue> queues_;  // parents before children; 0 is root
    std::map<std::string, QueueIndex, std::less<>> by_path_;
    QueueIndex default_leaf_ = 0;
};

}  // namespace heddle::rm
