#pragma once

// Who may give room to whom: the queues as they will be when all that leaves is gone and all that
// is claimed is used, and the containers that could make way. Made anew for each look; it looks at
// applications, and at the containers that are leaving, not at all.

#include <cstdint>
#include <map>
#include <vector>

#include "resourcemanager/core/books.h"
#include "resourcemanager/core/preemption_candidates.h"
#include "resourcemanager/core/preemption_inside.h"

namespace heddle::rm {

const PreemptionConfig& preemption_config(const Books& books);

/// Holds no more than it is owed of memory, of vcores and of what `of` names beside these.
bool within(const Resource& used, const Resource& guaranteed, const Resource& of = {});
/// Holds at least what it is owed of memory or of vcores, or of anything that `of` names.
bool reaches(const Resource& used, const Resource& guaranteed, const Resource& of = {});
/// One of each named resource that both have: what taking the one does for the other.
Resource named_in_both(const Resource& a, const Resource& b);

/// On the nodes of one label: what others hold and are owed there is another matter.
class Balance {
public:
    Balance(const Books& books, const std::string& label);

    LabelIndex label() const { return label_; }

    Candidates& candidates() { return candidates_; }
    const Resource& left(QueueIndex index) const { return left_[index]; }
    const Resource& promised(QueueIndex index) const { return promised_[index]; }
    const Resource& in_flight() const { return in_flight_; }  // of all labels

    /// A claim on this label: its size goes to its leaf, its victims leave theirs in any case.
    void promise(const Claim& claim, const Resource& victims);
    void leave(const Candidate& candidate, int sign);
    void fly(const Resource& size, int sign);

    /// Whether anybody is owed room for one more such container for the leaf.
    bool owed(QueueIndex leaf, const Resource& size) const;

    /// Whether the container may make way for one of `size` in `leaf`. What both have in common
    /// above them does not change; below that the one that gets stays within what it is owed, and
    /// none that gives falls below that. What is lent makes way for anybody who names the label.
    bool may_take(const Candidate& victim, QueueIndex leaf, QueueIndex scope, const Resource& size);

    /// Whether so much more of a leaf may be asked back now: of what it holds beyond what it is
    /// owed, the rest is expected to end by itself. `own`: what the same claim takes of it already;
    /// a claim that nothing goes before takes what it needs, or what is larger than that part could
    /// never make way.
    bool may_ask_back(const Candidate& victim, const Resource& own) const;

    const Inside& inside() const { return inside_; }
    /// As may_take(), from another application of the ask's own leaf. Masters and commands never.
    bool may_take_inside(const Candidate& victim, const Demand& demand) const;
    /// Whether the leaf, and those above it, hold what they are owed when so much has made way for
    /// the ask, or no less than before. `there`: what of it does not count as gone yet.
    bool keeps_guarantee(const Demand& demand, const Resource& taken, const Resource& there) const;

    bool in_budget(const Resource& more) const;
    /// As in_budget(), of what makes way inside the leaf at one time; one claim always may.
    bool in_budget_inside(QueueIndex leaf, const Resource& more) const;
    /// Nothing leaves now: then one claim may be beyond the budget, or what is larger than that
    /// could never make way.
    bool idle() const { return in_flight_.is_zero(); }

private:
    bool owed_at(QueueIndex index, const Resource& size) const;
    bool over(QueueIndex leaf, const Resource& of) const;
    bool keeps_guarantee(QueueIndex queue, const Candidate& victim, const Resource& of) const;
    void count_leaving(const ContainerId& id);
    void note_users();

    const Resource& guaranteed(QueueIndex index) const {
        return part_of(books_.queues.at(index), label_).entitled.guaranteed;
    }

    const Books& books_;
    LabelIndex label_ = 0;
    std::vector<Resource> left_;
    std::vector<Resource> promised_;
    std::vector<Resource> coming_;  // by claims
    std::map<QueueIndex, Resource> flying_inside_;
    Candidates candidates_;
    Inside inside_;
    Resource in_flight_;
};

}  // namespace heddle::rm
