// What client/driver's shells do with the two cores (cluster_pool, frame_pool, runner), in virtual
// time.
#include "tests/simulation/cluster/sim_driver.h"

#include <algorithm>

#include "tests/support/rm_world/names.h"

namespace heddle::test {

using rm::test::name_of;

namespace {

constexpr Duration kConnectPatience = seconds(2);
constexpr Duration kFinishPatience = seconds(20);
constexpr Duration kExecutorTimeout = seconds(6);
constexpr std::int32_t kExitRefused = 1;
constexpr std::int32_t kExitFailed = 1;

driver::Config config_of(const DriverProgram& program) {
    driver::Config config;
    config.locality_wait = milliseconds(50);
    config.stage_failures_max = 1'000'000;
    config.task_executor_losses_max = 1'000'000;
    config.executor_timeout = kExecutorTimeout;
    config.executors_wanted = program.executors;
    config.executors_kept = program.executors;
    config.allocation.enabled = program.by_demand;
    config.allocation.executors_max = program.executors;
    config.allocation.slots = static_cast<std::int32_t>(program.executor_size.vcores);
    config.allocation.backlog_timeout = milliseconds(100);
    config.allocation.sustained_timeout = milliseconds(100);
    config.allocation.idle_timeout = milliseconds(300);
    config.allocation.cached_idle_timeout = milliseconds(600);
    if (program.retires) {
        config.allocation.shuffle_idle_timeout = milliseconds(300);
    }
    config.retirement.enabled = config.retirement.storage = program.retires;
    config.exclusion.enabled = !program.broken_node.empty();
    config.exclusion.unschedulable_max = seconds(100'000);  // nothing may fail for it
    config.defects = program.defects;
    return config;
}

LaunchSpec executor_spec() {
    LaunchSpec spec;
    spec.argv = {"executor", "./program"};
    return spec;
}

}  // namespace

std::string output_of(const ApplicationId& application, std::int32_t wave) {
    return "/saved/" + to_string(application) + "-" + std::to_string(wave);
}

SimDriver::SimDriver(rm::test::Stage& stage, rm::test::ManagerHost& manager, fs::FileSystem& files,
                     const DriverProgram& program, AttemptId attempt, std::string token)
    : stage_(stage),
      manager_(manager),
      files_(files),
      program_(program),
      attempt_(attempt),
      token_(std::move(token)),
      core_(config_of(program)),
      book_(attempt, executor_spec(), program.executor_size) {}

// With the resource manager.

void SimDriver::connect() {
    if (!alive_) {
        return;
    }
    const std::uint64_t connection = ++connection_;
    welcome_ = false;
    rm::test::Wire peer;
    peer.to_master = [this, connection](const ManagerToMaster& message) {
        if (alive_ && connection == connection_) {
            react(book_.hear(message));
        }
    };
    peer.admitted = [this, connection] {
        if (alive_ && connection == connection_ && wire_ != nullptr) {
            manager_.send(wire_, book_.registration("127.0.0.1", 4040, ""));
        }
    };
    peer.closed = [this, connection] {
        if (alive_ && connection == connection_) {
            lost();
        }
    };
    wire_ = manager_.open_master(std::move(peer), token_);
    stage_.timeline.after(wire_ == nullptr ? milliseconds(200) : kConnectPatience,
                          [this, connection] {
                              if (alive_ && connection == connection_ && !welcome_) {
                                  manager_.close(std::exchange(wire_, nullptr));
                                  book_.connection_lost();
                                  connect();
                              }
                          });
}

void SimDriver::lost() {
    ++connection_;
    wire_ = nullptr;
    book_.connection_lost();
    stage_.timeline.after(stage_.jitter(milliseconds(50), milliseconds(400)),
                          [this, connection = connection_] {
                              if (connection == connection_) {
                                  connect();
                              }
                          });
}

void SimDriver::react(const driver::MasterBook::Reaction& reaction) {
    if (reaction.reconnect) {
        manager_.close(std::exchange(wire_, nullptr));
        lost();
        return;
    }
    send(reaction.send);
    for (const driver::MasterBook::Marked& marked : reaction.marked) {
        if (const auto it = links_.find(marked.container); it != links_.end() && it->second->open) {
            step(driver::ExecutorLeaving{it->second->executor->id(), marked.leaving,
                                         marked.may_stay});
        }
    }
    for (const driver::MasterBook::Ended& ended : reaction.ended) {
        if (const auto it = links_.find(ended.container); it != links_.end() && it->second->open) {
            close(it->second, ended.reason);
        } else if (!ever_registered_.contains(ended.container)) {
            step(driver::ExecutorLost{rdd::kNoExecutor, ended.reason});
        }
    }
    if (reaction.welcomed) {
        welcomed();
    }
    if (reaction.refused) {
        stage_.violate(to_string(attempt_) + " is refused executors: " + *reaction.refused);
    }
    if (reaction.rejected) {
        leave(kExitRefused);
    } else if (reaction.finished) {
        leave(0);
    }
}

void SimDriver::send(const std::vector<MasterToManager>& messages) {
    for (const MasterToManager& message : messages) {
        if (wire_ != nullptr) {
            manager_.send(wire_, message);
        }
    }
}

void SimDriver::welcomed() {
    if (!std::exchange(welcome_, true)) {
        beat(connection_);
    }
    if (!std::exchange(begun_, true)) {
        submit_wave(0);
    }
}

void SimDriver::beat(std::uint64_t connection) {
    stage_.timeline.after(book_.heartbeat_interval(), [this, connection] {
        if (alive_ && connection == connection_) {
            send(book_.beat());
            beat(connection);
        }
    });
}

// The program.

void SimDriver::submit_wave(std::int32_t number) {
    if (!alive_ || number == program_.waves) {
        return;
    }
    stage_.timeline.after(program_.between_waves, [this, number] { submit_wave(number + 1); });
    ++waves_submitted_;
    for (std::size_t root = 0; root < program_.jobs.roots.size(); ++root) {
        // What an attempt before this one has saved is there.
        const std::string target = output_of(attempt_.application, number);
        if (root == 0 && !files_.stat(target)) {
            step(jobs_.submit_save(program_.jobs, root, files_, target, to_string(attempt_)));
        } else {
            step(jobs_.submit(program_.jobs, root));
        }
    }
}

void SimDriver::step(const driver::Event& event) {
    if (!alive_) {
        return;
    }
    driver::Effects effects;
    core_.step(stage_.now(), event, effects);
    core_.check();
    perform(effects);
    tick();
    maybe_finish();
}

void SimDriver::tick() {
    const TimePoint due = core_.next_deadline();
    if (due == TimePoint::never() || due >= tick_at_) {
        return;
    }
    tick_at_ = due;
    stage_.timeline.at(due, [this, due] {
        if (tick_at_ == due) {
            tick_at_ = TimePoint::never();
            step(driver::Tick{});
        }
    });
}

void SimDriver::perform(const driver::Effects& effects) {
    const auto verify = [&](const std::string& wrong) {
        if (!wrong.empty()) {
            stage_.violate(to_string(attempt_) + ": " + wrong);
        }
    };
    for (const driver::Effect& effect : effects) {
        if (const auto* send_effect = std::get_if<driver::Send>(&effect)) {
            stage_.note("send " + rdd::to_string(send_effect->executor) + " #" +
                        std::to_string(send_effect->message.index()));
            const auto it = executors_.find(send_effect->executor);
            if (it != executors_.end()) {
                to_executor(it->second, send_effect->message);
            }
        } else if (const auto* result = std::get_if<driver::DeliverResult>(&effect)) {
            verify(jobs_.take(*result));
        } else if (const auto* merge = std::get_if<driver::MergeAccumulators>(&effect)) {
            jobs_.take(*merge);
        } else if (const auto* end = std::get_if<driver::EndJob>(&effect)) {
            stage_.note(name_of(attempt_.application) + " ends job " +
                        std::to_string(end->job.value) +
                        (end->error ? ": " + end->error->message : ""));
            verify(jobs_.take(*end));
        } else if (const auto* want = std::get_if<driver::WantExecutors>(&effect)) {
            std::vector<std::string> released;
            for (const rdd::ExecutorId id : want->released) {
                const auto it = executors_.find(id);
                released.push_back(it == executors_.end() ? "" : to_string(it->second->container));
            }
            send(book_.want(want->count, released, want->spare));
        } else if (const auto* drop = std::get_if<driver::DropExecutor>(&effect)) {
            if (const auto it = executors_.find(drop->executor); it != executors_.end()) {
                close(it->second, drop->reason);
            }
        } else if (const auto* avoid = std::get_if<driver::AvoidNodes>(&effect)) {
            send(book_.avoid(avoid->nodes));
        }
    }
}

// All jobs have ended: executors are told to stop, and the manager has to confirm the end.
void SimDriver::maybe_finish() {
    if (finishing_ || waves_submitted_ < program_.waves || !jobs_.open().empty()) {
        return;
    }
    finishing_ = true;
    step(driver::Stopped{"the context is stopped"});
    const bool failed = jobs_.failed() > 0;
    send(book_.finish(failed ? FinalStatus::Failed : FinalStatus::Succeeded,
                      failed ? "a job failed" : ""));
    stage_.timeline.after(kFinishPatience, [this, failed] { leave(failed ? kExitFailed : 0); });
}

void SimDriver::leave(std::int32_t code) {
    if (alive_) {
        die();
        on_exit(code);
    }
}

void SimDriver::die() {
    if (!std::exchange(alive_, false)) {
        return;
    }
    ++connection_;
    manager_.close(std::exchange(wire_, nullptr));
    for (const auto& [container, link] : links_) {
        close(link, "the driver is gone");
    }
}

// With executors.

void SimDriver::executor_began(const ContainerId& container, const std::string& node) {
    auto link = std::make_shared<Link>();
    link->container = container;
    link->node = node;
    links_[container] = link;
    SimExecutor::Surroundings around{stage_.timeline, stage_.prng, *this, files_, {}, {}, {}};
    around.note = [this](const std::string& line) { stage_.note(line); };
    // The link owns the executor, so what the executor calls back must not own the link.
    const std::weak_ptr<Link> weak = link;
    around.tell = [this, weak](const rdd::FromExecutor& message) {
        if (const LinkRef self = weak.lock()) {
            from_executor(self, message);
        }
    };
    around.quit = [this, container](bool refused) {
        on_executor_exit(container, refused ? kExitRefused : 0);
    };
    link->executor = std::make_shared<SimExecutor>(
        std::move(around), static_cast<std::int32_t>(program_.executor_size.vcores));
    link->executor->set_slowness(stage_.prng.chance(1, 6) ? 10 : 1);
    link->executor->set_broken(node == program_.broken_node);
    stage_.timeline.after(stage_.jitter(milliseconds(2), milliseconds(30)), [this, link] {
        if (!link->executor->alive()) {
            return;
        }
        if (alive_ && link->open) {
            register_executor(link);
        } else {
            on_executor_exit(link->container, kExitRefused);
        }
    });
}

void SimDriver::register_executor(const LinkRef& link) {
    const rdd::ExecutorId id{++last_executor_};
    link->executor->set_id(id);
    executors_[id] = link;
    ever_registered_.insert(link->container);
    const std::string node = book_.node_of(to_string(link->container));
    stage_.note("executor " + rdd::to_string(id) + " is " + name_of(link->container));
    to_executor(link, rdd::ExecutorWelcome{id, "", seconds(1)});
    executor_beats(link);
    driver::ExecutorRegistered registered;
    registered.executor = id;
    registered.host = node.empty() ? link->node : node;
    registered.address = "127.0.0.1";
    registered.port = 1;
    registered.slots = link->executor->slots();
    step(registered);
}

void SimDriver::to_executor(const LinkRef& link, const rdd::ToExecutor& message) {
    link->inbox.push_back(message);
    link->inbox_until = std::max(link->inbox_until,
                                 stage_.now() + stage_.jitter(microseconds(50), milliseconds(3)));
    stage_.timeline.at(link->inbox_until, [this, link] { deliver(link); });
}

// The oldest message arrives, or waits for the end of the stall.
void SimDriver::deliver(const LinkRef& link) {
    if (!link->open) {
        return;
    }
    if (stage_.now() < link->stalled_until) {
        stage_.timeline.at(link->stalled_until, [this, link] { deliver(link); });
        return;
    }
    const rdd::ToExecutor message = std::move(link->inbox.front());
    link->inbox.pop_front();
    link->executor->hear(message);
}

// In order, and sometimes twice: the core promises to live with that.
void SimDriver::from_executor(const LinkRef& link, const rdd::FromExecutor& message) {
    const bool faulty = stage_.faults.active(stage_.now());
    const int copies = faulty && stage_.prng.chance(1, 20) ? 2 : 1;
    for (int i = 0; i < copies; ++i) {
        link->outbox_until =
            std::max({link->outbox_until, link->stalled_until,
                      stage_.now() + stage_.jitter(microseconds(50), milliseconds(3))});
        stage_.timeline.at(link->outbox_until, [this, link, message] {
            if (link->open) {
                step(driver::ExecutorSaid{link->executor->id(), message});
            }
        });
    }
}

void SimDriver::executor_beats(const LinkRef& link) {
    stage_.timeline.after(seconds(1), [this, link] {
        if (link->open && link->executor->alive()) {
            from_executor(link, link->executor->heartbeat());
            executor_beats(link);
        }
    });
}

// Both ends notice, each in its own time: the executor ends with its driver.
void SimDriver::close(LinkRef link, const std::string& reason) {
    if (!std::exchange(link->open, false)) {
        return;
    }
    const rdd::ExecutorId id = link->executor->id();
    executors_.erase(id);
    stage_.timeline.after(stage_.jitter(microseconds(100), milliseconds(60)), [this, id, reason] {
        if (id != rdd::kNoExecutor) {
            step(driver::ExecutorLost{id, reason});
        }
    });
    const TimePoint notices = std::max(
        link->stalled_until, stage_.now() + stage_.jitter(milliseconds(1), milliseconds(60)));
    stage_.timeline.at(notices, [this, link] {
        if (link->executor->alive()) {
            on_executor_exit(link->container, kExitRefused);
        }
    });
}

void SimDriver::executor_ended(const ContainerId& container) {
    if (const auto it = links_.find(container); it != links_.end()) {
        it->second->executor->die();
        close(it->second, "the executor closed its connection");
    }
}

SimDriver::LinkRef SimDriver::any_link() {
    if (executors_.empty()) {
        return nullptr;
    }
    auto it = executors_.begin();
    std::advance(it, static_cast<std::ptrdiff_t>(stage_.prng.below(executors_.size())));
    return it->second;
}

void SimDriver::stall_executor(Duration time) {
    if (const LinkRef link = any_link()) {
        stage_.note("executor " + rdd::to_string(link->executor->id()) + " stalls");
        link->stalled_until = stage_.now() + time;
    }
}

void SimDriver::cut_executor() {
    if (const LinkRef link = any_link()) {
        stage_.note("executor " + rdd::to_string(link->executor->id()) + " is cut off");
        close(link, "the connection broke");
    }
}

void SimDriver::lose_map_output() {
    if (const LinkRef link = any_link()) {
        link->executor->lose_map_output();
    }
}

std::int64_t SimDriver::barriers() const {
    std::int64_t met = 0;
    for (const auto& [container, link] : links_) {
        met += link->executor->barriers();
    }
    return met;
}

std::int64_t SimDriver::broken_runs() const {
    std::int64_t runs = 0;
    for (const auto& [container, link] : links_) {
        runs += link->executor->broken_runs();
    }
    return runs;
}

SimExecutor* SimDriver::find(rdd::ExecutorId id) {
    const auto it = executors_.find(id);
    const bool there = it != executors_.end() && it->second->executor->alive() &&
                       stage_.now() >= it->second->stalled_until;
    return there ? it->second->executor.get() : nullptr;
}

bool SimDriver::may_read(rdd::ExecutorId holder, const rdd::BlockId& block) {
    return !program_.reader_moves_records || read_.emplace(holder, block).second;
}

}  // namespace heddle::test
