#include "tests/simulation/rm/random_run.h"

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "tests/simulation/rm/random_queues.h"
#include "tests/support/rm_world/client_script.h"
#include "tests/support/rm_world/names.h"
#include "tests/support/rm_world/world.h"

namespace heddle::rm::test {
namespace {

constexpr Duration kFaults = seconds(40);
constexpr Duration kPatience = seconds(240);  // after the faults, for everything to finish
constexpr Duration kClientRetry = seconds(2);
constexpr Duration kFinishPatience = seconds(30);
constexpr std::int32_t kParallel = 3;
// A master that gets no further gives back what it holds: of those that hold and wait, all would
// wait for ever.
constexpr Duration kPatienceOfMasters = seconds(15);
// Two nodes of the smallest kind.
const Resource kLeastCluster = {2 * 8192, 2 * 8, {{"gpu", 2 * 2}}};

// What a client wants to have run.
struct Job {
    ApplicationSubmission submission;
    std::int32_t pool = 0;    // long-lived containers
    std::int32_t pieces = 0;  // containers that end by themselves
    std::int32_t gpus = 0;    // of each piece
    bool extra = false;       // has one container more as long as it runs, with a label, if it can
    bool racks = false;       // pieces prefer a rack
    bool hold = false;
    bool new_generation = false;
    Duration piece_time;
    std::int32_t exit_code = 0;  // of a command
    std::optional<Duration> kill_after;
    std::unique_ptr<ClientScript> client;  // once its time has come
    bool claimed = false;
    bool kill_acknowledged = false;

    std::optional<ApplicationId> id() const {
        return client == nullptr ? std::nullopt : client->id();
    }
    bool submitted() const { return client != nullptr && client->submitted(); }
};

// What one attempt's master has in mind.
struct Plan {
    const Job* job = nullptr;
    MasterScript* master = nullptr;
    std::int32_t pieces_left = 0;
    bool pool_seen = false;
    bool begun = false;
    bool finishing = false;
    std::int32_t generation = 0;
    TimePoint in_excess_since = TimePoint::never();
    TimePoint progressed;  // something was granted, or a piece was done
    bool modest = false;   // asks for pieces alone
};

Config config_of(std::uint64_t seed, Defect defect) {
    Config config;
    config.scheduler.labels = {{"ssd", true}, {"spot", false}};
    Prng prng(seed ^ 0x71756575ULL);  // of its own, so that what else is drawn does not shift
    if (prng.chance(1, 2)) {
        config.scheduler.queues = random_queues(prng, kLeastCluster);
        config.scheduler.applications_parallel_max_by_user = random_user_limits(prng);
    } else {
        config.scheduler.queues = {queue_config("root.default"), queue_config("root.batch")};
    }
    config.placements_per_step = 4;  // so that the budget is met
    config.ids_per_reservation = 4;
    config.secrets_pool = 4;
    config.master_register_expiry = kFinishPatience;
    config.node_forget_after = seconds(2);  // so that lost ones come back before and after
    config.attempts_max = 4;
    config.defect = defect;
    return config;
}

class RandomRun {
public:
    RandomRun(std::uint64_t seed, Defect defect)
        : scheduler_(settings_of(seed, defect).scheduler),
          world_(seed, settings_of(seed, defect)),
          tight_(scheduler_.preemption.enabled) {
        draw_faults();
        world_.on_master = [this](MasterScript& master) { lead(master); };
        world_.on_worker = [this](const ContainerStart& start) { work(start); };
        world_.on_stopped = [this](const ContainerId& id) { check_stop(id); };
    }

