#pragma once

// The manager's books: every noun's table, and the step that is being made. The handlers (on_*.h,
// lifecycle.h, containers.h, scheduling.h) are functions over these.

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/base/prng.h"
#include "common/base/time.h"
#include "resourcemanager/core/application_table.h"
#include "resourcemanager/core/ask_book.h"
#include "resourcemanager/core/attribute_index.h"
#include "resourcemanager/core/claims.h"
#include "resourcemanager/core/config.h"
#include "resourcemanager/core/container_table.h"
#include "resourcemanager/core/created_queues.h"
#include "resourcemanager/core/deadlines.h"
#include "resourcemanager/core/effect.h"
#include "resourcemanager/core/event.h"
#include "resourcemanager/core/node_table.h"
#include "resourcemanager/core/offer.h"
#include "resourcemanager/core/opportunistic_book.h"
#include "resourcemanager/core/placement.h"
#include "resourcemanager/core/queue_tree.h"
#include "resourcemanager/core/release_rate.h"
#include "resourcemanager/core/reservation_book.h"
#include "resourcemanager/core/resize_book.h"
#include "resourcemanager/core/scheduler_health.h"
#include "resourcemanager/core/scheduler_history.h"
#include "resourcemanager/core/tag_index.h"
#include "resourcemanager/core/views.h"
#include "resourcemanager/core/waiting_list.h"

namespace heddle::rm {

/// What a save is for, so that its answer finds its place.
struct PendingSave {
    enum class Kind {
        Submission,        // refused if it fails
        Kill,              // refused if it fails
        Change,            // refused if it fails
        AttemptAllocated,  // this and the following are tried again until they succeed
        AttemptEnd,
        ApplicationEnd,
        Removal,
        NodeRegistration,  // the node is refused and comes again
        NodeLost,          // not tried again: the next restart waits for it, no more
        NodeForgotten,     // tried again
        NodeChange,        // refused if it fails
        NodeDrained,       // of a record as it is; not tried again: the next save has it
        Scheduler,         // refused if it fails
        Ids,               // the requests that wait are refused
        NodesChange,       // of several at once; refused if it fails
    };
    Kind kind = Kind::Submission;
    ApplicationId application;
    AttemptId attempt;
    NodeIndex node = 0;
    ConnectionId connection;
    std::int64_t sequences = 0;
    bool has_record = false;  // of the application: see carried_saves.h
    std::vector<NodeIndex> nodes = {};
    RequestId request = {};  // of NodesChange
};

/// A node whose registration waits for its record to be saved.
struct PendingRegistration {
    ConnectionId connection;
    NodeRegister message;
    WallTime lost;  // what the store said when the save was issued
};

/// Notes what has changed, again and again in any order; publication sorts it out.
template <typename Id>
class Noted {
public:
    void insert(const Id& id) {
        if (ids_.empty() || !(ids_.back() == id)) {
            ids_.push_back(id);
        }
    }
    /// Each once, in order; empty afterwards.
    std::vector<Id> take() {
        std::sort(ids_.begin(), ids_.end());
        ids_.erase(std::unique(ids_.begin(), ids_.end()), ids_.end());
        return std::exchange(ids_, {});
    }

private:
    std::vector<Id> ids_;
};

/// What is different since the last publication.
struct ChangeLog {
    Noted<NodeIndex> nodes;
    Noted<ApplicationId> applications;
    Noted<ContainerId> containers;
    std::vector<NodeId> nodes_forgotten;
    std::vector<AppTransition> app_transitions;
    std::vector<AttemptTransition> attempt_transitions;
    bool cluster = true;
};

struct Counters {
    std::int64_t submitted = 0;
    std::int64_t finished = 0;
    std::int64_t failed = 0;
    std::int64_t killed = 0;
    std::int64_t grants = 0;
    std::int64_t messages_stale = 0;
    std::int64_t saves_failed = 0;
};

struct Books {
    explicit Books(Config the_config);

    Config config;
    Prng prng;

    // The step.
    TimePoint now;
    WallTime wall;
    Effects* effects = nullptr;

    // Since Booted.
    bool booted = false;
    bool settled = false;
    std::int64_t epoch = 0;
    std::int64_t cluster_timestamp = 0;
    WallTime started;
    TimePoint listening_since;  // silence before this does not count

    NodeTable nodes;
    ContainerTable containers;
    ApplicationTable applications;
    QueueTree queues;
    AskBook asks;
    FreeIndex free;
    FreeIndex capacity;  // the whole of each node that takes containers
    TagIndex tags;
    AttributeIndex attributes;
    std::vector<ContainerId> placed;  // in this step, in order
    ReleaseRate releases;
    Claims claims;
    ReservationBook reservations;
    GangBook gangs;
    OpportunisticBook opportunistic;
    ResizeBook resizes;
    Deadlines deadlines;

    // Saves.
    std::uint64_t batch_last = 0;
    std::map<BatchId, PendingSave> saves;
    std::map<std::int64_t, PendingSave> saves_to_retry;  // by the batch that failed
    std::map<NodeIndex, PendingRegistration> registrations;

    SchedulerHistory scheduler;
    CreatedQueues created;

    // Application ids.
    std::int64_t ids_next = 1;
    std::int64_t ids_reserved = 0;
    std::int64_t ids_of_earlier_epochs = 0;
    bool ids_saving = false;
    std::vector<RequestId> id_waits;

    // Secrets.
    std::deque<std::string> secrets;
    bool secrets_asked = false;
    std::deque<ApplicationId> secret_waits;

    std::deque<ApplicationId> completed;  // oldest first
    std::vector<AttemptId> with_news;
    bool size_check_armed = false;
    Offer offer;

    Counters counters;
    SchedulerHealth health;
    ChangeLog changes;
    View view;            // as published, kept up to date by publish()
    WaitingList waiting;  // as the view shows it
    std::vector<std::shared_ptr<const QueueTerms>> terms;  // by queue, as the view shows them
    std::uint64_t terms_computed = 0;

    template <typename E>
    void emit(E&& effect) {
        effects->push_back(Effect(std::forward<E>(effect)));
    }

    void changed(const Application& application) {
        changes.applications.insert(application.id());
        changes.cluster = true;
    }
    void changed(const Node& node) {
        changes.nodes.insert(node.index);
        changes.cluster = true;
    }
    void changed(const Container& container) { changes.containers.insert(container.id); }

    Application& application_of(const AttemptId& attempt);
    /// Issues a save with its continuation.
    void save(PendingSave continuation, std::vector<StoreChange> what);

    Duration node_expiry() const;
    Duration master_expiry() const;
    /// After this long without an answer an order is sent again.
    Duration resend_after() const { return config.heartbeat_interval * 2; }

    void check() const;
};

}  // namespace heddle::rm
