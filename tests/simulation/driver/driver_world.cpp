// The simulated cluster of one driver.
#include "tests/simulation/driver/driver_world.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include "client/driver/core/driver.h"
#include "common/base/prng.h"
#include "common/fs/file_system.h"
#include "common/sim/timeline.h"
#include "common/sim/trace.h"
#include "tests/support/rdd_world/job_book.h"
#include "tests/support/rdd_world/sim_executor.h"

namespace heddle::test {

namespace {

constexpr Duration kFaultPhase = seconds(4);
constexpr Duration kDeadline = seconds(300);
constexpr std::int32_t kSlots = 2;
constexpr std::int32_t kExecutors = 3;
constexpr const char* kBadNode = "node-3";  // on which all tasks fail, for some seeds

bool has_bad_node(std::uint64_t seed) {
    return seed % 3 == 0;
}

// An executor and its connection: messages keep their order, none overtakes.
struct Member {
    std::shared_ptr<SimExecutor> executor;  // shared with its tasks, which are still to end
    TimePoint inbox_until;
    TimePoint outbox_until;
};

class World final : public Peers {
public:
    World(std::uint64_t seed, const Defects& defects)
        : seed_(seed),
          prng_(seed),
          bad_node_(has_bad_node(seed)),
          hungry_(seed % 5 == 2 && !bad_node_),
          by_demand_(seed % 4 == 1),
          barrier_jobs_(!by_demand_),
          defects_(defects),
          driver_(config(seed, defects)),
          files_(fs::make_local_file_system()) {}

    RunOutcome run();