    RunResult run() {
        world_.manager().start();
        const auto nodes = stage().prng.between(2, tight_ ? 2 : 4);
        for (std::int64_t i = 1; i <= nodes; ++i) {
            // Never less than what is asked for: an ask beyond the nodes seen so far is refused.
            const Resource total{8192, tight_ ? 5 : 8, {{"gpu", prng().between(2, 3)}}};
            world_.add_node("n" + std::to_string(i), total, i % 2 == 0 ? "/a" : "/b", label_of(i));
        }
        draw_jobs();
        draw_chaos();
        watch();
        world_.run_for(kFaults);
        heal();
        const TimePoint end = stage().now() + kPatience;
        while (stage().now() < end && stage().violation.empty() && !all_over()) {
            world_.run_for(seconds(1));
        }
        world_.run_for(seconds(20));  // what is still on its way
        if (stage().violation.empty()) {
            check_end();
        }
        return {stage().violation,
                stage().trace.digest(),
                stage().timeline.steps(),
                stage().trace.tail(),
                static_cast<std::int64_t>(world_.manager().life()),
                stage().now().microseconds / 1000,
                static_cast<std::int64_t>(preempted_.size())};
    }

private:
    // Two nodes are for everybody.
    static std::string label_of(std::int64_t node) {
        return node == 3 ? "ssd" : node == 4 ? "spot" : "";
    }

    // Half of the seeds share by random settings, the others by none.
    bool settings() const { return scheduler_.queues.size() > 2; }

    static Config settings_of(std::uint64_t seed, Defect defect) {
        return with_preemption(seed, config_of(seed, defect));
    }

    // Every other run with but two queues takes room back: batch is owed nearly all of it, and
    // there is less than the limits of random queues need.
    static Config with_preemption(std::uint64_t seed, Config config) {
        if (seed % 2 == 1 && config.scheduler.queues.size() == 2) {
            config.scheduler.preemption = {true, false, milliseconds(500), milliseconds(500), 40,
                                           10,   false};
            config.scheduler.queues[1].capacity[kNoLabel].guaranteed.all = {Share::Kind::Weight,
                                                                            9000};
        }
        return config;
    }

    // Nobody fell below what is owed to it, and no round took more than it may.
    void check_preemptions(const View& view) {
        view.preemptions.for_each([&](std::int64_t, const auto& record) {
            const Resource& owed = record->from.guaranteed;
            const Resource& left = record->from.used;
            if (left.memory_mib < owed.memory_mib && left.vcores < owed.vcores) {
                stage().violate("taken from a queue that is owed it: " +
                                name_of(record->container));
            }
            const std::int64_t percent = record->cluster_percent_max;
            if (record->in_flight.memory_mib * 100 > record->cluster.memory_mib * percent ||
                record->in_flight.vcores * 100 > record->cluster.vcores * percent) {
                stage().violate("taken beyond the budget: " + name_of(record->container));
            }
            preempted_.insert(record->container);
            return true;
        });
    }

    Stage& stage() { return world_.stage(); }
    Prng& prng() { return world_.stage().prng; }

    void draw_faults() {
        sim::FaultPlan& faults = stage().faults;
        faults.end = TimePoint{} + kFaults;
        faults.lose = prng().below(60);
        faults.duplicate = prng().below(60);
        faults.delay = prng().below(60);
        faults.latency_max = milliseconds(prng().between(1, 80));
        faults.cut = prng().below(10);
        faults.save_fails = prng().below(150);
        faults.crash_per_100000 = prng().chance(1, 2) ? prng().below(1500) : 0;
    }

