#pragma once

// An application master in simulation. It keeps the protocol of common/model/master_protocol.h;
// what it wants is set from outside (a scenario) or by its plan (the fault simulation).

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/support/rm_world/manager_host.h"

namespace heddle::rm::test {

class MasterScript {
public:
    MasterScript(Stage& stage, ManagerHost& manager, AttemptId attempt, std::string token);

    void start();
    /// The process is gone: nothing more happens here.
    void die() { alive_ = false; }
    bool alive() const { return alive_; }
    bool registered() const { return session_ != 0; }
    /// Its process goes on when its finish is acknowledged.
    bool lingers = false;

    void ask(const Ask& ask);
    std::vector<NodeId> blacklist;  // said with every update
    void release(const ContainerId& container);
    void start_held(const ContainerId& container);
    void change_execution(const ContainerId& container, ExecutionType to);
    /// Wishes for another size, on the version that it knows or a given one.
    void resize(const ContainerId& container, const Resource& size,
                std::optional<std::int64_t> version = std::nullopt);
    void finish(FinalStatus status);
    void disconnect();

    /// Live containers it knows, by ask and generation.
    const std::map<ContainerId, Grant>& containers() const { return containers_; }
    const std::map<std::int32_t, Ask>& asks() const { return asks_; }
    /// Those of them that are to make way.
    const std::map<ContainerId, PreemptionNotice>& notices() const { return notices_; }
    const std::set<ContainerId>& draining() const { return draining_; }
    const AttemptId& attempt() const { return attempt_; }

    // What happens to it.
    std::function<void()> on_registered = [] {};
    std::function<void(const Grant&)> on_granted = [](const Grant&) {};
    std::function<void(const ContainerEnded&, const Grant&)> on_ended = [](const ContainerEnded&,
                                                                           const Grant&) {};
    std::function<void(const PreemptionNotice&)> on_notice = [](const PreemptionNotice&) {};
    std::function<void(const Grant&)> on_resized = [](const Grant&) {};
    std::function<void()> on_finished = [] {};
    std::function<void(const std::string&)> on_rejected = [](const std::string&) {};

private:
    void connect();
    void lost();
    void received(const ManagerToMaster& message);
    void on(const MasterWelcome& message);
    void on(const MasterNews& message);
    void on(const MasterFinished& message);
    void on(const MasterRejected& message);
    void take_notices(const MasterNews& message);
    void granted(const Grant& grant);
    void resized(const ContainerId& id, std::int64_t version, const Resource& size);
    void update(bool complete);
    void send_soon();
    void heartbeat();

    Stage& stage_;
    ManagerHost& manager_;
    AttemptId attempt_;
    std::string token_;
    bool alive_ = true;
    bool finishing_ = false;
    FinalStatus status_ = FinalStatus::Undefined;
    std::uint64_t tries_ = 0;
    WireRef wire_;
    std::uint64_t session_ = 0;
    std::uint64_t sequence_ = 0;
    std::uint64_t news_seen_ = 0;
    bool update_due_ = false;
    std::map<std::int32_t, Ask> asks_;
    std::map<ContainerId, Grant> containers_;
    std::map<ContainerId, PreemptionNotice> notices_;
    std::set<ContainerId> draining_;
    std::set<ContainerId> starts_;
    std::set<ContainerId> releases_;
    std::map<ContainerId, ExecutionType> changes_;    // wanted, and no grant has shown them
    std::map<ContainerId, ContainerResize> resizes_;  // not answered yet
};

}  // namespace heddle::rm::test
