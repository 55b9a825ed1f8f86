#pragma once

// The containers of this node, from the start order until their logs are gone.
//
// An end is reported only after it is on disk, and then until the manager has acknowledged it; an
// acknowledged container stays, unreported, as long as its logs do.

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "common/base/ids.h"
#include "common/base/time.h"
#include "common/model/node_protocol.h"
#include "common/model/opportunistic_queue.h"
#include "nodeagent/core/cache_table.h"
#include "nodeagent/core/effect.h"
#include "nodeagent/core/event.h"
#include "nodeagent/core/node_config.h"

namespace heddle::node {

/// Begins the reason of a stop that the node itself has decided.
constexpr std::string_view kOverMemory = "over its memory limit";

struct Container {
    ContainerRecord record;
    ContainerPhase phase_reported = ContainerPhase::Localising;  // Done only when that is saved
    std::uint64_t version = 0;                                   // of the last SaveContainer
    std::uint64_t version_end = 0;                               // of the one that holds the end
    bool end_saved = false;
    std::uint64_t version_size = 0;  // of the save that holds a changed size; 0: none waits
    Resource size_held;              // as on disk, with its version: what is enforced and reported
    std::int64_t size_version_held = 0;
    bool over_memory = false;                // when it was last measured
    Duration grace;                          // of the stop that is under way
    TimePoint kill_at = TimePoint::never();  // when Stopping
    TimePoint delete_work_at = TimePoint::never();
    TimePoint forget_at = TimePoint::never();

    const ContainerId& id() const { return record.order.container; }
    /// While a change is being saved the larger of both: it may use as much.
    Resource size_most() const;
};

class ContainerTable {
public:
    /// `cache` is told what containers need.
    ContainerTable(const NodeConfig& config, NodeCounters& counters, CacheTable& cache);

    void recover(TimePoint now, WallTime wall, std::vector<RecoveredContainer> containers,
                 Effects& effects);

    void start(TimePoint now, ContainerStart order, Effects& effects);
    void release_hold(const ContainerId& id, Effects& effects);
    /// Ends an opportunistic container that has not started; nothing if it has.
    void take_back(TimePoint now, const ContainerId& id, Effects& effects);
    void change_execution(TimePoint now, const ExecutionChange& change, Effects& effects);
    void stop(TimePoint now, const ContainerStop& order, Effects& effects);
    /// To its process, if it has one.
    void signal(const ContainerSignal& order, Effects& effects);
    /// Holds once it is on disk; only then it is reported.
    void set_size(TimePoint now, const SizeOrder& order, Effects& effects);
    /// What processes have resident. One that is beyond its size twice in a row is ended.
    void measured(TimePoint now, const std::vector<MemoryOfContainer>& all, Effects& effects);
    void acknowledge(TimePoint now, const ContainerId& id, Effects& effects);

    void on(TimePoint now, const ContainerSaved& event, Effects& effects);
    void on(TimePoint now, const ContainerSaveFailed& event, Effects& effects);
    void on(TimePoint now, const Localised& event, Effects& effects);
    void on(TimePoint now, const LocaliseFailed& event, Effects& effects);
    void on(TimePoint now, const Started& event, Effects& effects);
    void on(TimePoint now, const StartFailed& event, Effects& effects);
    void on(TimePoint now, const ContainerExited& event, Effects& effects);

    TimePoint next_deadline() const;
    void expire(TimePoint now, Effects& effects);

    /// Reports of all containers whose end is not acknowledged, in the order of their ids.
    std::vector<ContainerReport> reports() const;
    /// Reports of those that changed since the last call.
    std::vector<ContainerReport> take_changes();
    /// True once after an order named a container that is not here any more, or never was: a
    /// complete status, from which it is absent, answers that at once.
    bool take_absence();
    WallTime wall(TimePoint now) const;
    const std::map<ContainerId, Container>& containers() const { return containers_; }
    /// Of guaranteed containers that are not done.
    Resource used() const { return used_; }
    const OpportunisticQueue& opportunistic() const { return opportunistic_; }

    void check() const;

private:
    enum class Deadline { Kill, DeleteWork, Forget };
    using DeadlineKey = std::tuple<TimePoint, ContainerId, Deadline>;

    Container* find(const ContainerId& id);
    /// Moves on by the table; null, and counted, when the input is late.
    Container* advance(const ContainerId& id, ContainerInput input);
    void save(Container& container, Effects& effects);
    void changed(Container& container);
    void start_if_allowed(Container& container, Effects& effects);
    void start_shim(Container& container, Effects& effects);
    void start_queued(Effects& effects);
    void make_room(TimePoint now, Effects& effects);
    void displace(TimePoint now, Container& container, std::string reason, Effects& effects);
    /// Counts it where its execution type says, from its start order or its recovery on.
    void account(const Container& container);
    void end(TimePoint now, Container& container, ContainerExit exit, Effects& effects);
    void end_is_safe(Container& container);
    void size_is_safe(TimePoint now, Container& container, Effects& effects);
    void take_back_size(TimePoint now, Container& container, Effects& effects);
    /// It counts with `before` until now, and with its size_most() from now on.
    void recount(TimePoint now, const Container& container, const Resource& before,
                 Effects& effects);
    void warn_if_full(const Container& container) const;
    void report_again(Container& container);
    void arm_kill(Container& container, TimePoint at);
    void retire(TimePoint now, Container& container);
    void forget(const ContainerId& id, Effects& effects);
    ContainerExit never_ran(TimePoint now, std::string reason) const;
    void recover_one(TimePoint now, RecoveredContainer recovered, Effects& effects);
    void delete_surplus_logs(Effects& effects);

    const NodeConfig& config_;
    NodeCounters& counters_;
    CacheTable& cache_;
    std::int64_t wall_offset_us_ = 0;  // wall time minus TimePoint
    std::map<ContainerId, Container> containers_;
    std::set<DeadlineKey> deadlines_;
    std::set<ContainerId> changes_;
    std::set<std::pair<WallTime, ContainerId>> retired_;  // ended and acknowledged, oldest first
    std::size_t live_ = 0;
    Resource used_;
    OpportunisticQueue opportunistic_;
    std::uint64_t queued_last_ = 0;
    bool absence_ = false;
};

}  // namespace heddle::node