    Job draw_job() {
        Job job;
        job.submission.user = "alice";
        job.submission.queue = prng().chance(1, 3) ? "batch" : "";
        if (settings()) {
            job.submission.user = prng().chance(1, 2)   ? "alice"
                                  : prng().chance(1, 2) ? "bob"
                                                        : "eve";
            job.submission.queue = random_leaf(prng());
            job.submission.priority = static_cast<std::int32_t>(prng().below(4));
        }
        job.submission.master.argv = {"program"};
        job.submission.master_size = {512, 1};
        job.piece_time = milliseconds(prng().between(100, 3000));
        if (prng().chance(1, 3)) {
            job.submission.kind = ApplicationKind::Command;
            job.exit_code = prng().chance(1, 4) ? 3 : 0;
        } else {
            job.submission.kind = ApplicationKind::Master;
            job.submission.unmanaged = prng().chance(1, 6);
            job.submission.keep_containers = prng().chance(1, 2);
            job.submission.attempts_max = static_cast<std::int32_t>(prng().between(1, 4));
            job.pool = static_cast<std::int32_t>(prng().between(0, 2));
            job.pieces = static_cast<std::int32_t>(prng().between(0, tight_ ? 15 : 6));
            job.gpus = static_cast<std::int32_t>(prng().between(0, 2));
            job.extra = prng().chance(1, 3);
            job.racks = prng().chance(1, 3);
            job.hold = prng().chance(1, 4);
            job.new_generation = prng().chance(1, 4);
        }
        if (prng().chance(1, 12)) {
            job.submission.lifetime = milliseconds(prng().between(1000, 60000));
        }
        if (prng().chance(1, 12)) {
            job.submission.pending_max = milliseconds(prng().between(100, 10000));
        }
        if (prng().chance(1, 6)) {
            job.kill_after = milliseconds(prng().between(100, 20000));
        }
        return job;
    }

    void draw_jobs() {
        const auto count = prng().between(3, tight_ ? 14 : 7);
        for (std::int64_t i = 0; i < count; ++i) {
            jobs_.push_back(draw_job());
            const Duration when = milliseconds(prng().between(0, 35000));
            stage().timeline.after(when, [this, index = jobs_.size() - 1] { push(index); });
        }
        // One that lives in the quiet phase, where stricter things hold.
        Job last = draw_job();
        last.submission.kind = ApplicationKind::Master;
        last.submission.unmanaged = false;
        last.pool = 2;
        last.pieces = 9;
        last.piece_time = seconds(4);
        last.kill_after.reset();
        last.submission.lifetime.reset();
        last.submission.pending_max.reset();
        jobs_.push_back(std::move(last));
        stage().timeline.after(kFaults + seconds(15),
                               [this, index = jobs_.size() - 1] { push(index); });
    }

    // The client of a job.
    void push(std::size_t index) {
        Job& job = jobs_[index];
        job.client = std::make_unique<ClientScript>(stage(), world_.manager(), job.submission);
        job.client->on_id = [this, index](const ApplicationId& id) {
            if (!ids_.insert(id).second) {
                stage().violate("id given twice: " + to_string(id));
            }
            by_id_[id] = index;
        };
        job.client->on_submitted = [this, index] { submitted(index); };
        job.client->start();
    }

    void submitted(std::size_t index) {
        if (jobs_[index].submission.unmanaged) {
            claim(index);
        }
        if (jobs_[index].kill_after.has_value()) {
            stage().timeline.after(*jobs_[index].kill_after, [this, index] { kill(index); });
        }
    }

    // The master outside the cluster asks for its attempt and token, again and again.
    void claim(std::size_t index) {
        if (jobs_[index].claimed) {
            return;
        }
        world_.manager().request(
            ClaimMaster{*jobs_[index].id()}, [this, index](const Result<Answer>& answer) {
                Job& asked = jobs_[index];
                if (!answer.ok()) {
                    asked.claimed = asked.claimed || answer.error().code == ErrorCode::Conflict;
                } else if (!std::exchange(asked.claimed, true)) {
                    const auto& credentials = std::get<MasterCredentials>(*answer);
                    world_.outside_master(credentials.attempt, credentials.token);
                }
            });
        stage().timeline.after(kClientRetry, [this, index] { claim(index); });
    }

    void kill(std::size_t index) {
        if (jobs_[index].kill_acknowledged) {
            return;
        }
        world_.manager().request(KillApplication{*jobs_[index].id(), "killed by its user"},
                                 [this, index](const Result<Answer>& answer) {
                                     jobs_[index].kill_acknowledged |= answer.ok();
                                 });
        stage().timeline.after(kClientRetry, [this, index] { kill(index); });
    }

