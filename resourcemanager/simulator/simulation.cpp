#include "resourcemanager/simulator/simulation.h"

#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "common/base/check.h"
#include "common/base/prng.h"
#include "common/sim/timeline.h"
#include "resourcemanager/core/preemption.h"
#include "resourcemanager/simulator/manager_model.h"
#include "resourcemanager/simulator/master_model.h"
#include "resourcemanager/simulator/node_model.h"

namespace heddle::simulator {
namespace {

// Nothing begins, ends or arrives for so long although jobs are there and no task runs.
constexpr Duration kStuckAfter = seconds(3600);
constexpr Duration kNodesComeIn = seconds(1);  // before the first job

class Simulation final : public Ground, public MasterWatch {
public:
    Simulation(const Setup& setup, const std::vector<Job>& jobs,
               const std::vector<Machine>& machines)
        : setup_(setup),
          jobs_(jobs),
          measures_(jobs, machines, setup.scheduler),
          manager_(timeline_, setup),
          prng_(setup.seed),
          masters_(jobs.size()) {
        for (const Machine& machine : machines) {
            nodes_.push_back(std::make_unique<NodeModel>(timeline_, manager_, *this, setup_,
                                                         machine, nodes_.size()));
            by_name_[machine.name] = nodes_.back().get();
            nodes_.back()->start(heartbeat_offset());
        }
        timeline_.run_until(TimePoint{} + kNodesComeIn);
    }

