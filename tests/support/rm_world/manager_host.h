#pragma once

// The resource manager's core as a process in simulation: its store, its connections and its death.
// It checks, when an effect leaves, that what the effect promises is on disk.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/base/prng.h"
#include "common/sim/fault_plan.h"
#include "common/sim/timeline.h"
#include "common/sim/trace.h"
#include "resourcemanager/core/resource_manager.h"
#include "tests/support/rm_world/step_checks.h"
#include "tests/support/rm_world/store.h"
#include "tests/support/rm_world/transition_log.h"

namespace heddle::rm::test {

/// What all parts of a run share.
struct Stage {
    explicit Stage(std::uint64_t seed) : prng(seed) {}

    sim::Timeline timeline;
    Prng prng;
    sim::FaultPlan faults;
    sim::Trace trace{400};
    std::vector<std::string> shown;  // what a scenario compares
    bool collect = false;            // fill `shown`
    std::string violation;           // the first one; empty: none

    TimePoint now() const { return timeline.now(); }
    WallTime wall() const { return {1'700'000'000'000 + now().microseconds / 1000}; }
    void note(const std::string& line) { trace.add(now(), line); }
    /// A line that scenarios show.
    void show(const std::string& line);
    void violate(const std::string& what);
    Duration jitter(Duration low, Duration high) {
        return {prng.between(low.microseconds, high.microseconds)};
    }
};

/// One connection, seen from both ends. Shared by the manager's host and the peer.
struct Wire {
    ConnectionId id;
    std::uint64_t life = 0;  // of the manager
    bool open = true;
    bool master = false;
    std::function<void(const ManagerToNode&)> to_node;
    std::function<void(const ManagerToMaster&)> to_master;
    std::function<void()> admitted;
    std::function<void()> closed;  // the peer notices
};
using WireRef = std::shared_ptr<Wire>;

class ManagerHost {
public:
    ManagerHost(Stage& stage, Config config);

    void start();
    /// kill -9: what is not on disk is lost; of what is on its way to it a prefix may arrive.
    void crash();
    bool up() const { return core_ != nullptr; }
    std::uint64_t life() const { return life_; }

    /// A peer connects; null: nobody listens.
    WireRef open_node(Wire peer);
    WireRef open_master(Wire peer, const std::string& token);
    void send(const WireRef& wire, const NodeToManager& message);
    void send(const WireRef& wire, const MasterToManager& message);
    /// The peer closes.
    void close(const WireRef& wire);

    /// A client asks; `answer` is called at most once, never if the manager dies before.
    void request(decltype(Request::what) what, std::function<void(const Result<Answer>&)> answer);

    void event(Event event);
    const Store& store() const { return store_; }
    /// Requests that this life of the manager has taken and not answered.
    std::size_t unanswered() const { return answers_.size(); }
    const ResourceManager* core() const { return core_.get(); }
    /// The newest publication.
    const View* view() const { return view_.get(); }

    bool fail_saves = false;  // every save, until set back
    bool hold_saves = false;  // no save is answered, until set back and pumped
    bool check_every_step = true;
    /// What else must hold after every step: what is wrong, or empty.
    std::function<std::string(const Books&)> also_look = nullptr;
    /// Counts over all lives. Dies right before the one with this number is carried out.
    std::uint64_t effects_done = 0;
    std::uint64_t die_before_effect = 0;  // 0: never
    void pump_store();

private:
    void perform(const Effect& effect);
    void perform_save(const Save& save);
    void perform_close(const CloseConnection& close);
    void answer_front();
    void check_removals(const Save& save);
    void check_reply(const Reply& reply);
    void check_orders(const NodeOrders& orders);
    void check_finished(const AttemptId& attempt);
    void arm_tick();
    void transport(const WireRef& wire, bool from_peer, std::function<void()> arrive);
    void cut(const WireRef& wire);
    void take_publication();
    void check_step(const std::optional<Stated>& stated);
    Event disconnected(const Wire& wire) const;

    Stage& stage_;
    Config config_;
    Store store_;
    std::unique_ptr<ResourceManager> core_;
    std::shared_ptr<const View> view_;
    std::uint64_t life_ = 0;
    std::uint64_t connections_ = 0;
    std::uint64_t requests_ = 0;
    std::uint64_t secrets_ = 0;
    TimePoint tick_at_ = TimePoint::never();
    std::map<ConnectionId, WireRef> wires_;
    std::map<RequestId, std::function<void(const Result<Answer>&)>> answers_;
    std::set<ApplicationId> acknowledged_;  // and not removed from record since
    TransitionLog transitions_;
    StepChecks step_checks_;
};

}  // namespace heddle::rm::test
