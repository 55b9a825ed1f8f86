#pragma once

// The process of a driver in a simulated cluster: the driver's core and its book with the resource
// manager, both real, a connection to the manager, and one to each of its executors. The same
// program runs in every attempt: some waves of jobs, and then the end.

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "client/driver/core/driver.h"
#include "client/driver/core/master_book.h"
#include "common/fs/file_system.h"
#include "tests/support/rdd_world/job_book.h"
#include "tests/support/rdd_world/sim_executor.h"
#include "tests/support/rm_world/manager_host.h"

namespace heddle::test {

/// What the program of one application does, and what is deliberately wrong with the runtime.
struct DriverProgram {
    UnorderedJobs jobs;
    std::int32_t waves = 3;
    Duration between_waves;
    std::int32_t executors = 2;
    Resource executor_size{512, 1};
    driver::PlantedDefects defects;
    bool reader_moves_records = false;
    bool by_demand = false;        // executors come and go with the load, up to `executors`
    bool retires = false;          // executors that are to end are emptied first
    std::string broken_node = {};  // on which all tasks fail; empty: none
};

/// Where the first job of each wave saves its rows, whichever attempt runs it.
std::string output_of(const ApplicationId& application, std::int32_t wave);

class SimDriver final : public Peers {
public:
    SimDriver(rm::test::Stage& stage, rm::test::ManagerHost& manager, fs::FileSystem& files,
              const DriverProgram& program, AttemptId attempt, std::string token);

    void start() { connect(); }
    /// The process is gone: its connections break, and nothing more happens here.
    void die();
    bool alive() const { return alive_; }

    /// The process of an executor has begun, and looks for its driver.
    void executor_began(const ContainerId& container, const std::string& node);
    /// The process of an executor is over.
    void executor_ended(const ContainerId& container);
    /// Nothing passes between an executor and anybody else for a while; its tasks go on.
    void stall_executor(Duration time);
    /// The connection with one of its executors breaks.
    void cut_executor();
    void lose_map_output();

    // What happens to it.
    std::function<void(std::int32_t)> on_exit = [](std::int32_t) {};
    std::function<void(const ContainerId&, std::int32_t)> on_executor_exit = [](const ContainerId&,
                                                                                std::int32_t) {};

    const JobBook& jobs() const { return jobs_; }
    const AttemptId& attempt() const { return attempt_; }
    std::int64_t fetch_failures() const { return fetch_failures_; }
    std::int64_t broken_runs() const;
    std::int64_t barriers() const;
    /// False: it waits for the manager to confirm the end.
    bool working() const { return alive_ && !finishing_; }

    std::int32_t executors() const { return static_cast<std::int32_t>(executors_.size()); }
    std::int32_t executors_asked() const { return program_.executors; }

    SimExecutor* find(rdd::ExecutorId id) override;
    bool may_read(rdd::ExecutorId holder, const rdd::BlockId& block) override;
    void fetch_failed() override { ++fetch_failures_; }
    blocks::BlockPtr broadcast(const rdd::BlockId& id) override {
        return program_.jobs.broadcasts->get(id);
    }

private:
    // An executor and its connection: messages keep their order, none overtakes, and all that are
    // under way arrive unless it breaks.
    struct Link {
        std::shared_ptr<SimExecutor> executor;  // shared with its tasks, which are still to end
        ContainerId container;
        std::string node;
        bool open = true;
        std::deque<rdd::ToExecutor> inbox;  // under way
        TimePoint inbox_until;
        TimePoint outbox_until;
        TimePoint stalled_until;
    };
    using LinkRef = std::shared_ptr<Link>;  // shared with what is under way

    void connect();
    void lost();
    void react(const driver::MasterBook::Reaction& reaction);
    void send(const std::vector<MasterToManager>& messages);
    void beat(std::uint64_t connection);
    void welcomed();
    void submit_wave(std::int32_t number);
    void step(const driver::Event& event);
    void perform(const driver::Effects& effects);
    void tick();
    void maybe_finish();
    void leave(std::int32_t code);

    void register_executor(const LinkRef& link);
    void to_executor(const LinkRef& link, const rdd::ToExecutor& message);
    void deliver(const LinkRef& link);
    void from_executor(const LinkRef& link, const rdd::FromExecutor& message);
    void executor_beats(const LinkRef& link);
    void close(LinkRef link, const std::string& reason);  // which leaves the table it may be in
    LinkRef any_link();

    rm::test::Stage& stage_;
    rm::test::ManagerHost& manager_;
    fs::FileSystem& files_;
    const DriverProgram& program_;
    AttemptId attempt_;
    std::string token_;
    driver::Driver core_;
    driver::MasterBook book_;
    JobBook jobs_;
    bool alive_ = true;
    bool begun_ = false;
    bool finishing_ = false;
    std::int32_t waves_submitted_ = 0;
    std::uint64_t connection_ = 0;  // counts attempts to connect
    bool welcome_ = false;          // on this connection
    rm::test::WireRef wire_;
    std::int32_t last_executor_ = 0;
    TimePoint tick_at_ = TimePoint::never();
    std::map<ContainerId, LinkRef> links_;
    std::map<rdd::ExecutorId, LinkRef> executors_;  // registered and open
    std::set<ContainerId> ever_registered_;
    std::set<std::pair<rdd::ExecutorId, rdd::BlockId>> read_;
    std::int64_t fetch_failures_ = 0;
};

}  // namespace heddle::test