    Result<RunResult> run(const std::function<void(const Progress&)>& progress) {
        for (std::size_t job = 0; job < jobs_.size(); ++job) {
            timeline_.at(start() + jobs_[job].arrival, [this, job] { arrive(job); });
        }
        TimePoint sample = start();
        while (!measures_.over()) {
            sample = sample + setup_.sample;
            while (!measures_.over() && timeline_.next() <= sample) {
                timeline_.step();
            }
            if (measures_.over()) {
                break;
            }
            timeline_.run_until(sample);
            measures_.sample(since_start(), *manager_.publish().view);
            progress({since_start() - TimePoint{}, jobs_over_, measures_.tasks_done_so_far()});
            if (measures_.active() > 0 && running_.empty() &&
                since_start() - measures_.last_change() > kStuckAfter) {
                return Error{ErrorCode::ResourceExhausted,
                             std::to_string(measures_.active()) +
                                 " jobs wait, and nothing has begun or ended for " +
                                 std::to_string(kStuckAfter.milliseconds() / 60'000) +
                                 " virtual minutes: masters take all room, or what waits fits no "
                                 "node; give more nodes or larger ones"};
            }
        }
        return RunResult{measures_.findings(), manager_.steps(), manager_.grants(),
                         manager_.seconds_in_core()};
    }

    // What happens on machines.

    Duration began(NodeModel& node, const ContainerStart& start) override {
        const std::size_t job = job_of_.at(start.key.attempt.application);
        if (start.key.ask == 0) {
            measures_.began(since_start(), job, start.size, node.index());
            masters_of_[start.container] = {job, &node, timeline_.now()};
            master_container_[job] = start.container;
            masters_[job]->start(start.key.attempt, start.spec.secrets.front().contents);
            return kUntilTold;
        }
        const auto wave = static_cast<std::size_t>(start.key.ask) - 1;
        const std::optional<MasterModel::Task> task = masters_[job]->take_task(wave);
        if (!task.has_value()) {
            // Its job has been given up, and the order to stop is on its way; or it is in place of
            // one that was to be stopped, and that was done before the order came.
            const bool surplus = !failed_.contains(job);
            measures_.wished(since_start(), job, start.size, 1);
            running_[start.container] = {job, wave, {}, timeline_.now(), surplus};
            if (surplus) {
                masters_[job]->has_no_task_for(start.container);
            }
            measures_.began(since_start(), job, start.size, node.index());
            return surplus ? Duration{} : kUntilTold;
        }
        measures_.began(since_start(), job, start.size, node.index());
        measures_.task_began(since_start(), job, task->wished - (start_ - TimePoint{}));
        running_[start.container] = {job, wave, *task, timeline_.now()};
        return task->takes;
    }

    void ended(NodeModel& node, const ContainerId& container, const Resource& size,
               const ContainerExit& exit) override {
        const auto task = running_.extract(container);
        if (!task) {
            master_ended(node, container, size, exit);
            return;
        }
        const std::size_t job = task.mapped().job;
        measures_.ended(since_start(), job, size, node.index());
        if (task.mapped().surplus) {
            return;
        }
        if (rm::is_preempted(exit)) {
            measures_.preempted(timeline_.now() - task.mapped().began);
        }
        MasterModel& master = *masters_[job];
        if (exit.success()) {
            measures_.task_done();
            timeline_.after(setup_.message_delay,
                            [&master, wave = task.mapped().wave] { master.task_done(wave); });
        } else {
            measures_.lost(timeline_.now() - task.mapped().began);
            master.give_back(task.mapped().wave, task.mapped().task);
        }
    }

    // What masters say.

    void wished(std::size_t job, std::size_t wave, std::int64_t count) override {
        measures_.wished(since_start(), job, jobs_[job].waves[wave].size, count);
    }

    void call(const NodeId& node, const ContainerId& container) override {
        timeline_.after(setup_.message_delay,
                        [node = by_name_.at(node.name), container] { node->call(container); });
    }

    void finished(std::size_t job) override {
        if (!failed_.contains(job)) {
            ++jobs_over_;
            measures_.finished(since_start(), job);
        } else {
            masters_[job]->give_up();
        }
        if (const auto it = master_container_.find(job); it != master_container_.end()) {
            if (const auto on = masters_of_.find(it->second); on != masters_of_.end()) {
                on->second.node->end(it->second);
            }
        }
    }

    void failed(std::size_t job, const std::string& why) override {
        if (failed_.emplace(job, true).second) {
            ++jobs_over_;
            measures_.failed(since_start(), job, why);
        }
    }

private:
    struct RunningTask {
        std::size_t job = 0;
        std::size_t wave = 0;
        MasterModel::Task task;
        TimePoint began;
        bool surplus = false;  // without a task
    };
    struct RunningMaster {
        std::size_t job = 0;
        NodeModel* node = nullptr;
        TimePoint began;
    };

    // Whoever was killed for others gets another, which begins anew.
    void master_ended(NodeModel& node, const ContainerId& container, const Resource& size,
                      const ContainerExit& exit) {
        const RunningMaster master = masters_of_.extract(container).mapped();
        measures_.ended(since_start(), master.job, size, node.index());
        if (!rm::is_preempted(exit)) {
            return;
        }
        measures_.preempted(timeline_.now() - master.began);
        if (!failed_.contains(master.job) && !masters_[master.job]->finishing()) {
            master_container_.erase(master.job);
            masters_[master.job]->died();
            measures_.wished(since_start(), master.job, jobs_[master.job].master_size, 1);
        }
    }

    TimePoint start() const { return start_; }
    TimePoint since_start() const { return TimePoint{} + (timeline_.now() - start_); }

    Duration heartbeat_offset() {
        const Duration interval =
            setup_.mode == Mode::Event ? setup_.liveness : setup_.node_heartbeat;
        return {static_cast<std::int64_t>(
            prng_.below(static_cast<std::uint64_t>(interval.microseconds)))};
    }

    void arrive(std::size_t job) {
        measures_.arrived(since_start(), job);
        manager_.request(rm::NewApplication{}, [this, job](const Result<rm::Answer>& answer) {
            if (!answer.ok()) {
                refuse(job, answer.error().message);
                return;
            }
            submit(job, std::get<rm::NewApplicationAnswer>(*answer).application);
        });
    }

    void submit(std::size_t number, const ApplicationId& id) {
        const Job& job = jobs_[number];
        job_of_[id] = number;
        masters_[number] =
            std::make_unique<MasterModel>(timeline_, manager_, *this, setup_, job, number);
        rm::SubmitApplication submit;
        submit.submission.id = id;
        submit.submission.name = job.name;
        submit.submission.kind = ApplicationKind::Master;
        submit.submission.queue = job.queue;
        submit.submission.user = job.user;
        submit.submission.priority = job.priority;
        submit.submission.attempts_max = 1;
        submit.submission.master.argv = {"master"};
        submit.submission.master_size = job.master_size;
        manager_.request(std::move(submit), [this, number](const Result<rm::Answer>& answer) {
            if (!answer.ok()) {
                refuse(number, answer.error().message);
            }
        });
    }

    void refuse(std::size_t job, const std::string& why) {
        measures_.wished(since_start(), job, jobs_[job].master_size, -1);
        failed(job, why);
    }

    const Setup& setup_;
    const std::vector<Job>& jobs_;
    sim::Timeline timeline_;
    Measures measures_;
    ManagerModel manager_;
    Prng prng_;
    TimePoint start_ = TimePoint{} + kNodesComeIn;
    std::vector<std::unique_ptr<NodeModel>> nodes_;
    std::map<std::string, NodeModel*> by_name_;
    std::vector<std::unique_ptr<MasterModel>> masters_;  // kept: what is under way may name them
    std::map<ApplicationId, std::size_t> job_of_;
    std::map<ContainerId, RunningTask> running_;
    std::map<ContainerId, RunningMaster> masters_of_;
    std::map<std::size_t, ContainerId> master_container_;
    std::map<std::size_t, bool> failed_;
    std::int64_t jobs_over_ = 0;
};

}  // namespace

Result<RunResult> simulate(const Setup& setup, const std::vector<Job>& jobs,
                           const std::vector<Machine>& machines,
                           const std::function<void(const Progress&)>& progress) {
    return Simulation(setup, jobs, machines).run(progress);
}

}  // namespace heddle::simulator
