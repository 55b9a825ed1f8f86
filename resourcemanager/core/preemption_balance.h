#pragma once

// Who may give room to whom: the queues as they will be when all that leaves is gone and all that
// is claimed is used, and the containers that could make way. Made anew for each look; it counts
// every container once.

#include <cstdint>
#include <map>
#include <vector>

#include "resourcemanager/core/books.h"

namespace heddle::rm {

struct Candidate {
    ContainerId id;
    QueueIndex leaf = 0;
    NodeIndex node = 0;
    Resource size;
    bool master = false;
    std::int32_t priority = 0;
    TimePoint since;
    bool taken = false;
};

const PreemptionConfig& preemption_config(const Books& books);

/// Holds no more than it is owed: by the resource of which it holds most, as queues are ordered.
bool within(const Resource& used, const Resource& guaranteed);

class Balance {
public:
    explicit Balance(const Books& books);

    /// Least work lost first.
    std::vector<Candidate>& candidates() { return candidates_; }
    const std::vector<std::size_t>& on_node(NodeIndex node) { return by_node_[node]; }
    const Resource& left(QueueIndex index) const { return left_[index]; }
    const Resource& promised(QueueIndex index) const { return promised_[index]; }
    const Resource& in_flight() const { return in_flight_; }

    void promise(QueueIndex leaf, const Resource& size, int sign);
    void leave(QueueIndex leaf, const Resource& size, int sign);
    void fly(const Resource& size, int sign);

    /// Whether anybody is owed room for one more such container for the leaf.
    bool owed(QueueIndex leaf, const Resource& size) const;

    /// Whether the container may make way for one of `size` in `leaf`. What both have in common
    /// above them does not change; below that the one that gets stays within what it is owed, and
    /// none that gives falls below that.
    bool may_take(const Candidate& victim, QueueIndex leaf, QueueIndex scope,
                  const Resource& size) const;

    bool in_budget(const Resource& more) const;

private:
    bool owed_at(QueueIndex index, const Resource& size) const;
    bool over(QueueIndex leaf) const;
    void count(const Container& container);

    const Books& books_;
    std::vector<Resource> left_;
    std::vector<Resource> promised_;
    std::vector<std::int64_t> ordinary_;
    std::vector<Candidate> candidates_;
    std::map<NodeIndex, std::vector<std::size_t>> by_node_;
    Resource in_flight_;
};

}  // namespace heddle::rm
