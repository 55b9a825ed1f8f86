#include "tests/simulation/cluster/cluster_run.h"

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "tests/simulation/cluster/sim_driver.h"
#include "tests/support/rdd_world/memory_files.h"
#include "tests/support/rm_world/client_script.h"
#include "tests/support/rm_world/names.h"
#include "tests/support/rm_world/world.h"

namespace heddle::test {
namespace {

using rm::test::ClientScript;
using rm::test::name_of;
using rm::test::NodeHost;
using rm::test::Stage;

constexpr Duration kFaults = seconds(20);
constexpr Duration kPatience = seconds(240);  // after the faults, for everything to finish
constexpr std::int32_t kAttemptsMax = 1000;   // an application ends by its program, not by these

struct App {
    DriverProgram program;
    std::unique_ptr<ClientScript> client;  // once its time has come
};

class ClusterRun {
public:
    ClusterRun(std::uint64_t seed, const ClusterDefects& defects)
        : defects_(defects), world_(seed, config(defects)) {
        draw_faults();
        world_.take_master = [this](const ContainerStart& start) { return driver_began(start); };
        world_.on_worker = [this](const ContainerStart& start) { executor_began(start); };
        world_.on_ended = [this](const ContainerId& container) { ended(container); };
    }

    SeedRun run() {
        world_.manager().start();
        for (std::int64_t i = prng().between(2, 4); i > 0; --i) {
            world_.add_node("node-" + std::to_string(i), {4096, 6});
        }
        draw_apps();
        keep_manager_up();
        watch();
        stage().timeline.after(next_mischief(), [this] { mischief(); });
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
        return {stage().violation, stage().trace.digest(), stage().trace.tail(), figures()};
    }

private:
    static rm::Config config(const ClusterDefects& defects) {
        rm::Config config;
        config.placements_per_step = 4;  // so that the budget is met
        config.ids_per_reservation = 4;
        config.secrets_pool = 4;
        config.master_register_expiry = seconds(30);
        config.attempts_max = kAttemptsMax;
        config.defect = defects.manager;
        return config;
    }

    Stage& stage() { return world_.stage(); }
    Prng& prng() { return world_.stage().prng; }

    void draw_faults() {
        sim::FaultPlan& faults = stage().faults;
        faults.end = TimePoint{} + kFaults;
        faults.lose = prng().below(40);
        faults.duplicate = prng().below(40);
        faults.delay = prng().below(40);
        faults.latency_max = milliseconds(prng().between(1, 40));
        faults.cut = prng().below(6);
        faults.save_fails = prng().below(100);
        faults.crash_per_100000 = prng().chance(1, 2) ? prng().below(1000) : 0;
    }

    App& draw_app() {
        App& app = apps_.emplace_back();
        app.program.jobs = draw_unordered_jobs(prng());
        app.program.waves = static_cast<std::int32_t>(prng().between(1, 4));
        app.program.between_waves = milliseconds(prng().between(100, 5000));
        app.program.executors = static_cast<std::int32_t>(prng().between(1, 4));
        app.program.executor_size.vcores = prng().between(1, 2);
        app.program.by_demand = apps_.size() % 3 == 1;
        app.program.retires = apps_.size() % 2 == 1;
        // Two of them could each hold what the other needs to begin, and wait for ever.
        if (!meets_ && !app.program.by_demand &&
            app.program.executors * app.program.executor_size.vcores >= kBarrierTasks) {
            meets_ = true;
            add_barrier_jobs(app.program.jobs);
        }
        app.program.defects.ignore_indeterminate_recompute =
            defects_.ignore_indeterminate_recompute;
        app.program.reader_moves_records = defects_.reader_moves_records;
        if (apps_.size() % 2 == 0) {
            app.program.broken_node = "node-2";
        }
        return app;
    }