    SimExecutor* find(rdd::ExecutorId id) override {
        const auto it = members_.find(id);
        return it == members_.end() || !it->second.executor->alive() ? nullptr
                                                                     : it->second.executor.get();
    }
    // With the defect planted, a block can be read once.
    bool may_read(rdd::ExecutorId holder, const rdd::BlockId& block) override {
        return !defects_.reader_moves_records || read_.emplace(holder, block).second;
    }
    void fetch_failed() override { ++outcome_.fetch_failures; }
    blocks::BlockPtr broadcast(const rdd::BlockId& id) override {
        ++outcome_.chunks_of_driver;
        return broadcasts_->get(id);
    }
    void chunk_from_peer() override { ++outcome_.chunks_of_peers; }
    void cached_from_peer() override { ++outcome_.cached_from_peers; }

private:
    static driver::Config config(std::uint64_t seed, const Defects& defects) {
        driver::Config config;
        config.locality_wait = milliseconds(50);
        config.stage_failures_max = 1'000'000;
        config.task_executor_losses_max = 1'000'000;
        config.speculation.enabled = seed % 2 == 0;
        config.speculation.interval = milliseconds(5);
        config.speculation.multiplier_permille = 1500;
        config.speculation.quantile_permille = 500;
        config.speculation.run_time_min = milliseconds(1);
        config.executors_kept = kExecutors;
        config.task_cpus = seed % 12 == 5 ? kSlots : 1;  // no barrier stages there
        config.allocation.enabled = seed % 4 == 1;
        config.allocation.executors_max = 4;
        config.allocation.slots = kSlots;
        config.allocation.backlog_timeout = milliseconds(20);
        config.allocation.sustained_timeout = milliseconds(20);
        config.allocation.idle_timeout = milliseconds(30);
        config.allocation.cached_idle_timeout = milliseconds(60);
        config.retirement.enabled = config.retirement.storage = seed % 8 >= 4;
        if (seed % 8 == 6) {
            config.retirement.patience = milliseconds(50);
        }
        if (seed % 8 == 1 || seed % 8 == 5) {
            config.allocation.shuffle_idle_timeout = milliseconds(100);
        }
        config.task_failures_max = 1000;  // results are lost at will
        config.executors_grow = true;
        config.reaper.patience = milliseconds(40);
        config.reaper.kill_timeout = milliseconds(100);
        config.executor_timeout = seconds(100'000);  // no heartbeats here
        if (has_bad_node(seed)) {
            config.exclusion.enabled = true;
            config.exclusion.timeout = milliseconds(500);
            config.exclusion.fetch_failures_count = seed % 2 == 0;
            config.exclusion.kill = seed % 5 == 0;
        }
        config.defects.ignore_indeterminate_recompute = defects.ignore_indeterminate_recompute;
        return config;
    }

    void note(const std::string& line) { trace_.add(timeline_.now(), line); }
    void violate(const std::string& what) {
        if (outcome_.violation.empty()) {
            outcome_.violation = what;
        }
    }
    bool faults() const { return timeline_.now() < TimePoint{} + kFaultPhase; }

    void tell_driver(const driver::Event& event);
    void perform(driver::Effects& effects);
    void to_executor(rdd::ExecutorId id, rdd::ToExecutor message);
    void from_executor(rdd::ExecutorId id, const rdd::FromExecutor& message);
    void add_executor();
    void crash(rdd::ExecutorId id);
    void announce_end(rdd::ExecutorId id);
    void answer_growth(rdd::ExecutorId id);
    void bring_executors();
    void next_fault();
    void tick();
    void submit_jobs();
    std::vector<rdd::ExecutorId> alive() const;

    std::uint64_t seed_;
    Prng prng_;
    bool bad_node_;
    bool hungry_;     // some tasks need an executor to themselves
    bool by_demand_;  // executors come and go with the load
    bool barrier_jobs_;
    std::int32_t wanted_ = kExecutors;
    std::int32_t coming_ = 0;
    Defects defects_;
    sim::Timeline timeline_;
    sim::Trace trace_;
    driver::Driver driver_;
    std::unique_ptr<fs::FileSystem> files_;
    std::map<rdd::ExecutorId, Member> members_;
    JobBook jobs_;
    std::shared_ptr<blocks::BroadcastStore> broadcasts_;  // of the jobs
    std::set<std::pair<rdd::ExecutorId, rdd::BlockId>> read_;
    std::int32_t next_executor_ = 1;
    TimePoint tick_at_ = TimePoint::never();
    RunOutcome outcome_;
};

void World::tell_driver(const driver::Event& event) {
    driver::Effects effects;
    driver_.step(timeline_.now(), event, effects);
    driver_.check();
    perform(effects);
    tick();
}

void World::tick() {
    const TimePoint due = driver_.next_deadline();
    if (due == TimePoint::never() || due >= tick_at_) {
        return;
    }
    tick_at_ = due;
    timeline_.at(due, [this, due] {
        if (tick_at_ == due) {
            tick_at_ = TimePoint::never();
            tell_driver(driver::Tick{});
        }
    });
}

void World::perform(driver::Effects& effects) {
    for (driver::Effect& effect : effects) {
        if (auto* send = std::get_if<driver::Send>(&effect)) {
            note("send " + rdd::to_string(send->executor) + " #" +
                 std::to_string(send->message.index()));
            to_executor(send->executor, std::move(send->message));
        } else if (const auto* result = std::get_if<driver::DeliverResult>(&effect)) {
            note("result " + std::to_string(result->job.value) + " " +
                 std::to_string(result->partition));
            violate(jobs_.take(*result));
        } else if (const auto* merge = std::get_if<driver::MergeAccumulators>(&effect)) {
            jobs_.take(*merge);
        } else if (const auto* end = std::get_if<driver::EndJob>(&effect)) {
            note("end " + std::to_string(end->job.value) +
                 (end->error ? ": " + end->error->message : ""));
            violate(jobs_.take(*end));
        } else if (const auto* want = std::get_if<driver::WantExecutors>(&effect)) {
            note("want " + std::to_string(want->count));
            wanted_ = want->count;
            outcome_.given_back += static_cast<int>(want->released.size());
            bring_executors();
        } else if (const auto* grow = std::get_if<driver::GrowExecutor>(&effect)) {
            note("grow " + rdd::to_string(grow->executor));
            answer_growth(grow->executor);
        } else if (const auto* drop = std::get_if<driver::DropExecutor>(&effect)) {
            ++outcome_.replaced;
            outcome_.retired += drop->reason == "its container is to make way" ? 1 : 0;
            crash(drop->executor);
        }
    }
}

void World::to_executor(rdd::ExecutorId id, rdd::ToExecutor message) {
    const auto it = members_.find(id);
    if (it == members_.end()) {
        return;
    }
    Member& member = it->second;
    member.inbox_until =
        std::max(member.inbox_until, timeline_.now() + microseconds(prng_.between(50, 3000)));
    timeline_.at(member.inbox_until, [executor = member.executor, message = std::move(message)] {
        executor->hear(message);
    });
}

// In order; sometimes twice; and what is under way when an executor dies may still arrive.
void World::from_executor(rdd::ExecutorId id, const rdd::FromExecutor& message) {
    Member& member = members_.at(id);
    const auto* kept = std::get_if<rdd::MapOutputKept>(&message);
    outcome_.moved += kept != nullptr && kept->kept ? 1 : 0;
    const int copies = faults() && prng_.chance(1, 20) ? 2 : 1;
    for (int i = 0; i < copies; ++i) {
        member.outbox_until =
            std::max(member.outbox_until, timeline_.now() + microseconds(prng_.between(50, 3000)));
        timeline_.at(member.outbox_until, [this, id, message] {
            tell_driver(driver::ExecutorSaid{id, message});
        });
    }
}

void World::add_executor() {
    const rdd::ExecutorId id{next_executor_++};
    SimExecutor::Surroundings around{timeline_, prng_, *this, *files_, {}, {}, {}};
    around.note = [this](const std::string& line) { note(line); };
    around.tell = [this, id](const rdd::FromExecutor& message) { from_executor(id, message); };
    around.quit = [](bool) {};
    auto executor = std::make_shared<SimExecutor>(std::move(around), kSlots);
    executor->set_id(id);
    executor->set_slowness(prng_.chance(1, 6) ? 10 : 1);
    driver::ExecutorRegistered registered;
    registered.executor = id;
    registered.host = "node-" + std::to_string(id.value % 3 + 1);
    executor->set_broken(bad_node_ && registered.host == kBadNode);
    executor->set_hungry(hungry_);
    executor->set_starving(seed_ % 10 == 2);
    executor->set_deaf(seed_ % 7 == 3);
    executor->set_parks(seed_ % 6 == 4);
    members_[id].executor = std::move(executor);
    registered.port = 1;
    registered.slots = kSlots;
    registered.memory = 1000;
    registered.in_process = seed_ % 2 == 0;  // tasks that do not end are left behind
    note("executor " + rdd::to_string(id) + " on " + registered.host);
    tell_driver(registered);
}

void World::crash(rdd::ExecutorId id) {
    SimExecutor* executor = find(id);
    if (executor == nullptr) {
        return;
    }
    note("crash " + rdd::to_string(id));
    ++outcome_.crashes;
    executor->die();
    timeline_.after(microseconds(prng_.between(100, 60'000)), [this, id] {
        tell_driver(driver::ExecutorLost{id, "it was killed"});
    });
    bring_executors();
}

// Its node has room, or not; or nobody says.
void World::answer_growth(rdd::ExecutorId id) {
    if (faults() && prng_.chance(1, 10)) {
        return;
    }
    const std::int64_t memory = prng_.chance(1, 4) ? 0 : 2000;
    timeline_.after(microseconds(prng_.between(1000, 50'000)), [this, id, memory] {
        tell_driver(driver::ExecutorResized{id, memory});
    });
}

// Its container is to make way: it does later, or does not have to after all.
void World::announce_end(rdd::ExecutorId id) {
    note("leaving " + rdd::to_string(id));
    tell_driver(driver::ExecutorLeaving{id, true});
    const bool spared = prng_.chance(1, 4);
    timeline_.after(microseconds(prng_.between(1000, 600'000)), [this, id, spared] {
        if (spared) {
            tell_driver(driver::ExecutorLeaving{id, false});
        } else {
            crash(id);
        }
    });
}

void World::bring_executors() {
    for (auto there = static_cast<std::int32_t>(alive().size()) + coming_; there < wanted_;
         ++there) {
        ++coming_;
        timeline_.after(microseconds(prng_.between(10'000, 400'000)), [this] {
            --coming_;
            add_executor();
        });
    }
}

std::vector<rdd::ExecutorId> World::alive() const {
    std::vector<rdd::ExecutorId> ids;
    for (const auto& [id, member] : members_) {
        if (member.executor->alive()) {
            ids.push_back(id);
        }
    }
    return ids;
}

void World::next_fault() {
    if (!faults()) {
        return;
    }
    if (const std::vector<rdd::ExecutorId> ids = alive(); !ids.empty()) {
        const rdd::ExecutorId id = ids[prng_.below(ids.size())];
        switch (prng_.below(3)) {
            case 0:
                crash(id);
                break;
            case 1:
                find(id)->lose_map_output();
                break;
            default:
                announce_end(id);
        }
    }
    timeline_.after(microseconds(prng_.between(1000, 250'000)), [this] { next_fault(); });
}

void World::submit_jobs() {
    UnorderedJobs jobs = draw_unordered_jobs(prng_);
    if (barrier_jobs_) {
        add_barrier_jobs(jobs);
    }
    broadcasts_ = jobs.broadcasts;
    for (int i = 0; i < 3; ++i) {
        timeline_.after(microseconds(prng_.between(1000, 4'000'000)), [this, jobs] {
            tell_driver(driver::BroadcastDropped{jobs.broadcast.id, false});
        });
    }
    for (std::int64_t wave = 0; wave < 6; ++wave) {
        timeline_.after(milliseconds(wave * prng_.between(100, 600)), [this, jobs] {
            for (std::size_t root = 0; root < jobs.roots.size(); ++root) {
                tell_driver(jobs_.submit(jobs, root));
            }
        });
    }
}

RunOutcome World::run() {
    for (int i = 0; i < kExecutors && !by_demand_; ++i) {
        add_executor();
    }
    wanted_ = by_demand_ ? 0 : kExecutors;
    submit_jobs();
    timeline_.after(milliseconds(prng_.between(5, 100)), [this] { next_fault(); });
    while (outcome_.violation.empty() && timeline_.next() < TimePoint{} + kDeadline &&
           timeline_.step()) {
    }
    if (const std::string open = jobs_.open(); !open.empty()) {
        violate(open + " never ended");
    }
    violate(jobs_.counts());
    for (const auto& [id, member] : members_) {
        outcome_.failed_on_purpose += member.executor->broken_runs();
        outcome_.barriers += member.executor->barriers();
        outcome_.deaf += member.executor->deaf_runs();
        outcome_.grown += member.executor->grown() ? 1 : 0;
        outcome_.parked += member.executor->parked();
        outcome_.out_of_memory += member.executor->hungry_runs();
    }
    outcome_.copies = driver_.copies_launched();
    outcome_.replicas = driver_.replicas_placed();
    outcome_.failed_jobs = jobs_.failed();
    outcome_.digest = trace_.digest();
    outcome_.steps = timeline_.steps();
    outcome_.tail = trace_.tail();
    return outcome_;
}

}  // namespace

RunOutcome run_driver_world(std::uint64_t seed, const Defects& defects) {
    return World(seed, defects).run();
}

}  // namespace heddle::test
