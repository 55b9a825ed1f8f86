#pragma once

// The containers that could make way, on the nodes of one label. There may be hundreds of
// thousands, and no message waits while they are looked at: so of queues that have to give, the
// newest containers of the least important applications say which nodes are tried first, and only
// of a node that is tried are all containers looked at.

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "resourcemanager/core/books.h"

namespace heddle::rm {

/// Containers that say which nodes are tried first for asks of other queues, of all queues
/// together.
constexpr std::size_t kFirstCandidates = 1024;

struct Candidate {
    ContainerId id;
    QueueIndex leaf = 0;
    NodeIndex node = 0;
    Resource size;
    bool master = false;
    std::int32_t priority = 0;
    TimePoint since;
    bool taken = false;
    bool lent = false;  // its ask named no label, and the node has one
    UserIndex user = 0;
};

class Candidates {
public:
    Candidates(const Books& books, LabelIndex label);

    /// Those of a node, least work lost first. They stay where they are.
    std::vector<Candidate>& on_node(NodeIndex node);

    /// The first of all queues that hold more than they are owed, and of what is lent; of one leaf
    /// without masters and what is lent.
    const std::vector<Candidate>& first();
    const std::vector<Candidate>& first_of(QueueIndex leaf);

    /// Whether the leaf has containers that are no masters.
    bool has_ordinary(QueueIndex leaf);

private:
    void sort(std::vector<Candidate>& candidates) const;
    std::optional<Candidate> candidate(const Container& container) const;
    bool gives(QueueIndex leaf) const;
    bool has_lent(QueueIndex leaf) const;
    std::vector<Candidate> newest_of(QueueIndex leaf, std::size_t count) const;
    void add_newest(const Application& application, std::size_t count,
                    std::vector<Candidate>& found) const;

    const Books& books_;
    LabelIndex label_;
    std::map<QueueIndex, std::vector<const Application*>> applications_;  // with containers
    std::map<NodeIndex, std::vector<Candidate>> by_node_;
    std::optional<std::vector<Candidate>> first_;
    std::map<QueueIndex, std::vector<Candidate>> first_of_;
    std::map<QueueIndex, bool> has_ordinary_;
};

}  // namespace heddle::rm
