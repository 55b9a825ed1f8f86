#pragma once

// The master of one job, small: it speaks the protocol of masters, asks for a container for each
// task, stage by stage, and ends when all tasks are done. It learns of the end of a task from the
// task itself, as drivers do, and of the end of its container from the manager.

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "common/sim/timeline.h"
#include "resourcemanager/simulator/manager_model.h"
#include "resourcemanager/simulator/node_model.h"
#include "resourcemanager/simulator/setup.h"
#include "resourcemanager/simulator/workload.h"

namespace heddle::simulator {

/// What a master has to say to those around it.
class MasterWatch {
public:
    virtual ~MasterWatch() = default;
    /// `count` tasks of the wave wait from now on.
    virtual void wished(std::size_t job, std::size_t wave, std::int64_t count) = 0;
    /// Heartbeat mode: the node shall start what was granted.
    virtual void call(const NodeId& node, const ContainerId& container) = 0;
    virtual void finished(std::size_t job) = 0;
    virtual void failed(std::size_t job, const std::string& why) = 0;
};

class MasterModel final : public MasterPeer {
public:
    MasterModel(sim::Timeline& timeline, ManagerModel& manager, MasterWatch& watch,
                const Setup& setup, const Job& job, std::size_t number);

    /// Its process has begun, for the first time or in place of one that died.
    void start(const AttemptId& attempt, const std::string& token);
    /// Its process was killed; its tasks go with it, and another will be started.
    void died();
    void admitted() override;
    void received(const ManagerToMaster& message) override;

    struct Task {
        Duration takes;
        TimePoint wished;
        std::int64_t life = 0;  // of the master that asked
    };
    /// A process of the wave has begun: the task it takes, or none if none is left.
    std::optional<Task> take_task(std::size_t wave);
    /// The container ends without having done anything: its end counts for no task.
    void has_no_task_for(const ContainerId& container) { surplus_.insert(container); }
    /// It has ended without finishing.
    void give_back(std::size_t wave, Task task);
    void task_done(std::size_t wave);
    /// What has not begun will not.
    void give_up();

    std::size_t number() const { return number_; }
    const Job& job() const { return job_; }
    bool over() const { return over_; }
    bool finishing() const { return finishing_; }

private:
    struct WaveState {
        std::deque<Task> open;
        std::int64_t left = 0;    // not done, as tasks say
        std::int64_t wanted = 0;  // containers, as the manager knows it
        bool asked = false;
        bool changed = false;  // since the last update
    };

    void open_stage();
    void take(const MasterNews& news);
    void count_anew();
    void heartbeat(std::int64_t life);
    void update_soon();
    void update(bool complete);
    Ask ask_of(std::size_t wave) const;

    sim::Timeline& timeline_;
    ManagerModel& manager_;
    MasterWatch& watch_;
    const Setup& setup_;
    const Job& job_;
    std::size_t number_;
    AttemptId attempt_;
    rm::ConnectionId connection_;
    std::uint64_t session_ = 0;
    std::uint64_t sequence_ = 0;
    std::uint64_t news_seen_ = 0;
    std::vector<WaveState> waves_;
    std::map<ContainerId, std::size_t> known_;  // live, with their waves
    std::set<ContainerId> surplus_;             // of those, ones without a task
    std::vector<MasterNews> inbox_;             // heartbeat mode: until the next one
    std::int64_t life_ = 0;
    bool alive_ = false;
    bool update_due_ = false;
    bool finishing_ = false;
    bool over_ = false;
};

}  // namespace heddle::simulator