    void draw_chaos() {
        const auto count = prng().between(2, 8);
        for (std::int64_t i = 0; i < count; ++i) {
            const Duration when = milliseconds(prng().between(500, 39000));
            stage().timeline.after(when, [this] { mischief(); });
        }
        if (settings()) {
            const auto changes = prng().between(0, 6);
            for (std::int64_t i = 0; i < changes; ++i) {
                const Duration when = milliseconds(prng().between(500, 39000));
                stage().timeline.after(when, [this] { change_configuration(); });
            }
        }
        keep_manager_up();
    }

    // What the operator wants next time begins with what was taken the last time.
    void change_configuration() {
        SchedulerConfig candidate = scheduler_;
        const auto count = prng().between(1, 3);
        for (std::int64_t i = 0; i < count; ++i) {
            change_queues(prng(), kLeastCluster, candidate.queues);
        }
        replace_configuration(std::move(candidate));
    }

    void replace_configuration(SchedulerConfig candidate) {
        const auto shared = std::make_shared<const SchedulerConfig>(std::move(candidate));
        world_.manager().request(ReplaceScheduler{*shared, {}, "operator", "", false},
                                 [this, shared](const Result<Answer>& answer) {
                                     if (answer.ok()) {
                                         scheduler_ = *shared;
                                     } else if (answer.error().code == ErrorCode::InvalidArgument) {
                                         stage().violate("the drawn configuration is refused: " +
                                                         answer.error().message);
                                     }
                                 });
    }

    // Who waits for a queue that takes nothing would wait for ever.
    void open_all_queues() {
        SchedulerConfig candidate = scheduler_;
        bool closed = false;
        for (QueueConfig& queue : candidate.queues) {
            closed = closed || queue.state != QueueState::Running;
            queue.state = QueueState::Running;
        }
        if (closed || !opened_) {
            opened_ = true;  // once more at least: an answer may have been lost
            replace_configuration(std::move(candidate));
            stage().timeline.after(kClientRetry, [this] { open_all_queues(); });
        }
    }

    void keep_manager_up() {
        if (!world_.manager().up()) {
            stage().timeline.after(milliseconds(prng().between(50, 3000)), [this] {
                if (!world_.manager().up()) {
                    world_.manager().start();
                }
            });
        }
        stage().timeline.after(seconds(4), [this] { keep_manager_up(); });
    }

    NodeHost& any_node() {
        auto it = world_.nodes().begin();
        std::advance(it, static_cast<std::ptrdiff_t>(prng().below(world_.nodes().size())));
        return *it->second;
    }

    void mischief() {
        NodeHost& node = any_node();
        switch (prng().below(10)) {
            case 0:
            case 1:
                world_.manager().crash();
                stage().timeline.after(milliseconds(prng().between(10, 2000)), [this] {
                    if (!world_.manager().up()) {
                        world_.manager().start();
                    }
                });
                break;
            case 2:
                node.kill_agent();
                restart_later(node, milliseconds(prng().between(50, 14000)));
                break;
            case 3:
                node.partition(true);
                stage().timeline.after(milliseconds(prng().between(500, 15000)),
                                       [&node] { node.partition(false); });
                break;
            case 4:
                node.lose_power();
                restart_later(node, milliseconds(prng().between(1000, 14000)));
                break;
            case 5:
            case 6:
                fail_any_attempt();
                break;
            case 7:
                change_anything();
                break;
            case 8:
                drain(node.info().id);
                break;
            default:
                kill_any_process();
                break;
        }
    }

    // It is taken back in the end, so that the jobs that are left have somewhere to go.
    void drain(const NodeId& node) {
        const auto timeout = prng().chance(1, 3)
                                 ? std::nullopt
                                 : std::optional(milliseconds(prng().between(0, 8000)));
        world_.manager().request(DrainNode{node, timeout}, [](const Result<Answer>&) {});
        stage().timeline.after(milliseconds(prng().between(500, 15000)),
                               [this, node] { recommission(node, std::make_shared<bool>(false)); });
    }

