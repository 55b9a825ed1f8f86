#pragma once

// Applications and their attempts: what is known of each, in memory. What of it is on disk is said
// by record_of(); the rest is rebuilt from nodes and masters after a restart.

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/ids.h"
#include "common/base/resource.h"
#include "common/base/time.h"
#include "common/model/application.h"
#include "common/model/container.h"
#include "common/model/master_protocol.h"
#include "resourcemanager/core/container_table.h"
#include "resourcemanager/core/event.h"
#include "resourcemanager/core/id_map.h"
#include "resourcemanager/core/outbox.h"
#include "resourcemanager/core/preemption_record.h"
#include "resourcemanager/core/queue_tree.h"

namespace heddle::rm {

__extension__ using WideSum = __int128;

/// A container that has ended and whose master has not said that it knows. Until then its node
/// keeps the end too, so that it survives a restart of the manager.
struct EndedContainer {
    ContainerExit exit;
    AskKey key;
    NodeIndex node = 0;
    bool node_waits = false;  // for the acknowledgement
    bool counted = false;     // as unconfirmed in the ask book
    std::uint64_t news = 0;   // sequence of the news that told it in the present session; 0: none
    TimePoint news_sent;
};

struct Attempt {
    AttemptRecord record;
    AttemptState state = AttemptState::New;
    bool recovered = false;  // began under an earlier epoch
    bool asks_known = true;  // a recovered attempt's asks are not, before its first complete update

    // The master's end of the connection.
    ConnectionId connection;    // 0: none
    std::uint64_t session = 0;  // 0: not registered on it
    std::uint64_t updates_seen = 0;
    std::uint64_t news_sent = 0;
    Outbox<MasterNews> news;  // of this step
    bool news_waiting = false;
    TimePoint heard;
    std::string host;
    std::int32_t rpc_port = 0;
    /// Shared with containers; null: too large, and refused with every ask that names it.
    std::map<std::int32_t, std::shared_ptr<const LaunchSpec>> templates;

    std::set<ContainerId> containers;  // live ones, the master's too
    std::map<ContainerId, EndedContainer> ended;
    std::set<ContainerId> tombstones;  // of earlier epochs, over under this one: not to come back
    std::int64_t container_sequence = 0;
    std::optional<ContainerExit> master_exit;
    std::set<NodeId> blacklist;             // its master wants nothing there
    bool master_end_waits = false;          // its node waits for the acknowledgement
    std::int32_t increases = 0;             // asks of containers that grow, counted
    bool headroom_wanted = false;           // by its master
    std::optional<Resource> headroom_told;  // in the present session

    bool counts_as_failure() const {
        return record.state == AttemptState::Failed && record.final_status == FinalStatus::Failed;
    }
};

/// What a client changes of an application that lives: it holds once it is on disk.
struct ApplicationChange {
    RequestId request;
    std::optional<std::string> queue;  // a leaf's path
    std::optional<std::int32_t> priority;
    std::optional<WallTime> expires;   // 0: never
    std::optional<Error> failed = {};  // its own save; others that have it are under way
};

struct Application {
    std::shared_ptr<const ApplicationSubmission> submission;  // shared with views
    AppState state = AppState::New;
    QueueIndex queue = 0;
    std::uint64_t serial = 0;         // order of submission
    std::optional<AppState> outcome;  // decided: Finished, Failed or Killed
    FinalStatus final_status = FinalStatus::Undefined;
    std::string diagnostics;
    std::string tracking_url;
    WallTime submitted;
    WallTime launched;
    WallTime finished;
    bool kill_requested = false;  // on disk
    bool kill_saving = false;
    std::optional<Error> kill_failed;  // its own save; others that have it are under way
    std::string kill_reason;
    WallTime expires;        // its lifetime is over then; 0: never
    WallTime pending_until;  // it is ended then unless its master has registered once; 0: never
    SentWishes sent;
    std::deque<ApplicationChange> changes;  // the first is being saved
    std::int32_t progress_percent = 0;
    std::int64_t memory_mib_seconds = 0;
    std::int64_t vcore_seconds = 0;
    Resource allocated;
    Preempted preempted;  // since the manager started
    std::int32_t live_containers = 0;
    std::int32_t opportunistic_containers = 0;  // of them
    /// Of live containers: the sum of size times the moment since when, so that their use until now
    /// is known without looking at each. MiB (vcores) times milliseconds.
    WideSum memory_since = 0;
    WideSum vcores_since = 0;
    std::shared_ptr<const std::set<std::string>> template_artifacts;  // as in its view
    std::deque<Attempt> attempts;         // oldest first; addresses are stable
    std::deque<ContainerId> ended_shown;  // in the view, oldest first
    std::vector<RequestId> submit_waits;
    std::vector<RequestId> kill_waits;
    std::vector<RequestId> claim_waits;
    std::vector<RequestId> fail_waits;           // for the end of the present attempt to be on disk
    NamedCounts named_seconds;                   // as memory_mib_seconds, of everything else
    std::map<std::string, WideSum> named_since;  // as memory_since; none of them is zero

    const ApplicationId& id() const { return submission->id; }
    bool managed() const { return !submission->unmanaged; }
    bool command() const { return submission->kind == ApplicationKind::Command; }
    Attempt* current() { return attempts.empty() ? nullptr : &attempts.back(); }
    const Attempt* current() const { return attempts.empty() ? nullptr : &attempts.back(); }
    /// Its ordinary containers go on when an attempt fails and another one follows.
    bool keeps_containers() const { return submission->keep_containers && managed(); }
    /// An attempt that has failed will be followed by another one, or is not over.
    bool goes_on() const { return !outcome.has_value() && state != AppState::Killing; }
    /// Failed attempts that count at `now`.
    std::int32_t failures(WallTime now) const;
    std::int32_t attempts_max() const;
};

/// What is, or is to be, on disk of an application: with what is being saved.
ApplicationRecord record_of(const Application& application);

class ApplicationTable {
public:
    Application* find(const ApplicationId& id);
    const Application* find(const ApplicationId& id) const;
    /// The attempt, or null; it need not be the current one.
    Attempt* find(const AttemptId& id);
    const Attempt* find(const AttemptId& id) const;

    Application& add(ApplicationSubmission submission);
    void erase(const ApplicationId& id);

    /// In id order.
    IndexedMap<ApplicationId, Application>& all() { return by_id_; }
    const IndexedMap<ApplicationId, Application>& all() const { return by_id_; }

    void add_token(const std::string& token, const AttemptId& attempt);
    std::optional<AttemptId> find_token(const std::string& token) const;

    /// Connections of masters, admitted and not closed.
    void connect(ConnectionId connection, const AttemptId& attempt);
    void disconnect(ConnectionId connection);
    std::optional<AttemptId> of_connection(ConnectionId connection) const;

    void check(const ContainerTable& containers, const QueueTree& queues) const;

private:
    IndexedMap<ApplicationId, Application> by_id_;
    std::map<std::string, AttemptId> by_token_;
    std::map<ConnectionId, AttemptId> by_connection_;
    std::uint64_t serial_last_ = 0;
};

}  // namespace heddle::rm