    void draw_apps() {
        for (std::int64_t i = prng().between(1, 3); i > 0; --i) {
            App& app = draw_app();
            stage().timeline.after(milliseconds(prng().between(0, 12'000)),
                                   [this, &app] { submit(app); });
        }
        // One that lives in the quiet phase, where stricter things hold.
        App& last = draw_app();
        last.program.waves = 4;
        last.program.between_waves = seconds(8);
        stage().timeline.after(kFaults + seconds(10), [this, &last] { submit(last); });
    }

    // In the quiet phase no driver has more executors than it has asked for, but for a moment.
    void watch() {
        stage().timeline.after(milliseconds(500), [this] { watch(); });
        const bool quiet = stage().now() > stage().faults.end + seconds(15);
        for (const auto& [container, driver] : driver_of_) {
            const bool excess =
                quiet && driver->working() && driver->executors() > driver->executors_asked();
            TimePoint& since = excess_since_.try_emplace(driver, TimePoint::never()).first->second;
            if (!excess) {
                since = TimePoint::never();
            } else if (since == TimePoint::never()) {
                since = stage().now();
            } else if (stage().now() - since > seconds(8)) {
                stage().violate("more executors than asked for: " + to_string(driver->attempt()));
            }
        }
    }

    void submit(App& app) {
        ApplicationSubmission submission;
        submission.user = "alice";
        submission.kind = ApplicationKind::Rdd;
        submission.master.argv = {"./program"};
        submission.master_size = {512, 1};
        submission.attempts_max = kAttemptsMax;
        app.client = std::make_unique<ClientScript>(stage(), world_.manager(), submission);
        app.client->on_id = [this, &app](const ApplicationId& id) { by_id_[id] = &app; };
        app.client->start();
    }

    // Processes.

    bool driver_began(const ContainerStart& start) {
        const auto it = by_id_.find(start.key.attempt.application);
        if (it == by_id_.end()) {
            stage().violate("a process of an application nobody has an id of");
            return true;
        }
        drivers_.push_back(std::make_unique<SimDriver>(stage(), world_.manager(), files_,
                                                       it->second->program, start.key.attempt,
                                                       start.spec.secrets.front().contents));
        SimDriver& driver = *drivers_.back();
        driver_of_[start.container] = &driver;
        by_attempt_[start.key.attempt] = &driver;
        driver.on_exit = [this, id = start.container](std::int32_t code) {
            world_.end_process(id, code);
        };
        driver.on_executor_exit = [this](const ContainerId& container, std::int32_t code) {
            world_.end_process(container, code);
        };
        driver.start();
        return true;
    }

    void executor_began(const ContainerStart& start) {
        const NodeHost* node = world_.node_of(start.container);
        SimDriver* driver = by_attempt_[start.key.attempt];
        if (driver == nullptr) {
            stage().violate("an executor of an attempt without a driver");
        } else if (node != nullptr) {
            executor_of_[start.container] = driver;
            driver->executor_began(start.container, node->info().id.name);
        }
    }

    void ended(const ContainerId& container) {
        if (const auto it = driver_of_.find(container); it != driver_of_.end()) {
            it->second->die();
            driver_of_.erase(it);
        } else if (const auto at = executor_of_.find(container); at != executor_of_.end()) {
            SimDriver* driver = at->second;
            executor_of_.erase(at);
            driver->executor_ended(container);
        }
    }

    // Faults.

    Duration next_mischief() { return milliseconds(prng().between(20, 2500)); }

    NodeHost& any_node() {
        auto it = world_.nodes().begin();
        std::advance(it, static_cast<std::ptrdiff_t>(prng().below(world_.nodes().size())));
        return *it->second;
    }

    void restart_agent_later(NodeHost& node, Duration wait) {
        stage().timeline.after(wait, [&node] {
            if (!node.agent_up()) {
                node.start_agent();
            }
        });
    }

    void mischief() {
        if (!stage().faults.active(stage().now())) {
            return;
        }
        ++mischiefs_;
        if (prng().chance(1, 3)) {
            trouble_the_cluster();
        } else {
            trouble_a_driver();
        }
        stage().timeline.after(next_mischief(), [this] { mischief(); });
    }

    void trouble_the_cluster() {
        NodeHost& node = any_node();
        switch (prng().below(5)) {
            case 0:
                world_.manager().crash();
                break;
            case 1:
                node.kill_agent();
                restart_agent_later(node, milliseconds(prng().between(50, 14'000)));
                break;
            case 2:
                node.partition(true);
                stage().timeline.after(milliseconds(prng().between(500, 15'000)),
                                       [&node] { node.partition(false); });
                break;
            case 3:
                drain_any_node();
                break;
            default:
                node.lose_power();
                restart_agent_later(node, milliseconds(prng().between(1000, 8000)));
                break;
        }
    }

    // It is taken back in the end, so that the jobs that are left have somewhere to go.
    void drain_any_node() {
        auto it = world_.nodes().begin();
        std::advance(it, static_cast<std::ptrdiff_t>(prng().below(world_.nodes().size())));
        const NodeId node{it->first};
        const auto timeout = prng().chance(1, 2)
                                 ? std::nullopt
                                 : std::optional(milliseconds(prng().between(0, 8000)));
        ++drains_;
        world_.manager().request(rm::DrainNode{node, timeout}, [](const Result<rm::Answer>&) {});
        stage().timeline.after(milliseconds(prng().between(500, 15'000)),
                               [this, node] { recommission(node, std::make_shared<bool>(false)); });
    }

    // `done` is shared with the answers that are under way.
    void recommission(const NodeId& node, const std::shared_ptr<bool>& done) {
        if (*done) {
            return;
        }
        world_.manager().request(
            rm::RecommissionNode{node}, [done](const Result<rm::Answer>& answer) {
                *done = *done || answer.ok() || answer.error().code == ErrorCode::NotFound;
            });
        stage().timeline.after(seconds(1), [this, node, done] { recommission(node, done); });
    }

    void trouble_a_driver() {
        std::vector<std::pair<ContainerId, SimDriver*>> working;
        for (const auto& [container, driver] : driver_of_) {
            if (driver->alive()) {
                working.emplace_back(container, driver);
            }
        }
        if (working.empty()) {
            return;
        }
        const auto& [container, driver] = working[prng().below(working.size())];
        switch (prng().below(12)) {
            case 0:
                world_.end_process(container, 0, 9);
                break;
            case 1:
            case 2:
                driver->stall_executor(milliseconds(prng().between(100, 9000)));
                break;
            case 3:
            case 4:
                driver->cut_executor();
                break;
            case 5:
            case 6:
            case 7:
                driver->lose_map_output();
                break;
            default:
                kill_executor();
                break;
        }
    }

    void kill_executor() {
        if (executor_of_.empty()) {
            return;
        }
        auto it = executor_of_.begin();
        std::advance(it, static_cast<std::ptrdiff_t>(prng().below(executor_of_.size())));
        const ContainerId container = it->first;
        world_.end_process(container, 0, 9);
    }

    void keep_manager_up() {
        if (!world_.manager().up()) {
            world_.manager().start();
        }
        stage().timeline.after(milliseconds(prng().between(10, 3000)),
                               [this] { keep_manager_up(); });
    }

    void heal() {
        for (const auto& [name, node] : world_.nodes()) {
            node->partition(false);
            if (!node->agent_up()) {
                node->start_agent();
            }
        }
    }

    // The end.

    std::shared_ptr<const rm::ApplicationView> view_of(const App& app) {
        const rm::View* view = world_.manager().view();
        return view == nullptr || app.client == nullptr || !app.client->submitted()
                   ? nullptr
                   : view->applications.find(*app.client->id());
    }

    bool all_over() {
        return std::all_of(apps_.begin(), apps_.end(), [&](const App& app) {
            const auto view = view_of(app);
            return view != nullptr && is_final(view->state);
        });
    }

    void check_end() {
        for (const App& app : apps_) {
            const auto view = view_of(app);
            const std::string name = app.client != nullptr && app.client->id()
                                         ? name_of(*app.client->id())
                                         : std::string("an application without id");
            if (view == nullptr || !is_final(view->state)) {
                stage().violate("not finished: " + name);
                return;
            }
            if (view->state != AppState::Finished) {
                stage().violate(name + " is " + std::string(to_string(view->state)) + ": " +
                                view->diagnostics);
            }
            check_answers(app, view->final_status);
        }
        world_.check_nothing_left();
    }

    void check_output(const App& app, const std::string& folder) {
        if (const auto wrong = wrong_output(files_, folder, app.program.jobs); !wrong.empty()) {
            stage().violate(wrong);
        }
        ++outputs_;
    }

    // The last driver has answered all its jobs, and what the manager says is what it said.
    void check_answers(const App& app, FinalStatus status) {
        const ApplicationId id = *app.client->id();
        const SimDriver* last = nullptr;
        for (const auto& driver : drivers_) {
            if (driver->attempt().application == id) {
                last = driver.get();
            }
        }
        if (last == nullptr || last->jobs().submitted() == 0 || !last->jobs().open().empty()) {
            stage().violate(name_of(id) + " finished without all answers");
            return;
        }
        if (const std::string wrong = last->jobs().counts(); !wrong.empty()) {
            stage().violate(name_of(id) + ": " + wrong);
        }
        const bool failed = last->jobs().failed() > 0;
        for (std::int32_t wave = 0; !failed && wave < app.program.waves; ++wave) {
            check_output(app, output_of(id, wave));
        }
        if (status != (failed ? FinalStatus::Failed : FinalStatus::Succeeded)) {
            stage().violate(name_of(id) + " ended with " + std::string(to_string(status)) +
                            ", and " + std::to_string(last->jobs().failed()) + " jobs failed");
        }
    }

    std::map<std::string, std::int64_t> figures() {
        std::map<std::string, std::int64_t> sum{
            {"things happened", static_cast<std::int64_t>(stage().timeline.steps())},
            {"lives of the manager", static_cast<std::int64_t>(world_.manager().life())},
            {"lives of drivers", static_cast<std::int64_t>(drivers_.size())},
            {"mischiefs", mischiefs_},
            {"outputs complete", outputs_},
            {"nodes drained", drains_},
            {"applications", static_cast<std::int64_t>(apps_.size())},
            {"virtual s", stage().now().microseconds / 1'000'000}};
        for (const auto& driver : drivers_) {
            sum["jobs"] += driver->jobs().ended();
            sum["jobs that could not be repeated"] += driver->jobs().failed();
            sum["fetch failures"] += driver->fetch_failures();
            sum["tasks failed on a bad node"] += driver->broken_runs();
            sum["meetings of barrier tasks"] += driver->barriers();
        }
        return sum;
    }

    ClusterDefects defects_;
    rm::test::World world_;
    MemoryFiles files_;
    std::deque<App> apps_;  // addresses are stable
    std::map<ApplicationId, App*> by_id_;
    std::vector<std::unique_ptr<SimDriver>> drivers_;  // all that ever were: callbacks stay good
    std::map<AttemptId, SimDriver*> by_attempt_;
    std::map<ContainerId, SimDriver*> driver_of_;         // running masters
    std::map<ContainerId, SimDriver*> executor_of_;       // running executors
    std::map<const SimDriver*, TimePoint> excess_since_;  // looked up, never walked
    std::int64_t mischiefs_ = 0;
    std::int64_t drains_ = 0;
    bool meets_ = false;  // an application has barrier jobs
    std::int64_t outputs_ = 0;
};

}  // namespace

SeedRun run_cluster(std::uint64_t seed, const ClusterDefects& defects) {
    return ClusterRun(seed, defects).run();
}

}  // namespace heddle::test