    void recommission(const NodeId& node, const std::shared_ptr<bool>& done) {
        if (*done) {
            return;
        }
        world_.manager().request(RecommissionNode{node}, [done](const Result<Answer>& answer) {
            *done = *done || answer.ok() || answer.error().code == ErrorCode::NotFound;
        });
        stage().timeline.after(seconds(1), [this, node, done] { recommission(node, done); });
    }

    const Job* any_submitted() {
        const Job& job = jobs_[prng().below(jobs_.size())];
        return job.submitted() ? &job : nullptr;
    }

    void fail_any_attempt() {
        const Job* job = any_submitted();
        const View* view = world_.manager().view();
        const auto application =
            job == nullptr || view == nullptr ? nullptr : view->applications.find(*job->id());
        if (application != nullptr && !application->attempts.empty()) {
            world_.manager().request(
                FailAttempt{application->attempts.back().id, "failed by its user"},
                [](const Result<Answer>&) {});
        }
    }

    // Queue, priority, and for the bold a new lifetime; several at once.
    void change_anything() {
        const Job* job = any_submitted();
        if (job == nullptr) {
            return;
        }
        const auto count = prng().between(1, 4);
        for (std::int64_t i = 0; i < count; ++i) {
            const ApplicationId id = *job->id();
            const auto ignore = [](const Result<Answer>&) {};
            if (prng().chance(1, 2)) {
                const std::string queue = settings()            ? random_leaf(prng())
                                          : prng().chance(1, 2) ? "batch"
                                                                : "default";
                world_.manager().request(MoveApplication{id, queue}, ignore);
            } else if (prng().chance(1, 2)) {
                const auto priority = static_cast<std::int32_t>(prng().below(5));
                world_.manager().request(ChangePriority{id, priority}, ignore);
            } else {
                const std::int64_t left = prng().between(20000, 90000);
                const WallTime expires{stage().wall().milliseconds + left};
                world_.manager().request(ChangeLifetime{id, expires}, ignore);
            }
        }
    }

    void restart_later(NodeHost& node, Duration wait) {
        stage().timeline.after(wait, [&node] {
            if (!node.agent_up()) {
                node.start_agent();
            }
        });
    }

    void kill_any_process() {
        if (!running_.empty()) {
            const ContainerId id = running_[prng().below(running_.size())];
            world_.end_process(id, 0, 9);
        }
    }

    void heal() {
        for (const auto& [name, node] : world_.nodes()) {
            node->partition(false);
            if (!node->agent_up()) {
                node->start_agent();
            }
        }
        if (!world_.manager().up()) {
            world_.manager().start();
        }
        if (settings()) {
            open_all_queues();
        }
    }

    // A process that is no master: a command, a piece of work, or a member of a pool.
    void work(const ContainerStart& start) {
        running_.push_back(start.container);
        check_label(start);
        const auto it = by_id_.find(start.key.attempt.application);
        if (it == by_id_.end()) {
            stage().violate("a process of an application nobody has an id of");
            return;
        }
        const Job& job = jobs_[it->second];
        if (start.key.ask == 1) {
            return;
        }
        const std::int32_t code = start.key.ask == 0 ? job.exit_code : prng().chance(1, 8) ? 1 : 0;
        stage().timeline.after(
            job.piece_time, [this, id = start.container, code] { world_.end_process(id, code); });
    }

    void lead(MasterScript& master) {
        plans_.push_back({});
        Plan& plan = plans_.back();
        plan.master = &master;
        plan.job = &jobs_[by_id_.at(master.attempt().application)];
        plan.pieces_left = plan.job->pieces;
        master.lingers = prng().chance(1, 3);
        master.on_finished = [this, &master] { end_later(master); };
        master.on_registered = [this, &plan] { begin(plan); };
        master.on_granted = [this, &plan](const Grant& grant) { granted(plan, grant); };
        master.on_ended = [this, &plan](const ContainerEnded& ended, const Grant& grant) {
            if (grant.key.ask == 2 && ended.exit.success()) {
                --plan.pieces_left;
                plan.progressed = stage().now();
            }
            state_pieces(plan);
            maybe_finish(plan);
        };
    }

    // A master that takes its time to end after its finish is acknowledged.
    void end_later(const MasterScript& master) {
        const auto& attempts = world_.manager().store().attempts;
        const auto it = attempts.find(master.attempt());
        if (master.lingers && it != attempts.end() && it->second.master_container.has_value()) {
            stage().timeline.after(
                milliseconds(prng().between(10, 8000)),
                [this, id = *it->second.master_container] { world_.end_process(id, 0); });
        }
    }

    // Whose finish is on disk ends by itself, within the patience for that.
    void check_stop(const ContainerId& id) {
        const auto& attempts = world_.manager().store().attempts;
        const auto it = attempts.find(id.attempt);
        if (it == attempts.end() || it->second.state != AttemptState::Finished ||
            it->second.master_container != id) {
            return;
        }
        const std::int64_t waited = stage().wall().milliseconds - it->second.finished.milliseconds;
        if (waited < kFinishPatience.milliseconds()) {
            stage().violate("a finished master is stopped: " + to_string(id));
        }
    }

    void begin(Plan& plan) {
        if (std::exchange(plan.begun, true)) {
            return;
        }
        plan.progressed = stage().now();
        state_pool(plan);
        state_pieces(plan);
        state_extra(plan);
        maybe_finish(plan);
    }

    void be_modest(Plan& plan) {
        if (plan.modest || !plan.begun || !plan.master->alive() ||
            stage().now() - plan.progressed < kPatienceOfMasters) {
            return;
        }
        plan.modest = true;
        plan.pool_seen = true;
        state_pool(plan);
        state_extra(plan);
        maybe_finish(plan);
    }

    void state_pool(Plan& plan) {
        if (plan.job->pool > 0) {
            Ask ask;
            ask.id = 1;
            ask.generation = plan.generation;
            ask.launch_template = 1;
            ask.size = {512, 1};
            ask.count = plan.modest ? 0 : plan.job->pool;
            ask.hold = plan.job->hold;
            ask.priority = 1;
            if (prng().chance(1, 3)) {
                ask.nodes = {{"n1"}, {"n2"}};
            }
            plan.master->ask(ask);
        }
    }

    void state_pieces(Plan& plan) {
        if (plan.job->pieces > 0) {
            Ask ask;
            ask.id = 2;
            ask.launch_template = 1;
            ask.size = {512, 1, {{"gpu", plan.job->gpus}}};
            ask.count = std::clamp(plan.pieces_left, 0, kParallel);
            ask.priority = 2;
            if (plan.job->racks) {
                ask.racks = {"/a"};
            }
            plan.master->ask(ask);
        }
    }

    // Refused while no node with the label has been seen, and then it does without.
    void state_extra(Plan& plan) {
        if (plan.job->extra) {
            Ask ask;
            ask.id = 3;
            ask.launch_template = 1;
            ask.size = {512, 1};
            ask.count = plan.modest ? 0 : 1;
            ask.priority = 3;
            ask.label = "ssd";
            plan.master->ask(ask);
        }
    }

    void check_label(const ContainerStart& start) {
        const NodeHost* node = world_.node_of(start.container);
        if (node == nullptr) {
            return;
        }
        const std::string& label = node->info().label;
        if (start.key.ask == 3 ? label != "ssd" : label == "ssd") {
            stage().violate(name_of(start.container) + " is on a node with the label '" + label +
                            "'");
        }
    }

    void granted(Plan& plan, const Grant& grant) {
        plan.progressed = stage().now();
        if (grant.key.ask != 1) {
            return;
        }
        if (!plan.begun) {  // left by the attempt before
            plan.generation = std::max(plan.generation, grant.key.generation);
        }
        if (plan.job->hold) {
            plan.master->start_held(grant.container);
        }
        const bool first = !std::exchange(plan.pool_seen, true);
        if (first && plan.job->new_generation) {
            stage().timeline.after(seconds(1), [this, &plan] {
                if (plan.master->alive()) {
                    ++plan.generation;
                    state_pool(plan);
                }
            });
        } else if (prng().chance(1, 10)) {
            plan.master->release(grant.container);
        }
        maybe_finish(plan);
    }

    void maybe_finish(Plan& plan) {
        const bool pool_done = plan.job->pool == 0 || plan.pool_seen;
        if (plan.pieces_left > 0 || !pool_done || std::exchange(plan.finishing, true)) {
            return;
        }
        stage().timeline.after(milliseconds(prng().between(10, 3000)), [&plan] {
            if (plan.master->alive()) {
                plan.master->finish(FinalStatus::Succeeded);
            }
        });
    }

    // What must hold all the time, looked at twice a second.
    void watch() {
        stage().timeline.after(milliseconds(500), [this] { watch(); });
        const View* view = world_.manager().view();
        if (view != nullptr) {
            check_preemptions(*view);
            for (const Job& job : jobs_) {
                if (job.submitted() && view->applications.find(*job.id()) == nullptr) {
                    stage().violate("acknowledged and lost: " + to_string(*job.id()));
                }
            }
        }
        for (Plan& plan : plans_) {
            watch_excess(plan);
            be_modest(plan);
        }
    }

    // In the quiet phase nobody has more than was asked for.
    void watch_excess(Plan& plan) {
        const bool quiet = stage().now() > stage().faults.end + seconds(15);
        bool excess = false;
        if (quiet && plan.master->alive() && plan.master->registered()) {
            std::map<std::int32_t, std::int32_t> live;
            for (const auto& [id, grant] : plan.master->containers()) {
                ++live[grant.key.ask];
            }
            for (const auto& [id, ask] : plan.master->asks()) {
                excess = excess || live[id] > ask.count;
            }
        }
        if (!excess) {
            plan.in_excess_since = TimePoint::never();
        } else if (plan.in_excess_since == TimePoint::never()) {
            plan.in_excess_since = stage().now();
        } else if (stage().now() - plan.in_excess_since > seconds(8)) {
            stage().violate("more containers than asked for: " + to_string(plan.master->attempt()));
        }
    }

    bool all_over() {
        const View* view = world_.manager().view();
        if (view == nullptr) {
            return false;
        }
        return std::all_of(jobs_.begin(), jobs_.end(), [&](const Job& job) {
            if (!job.submitted()) {
                return false;
            }
            const auto application = view->applications.find(*job.id());
            return application != nullptr && is_final(application->state);
        });
    }

    void check_end() {
        if (!all_over()) {
            for (const Job& job : jobs_) {
                const auto application = job.id().has_value()
                                             ? world_.manager().view()->applications.find(*job.id())
                                             : nullptr;
                if (application == nullptr || !is_final(application->state)) {
                    stage().violate(
                        "not finished: " + (job.id() ? name_of(*job.id()) : std::string("no id")) +
                        (job.submitted() ? "" : " (not acknowledged)") + " in state " +
                        (application == nullptr
                             ? "none"
                             : std::to_string(static_cast<int>(application->state))) +
                        (application == nullptr || !application->waiting.has_value()
                             ? ""
                             : ", " + application->waiting->headline));
                }
            }
            return;
        }
        world_.check_nothing_left();
    }

    SchedulerConfig scheduler_;  // as the operator knows it
    bool opened_ = false;
    World world_;
    bool tight_ = false;  // little room, so that some is taken back
    std::vector<Job> jobs_;
    std::map<ApplicationId, std::size_t> by_id_;
    std::set<ApplicationId> ids_;
    std::deque<Plan> plans_;  // addresses are stable
    std::vector<ContainerId> running_;
    std::set<ContainerId> preempted_;
};

}  // namespace

RunResult random_run(std::uint64_t seed, Defect defect) {
    return RandomRun(seed, defect).run();
}

}  // namespace heddle::rm::test
