// The simulated cluster of one driver.
#include "tests/simulation/driver/driver_world.h"

#include <algorithm>
#include <atomic>
#include <functional>
#include <string_view>
#include <utility>

#include "common/rdd/operator.h"
#include "common/rdd/registry.h"
#include "executor/task/task_body.h"
#include "tests/support/plans.h"

namespace heddle::test {

namespace {

constexpr Duration kFaultPhase = seconds(4);
constexpr Duration kDeadline = seconds(300);
constexpr std::int64_t kMemory = std::int64_t{64} << 20;
constexpr std::int32_t kSlots = 2;

// Turns the records of a partition round by the task's number: the same records, in an order that
// another attempt does not repeat.
class TurnRound final : public rdd::Operator {
public:
    TurnRound(const rdd::OperatorInit& init, rdd::Sink& next)
        : next_(next), face_(init.face), turn_(init.scope.task().task.value) {}

    rdd::Flow push(rdd::Batch& batch) override {
        const auto* rows = static_cast<const std::string_view*>(batch.rows);
        for (std::uint32_t i = 0; i < batch.count; ++i) {
            kept_.emplace_back(rows[i]);
        }
        return rdd::Flow::Continue;
    }
    rdd::Flow close() override {
        if (kept_.empty()) {
            return rdd::Flow::Continue;
        }
        std::rotate(kept_.begin(),
                    kept_.begin() + static_cast<std::ptrdiff_t>(
                                        static_cast<std::size_t>(turn_ * 7) % kept_.size()),
                    kept_.end());
        std::vector<std::string_view> views(kept_.begin(), kept_.end());
        rdd::Batch batch;
        batch.count = static_cast<std::uint32_t>(views.size());
        batch.rows = views.data();
        batch.face = face_;
        return next_.push(batch);
    }

private:
    rdd::Sink& next_;
    const rdd::RecordFace* face_;
    std::int64_t turn_;
    std::vector<std::string> kept_;  // until the task ends: views point into it
};

std::uint32_t turn_round_ordinal() {
    static const std::uint32_t ordinal = [] {
        rdd::OperatorEntry entry;
        entry.type_name = "TurnRound";
        entry.make_operator = [](const rdd::OperatorInit& init,
                                 rdd::Sink& next) -> std::unique_ptr<rdd::Operator> {
            return std::make_unique<TurnRound>(init, next);
        };
        return rdd::register_entry(entry);
    }();
    return ordinal;
}

rdd::RddNode turned(std::int32_t id, const rdd::RddNode& parent) {
    rdd::RddNode node = sorted(id, parent);
    node.name = "turn_round";
    node.op = rdd::registered_operator(turn_round_ordinal(), "turn_round", {});
    node.determinism = rdd::Determinism::Unordered;
    return node;
}

struct SimExecutor {
    SimExecutor(rdd::ExecutorId number, std::string node)
        : id(number),
          host(std::move(node)),
          books(kSlots),
          accountant(kMemory),
          cached(accountant, "/nonexistent/cached"),
          map_output(accountant, "/nonexistent/shuffle") {}

    rdd::ExecutorId id;
    std::string host;
    executor::Executor books;
    blocks::Accountant accountant;
    blocks::BlockStore cached;
    blocks::ShuffleStore map_output;
    std::map<rdd::TaskId, std::shared_ptr<std::atomic<bool>>> flags;
    std::int64_t slowness = 1;
    bool alive = true;
    TimePoint inbox_until;  // messages keep their order: none overtakes
    TimePoint outbox_until;
};

class World;

class SimInput final : public executor::TaskEnvironment {
public:
    SimInput(World& world, SimExecutor& self, const executor::StartTask& task,
             fs::FileSystem& file_system)
        : TaskEnvironment(self.cached, self.map_output, self.accountant, file_system),
          world_(world),
          self_(self),
          task_(task) {}
    std::unique_ptr<executor::ShuffleBlocks> open_shuffle(rdd::ShuffleId shuffle,
                                                          rdd::Partition reduce) override;
    blocks::BlockPtr fetch_cached(const rdd::BlockId& id) override;

private:
    World& world_;
    SimExecutor& self_;
    const executor::StartTask& task_;
};

struct SimJob {
    rdd::RddNode node;
    std::vector<std::string> expected;  // sorted
    std::vector<std::string> found;
    std::set<rdd::Partition> delivered;
    bool ended = false;
    bool failed = false;
};

class World {
public:
    World(std::uint64_t seed, const Defects& defects)
        : prng_(seed),
          defects_(defects),
          driver_(config(defects)),
          files_(fs::make_local_file_system()) {}

    RunOutcome run();

    SimExecutor* find(rdd::ExecutorId id) {
        const auto it = executors_.find(id);
        return it == executors_.end() || !it->second->alive ? nullptr : it->second.get();
    }
    // With the defect planted, a block can be read once.
    bool may_read(rdd::ExecutorId at, const rdd::BlockId& block) {
        return !defects_.reader_moves_records || read_.emplace(at, block).second;
    }
    void count_fetch_failure() { ++outcome_.fetch_failures; }

private:
    static driver::Config config(const Defects& defects) {
        driver::Config config;
        config.locality_wait = milliseconds(50);
        config.stage_failures_max = 1'000'000;
        config.task_executor_losses_max = 1'000'000;
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
    void finish(const driver::EndJob& end);
    void to_executor(rdd::ExecutorId id, rdd::ToExecutor message);
    void step_executor(const std::shared_ptr<SimExecutor>& executor, const executor::Event& event);
    void start_task(const std::shared_ptr<SimExecutor>& executor, executor::StartTask start);
    void from_executor(SimExecutor& executor, rdd::FromExecutor message);
    void add_executor();
    void crash(rdd::ExecutorId id);
    void lose_output();
    void next_fault();
    void tick();
    void submit_jobs();
    void submit(std::int32_t number, const rdd::Plan& plan, const rdd::RddNode& node,
                const std::vector<std::string>& expected);

    Prng prng_;
    Defects defects_;
    sim::Timeline timeline_;
    sim::Trace trace_;
    driver::Driver driver_;
    std::unique_ptr<fs::FileSystem> files_;
    // Shared with things that are still to happen.
    std::map<rdd::ExecutorId, std::shared_ptr<SimExecutor>> executors_;
    std::map<rdd::JobId, SimJob> jobs_;
    std::set<std::pair<rdd::ExecutorId, rdd::BlockId>> read_;
    std::vector<std::pair<rdd::ShuffleId, std::pair<rdd::ExecutorId, rdd::TaskId>>> outputs_;
    std::int32_t next_executor_ = 1;
    TimePoint tick_at_ = TimePoint::never();
    RunOutcome outcome_;
};

class SimBlocks final : public executor::ShuffleBlocks {
public:
    SimBlocks(World& world, std::shared_ptr<const rdd::MapOutputTable> table,
              rdd::ShuffleId shuffle, rdd::Partition reduce)
        : world_(world), table_(std::move(table)), shuffle_(shuffle), reduce_(reduce) {}

    Answer next(blocks::BlockPtr& block, rdd::TaskFailure& failure) override {
        block = nullptr;
        if (table_ == nullptr) {
            return fail(-1, nullptr, failure);
        }
        if (at_ == table_->outputs.size()) {
            return Answer::End;
        }
        const std::size_t map = at_++;
        const rdd::MapOutput& output = table_->outputs[map];
        if (output.sizes[static_cast<std::size_t>(reduce_)] == 0) {
            return Answer::Block;
        }
        const auto id = rdd::BlockId::shuffle(shuffle_, output.map_task, reduce_);
        SimExecutor* holder = world_.find(output.executor);
        bool known = false;
        block = holder == nullptr ? nullptr : holder->map_output.get(id, &known);
        if (!known) {
            return fail(static_cast<rdd::Partition>(map), &output, failure);
        }
        if (!world_.may_read(output.executor, id)) {
            block = nullptr;
        }
        return Answer::Block;
    }
    bool last_was_remote() const override { return false; }

private:
    Answer fail(rdd::Partition map, const rdd::MapOutput* output, rdd::TaskFailure& failure) {
        world_.count_fetch_failure();
        failure.kind = rdd::FailureKind::FetchFailed;
        failure.shuffle = shuffle_;
        failure.reduce = reduce_;
        failure.map_index = map;
        failure.map_task = output == nullptr ? rdd::TaskId{-1} : output->map_task;
        return Answer::Failed;
    }

    World& world_;
    std::shared_ptr<const rdd::MapOutputTable> table_;  // shared as in an executor
    rdd::ShuffleId shuffle_;
    rdd::Partition reduce_;
    std::size_t at_ = 0;
};

std::unique_ptr<executor::ShuffleBlocks> SimInput::open_shuffle(rdd::ShuffleId shuffle,
                                                                rdd::Partition reduce) {
    const auto it = task_.tables.find(shuffle);
    return std::make_unique<SimBlocks>(world_, it == task_.tables.end() ? nullptr : it->second,
                                       shuffle, reduce);
}

blocks::BlockPtr SimInput::fetch_cached(const rdd::BlockId& id) {
    for (const rdd::CachedAt& cached : task_.launch.cached) {
        SimExecutor* holder = cached.block == id ? world_.find(cached.executor) : nullptr;
        if (holder != nullptr && holder != &self_) {
            return holder->cached.get(id);
        }
    }
    return nullptr;
}

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
        } else if (auto* result = std::get_if<driver::DeliverResult>(&effect)) {
            note("result " + std::to_string(result->job.value) + " " +
                 std::to_string(result->partition));
            SimJob& job = jobs_.at(result->job);
            if (job.ended || !job.delivered.insert(result->partition).second) {
                violate("a result was delivered twice, or after the end of its job");
            }
            for (std::string& text : collected_texts(result->value)) {
                job.found.push_back(std::move(text));
            }
        } else if (const auto* end = std::get_if<driver::EndJob>(&effect)) {
            finish(*end);
        } else if (const auto* drop = std::get_if<driver::DropExecutor>(&effect)) {
            crash(drop->executor);
        }
    }
}

void World::finish(const driver::EndJob& end) {
    SimJob& job = jobs_.at(end.job);
    note("end " + std::to_string(end.job.value) + (end.error ? ": " + end.error->message : ""));
    job.ended = true;
    if (end.error) {
        job.failed = true;
        ++outcome_.failed_jobs;
        if (end.error->code != ErrorCode::DataLoss) {
            violate("job " + std::to_string(end.job.value) + " failed: " + end.error->message);
        }
        return;
    }
    std::sort(job.found.begin(), job.found.end());
    if (job.found != job.expected) {
        violate("job " + std::to_string(end.job.value) + " gave " +
                std::to_string(job.found.size()) + " rows that are not the expected " +
                std::to_string(job.expected.size()));
    }
}

void World::to_executor(rdd::ExecutorId id, rdd::ToExecutor message) {
    const auto it = executors_.find(id);
    if (it == executors_.end()) {
        return;
    }
    const std::shared_ptr<SimExecutor> executor = it->second;
    executor->inbox_until =
        std::max(executor->inbox_until, timeline_.now() + microseconds(prng_.between(50, 3000)));
    timeline_.at(executor->inbox_until, [this, executor, message = std::move(message)] {
        if (executor->alive) {
            step_executor(executor, executor::DriverSaid{message});
        }
    });
}

void World::step_executor(const std::shared_ptr<SimExecutor>& executor,
                          const executor::Event& event) {
    executor::Effects effects;
    executor->books.step(event, effects);
    executor->books.check();
    for (executor::Effect& effect : effects) {
        if (auto* start = std::get_if<executor::StartTask>(&effect)) {
            start_task(executor, std::move(*start));
        } else if (const auto* stop = std::get_if<executor::StopTask>(&effect)) {
            executor->flags.at(stop->task)->store(true);
        } else if (auto* tell = std::get_if<executor::TellDriver>(&effect)) {
            from_executor(*executor, std::move(tell->message));
        } else if (const auto* drop = std::get_if<executor::ForgetRdd>(&effect)) {
            executor->cached.drop_rdd(drop->rdd);
        } else if (const auto* shuffle = std::get_if<executor::ForgetShuffle>(&effect)) {
            executor->map_output.drop(shuffle->shuffle);
        }
    }
}

void World::start_task(const std::shared_ptr<SimExecutor>& executor, executor::StartTask start) {
    const rdd::TaskId task = start.launch.task.task;
    auto flag = std::make_shared<std::atomic<bool>>(false);
    executor->flags[task] = flag;
    const Duration run = microseconds(prng_.between(500, 40'000) * executor->slowness);
    timeline_.after(run, [this, executor, flag, start = std::move(start)] {
        if (!executor->alive) {
            return;
        }
        SimInput input(*this, *executor, start, *files_);
        rdd::TaskResult result = executor::run_task(*start.plan, start.launch.task, input, *flag);
        executor->flags.erase(start.launch.task.task);
        if (result.map) {
            outputs_.push_back({start.plan->shuffle.shuffle, {executor->id, result.map->map_task}});
        }
        note("ran " + std::to_string(result.task.value) + " on " + rdd::to_string(executor->id) +
             (result.ok() ? "" : " " + rdd::describe(*result.failure)));
        step_executor(executor, executor::TaskEnded{std::move(result)});
    });
}

// In order; sometimes twice; and what is under way when an executor dies may still arrive.
void World::from_executor(SimExecutor& executor, rdd::FromExecutor message) {
    const int copies = faults() && prng_.chance(1, 20) ? 2 : 1;
    for (int i = 0; i < copies; ++i) {
        executor.outbox_until = std::max(executor.outbox_until,
                                         timeline_.now() + microseconds(prng_.between(50, 3000)));
        timeline_.at(executor.outbox_until, [this, id = executor.id, message] {
            tell_driver(driver::ExecutorSaid{id, message});
        });
    }
}

void World::add_executor() {
    const rdd::ExecutorId id{next_executor_++};
    auto executor = std::make_shared<SimExecutor>(id, "node-" + std::to_string(id.value % 3 + 1));
    executor->slowness = prng_.chance(1, 6) ? 10 : 1;
    executors_.emplace(id, executor);
    note("executor " + rdd::to_string(id) + " on " + executor->host);
    driver::ExecutorRegistered registered;
    registered.executor = id;
    registered.host = executor->host;
    registered.port = 1;
    registered.slots = kSlots;
    registered.in_process = true;  // no heartbeats here
    tell_driver(registered);
}

void World::crash(rdd::ExecutorId id) {
    SimExecutor* executor = find(id);
    if (executor == nullptr) {
        return;
    }
    note("crash " + rdd::to_string(id));
    ++outcome_.crashes;
    executor->alive = false;
    timeline_.after(microseconds(prng_.between(100, 60'000)), [this, id] {
        tell_driver(driver::ExecutorLost{id, "it was killed"});
    });
    timeline_.after(microseconds(prng_.between(10'000, 400'000)), [this] { add_executor(); });
}

void World::lose_output() {
    if (outputs_.empty()) {
        return;
    }
    const auto& [shuffle, where] = outputs_[prng_.below(outputs_.size())];
    if (SimExecutor* executor = find(where.first)) {
        note("lose output of task " + std::to_string(where.second.value));
        executor->map_output.drop_map(shuffle, where.second);
    }
}

void World::next_fault() {
    if (!faults()) {
        return;
    }
    if (prng_.chance(1, 2)) {
        std::vector<rdd::ExecutorId> alive;
        for (const auto& [id, executor] : executors_) {
            if (executor->alive) {
                alive.push_back(id);
            }
        }
        if (!alive.empty()) {
            crash(alive[prng_.below(alive.size())]);
        }
    } else {
        lose_output();
    }
    timeline_.after(microseconds(prng_.between(1000, 250'000)), [this] { next_fault(); });
}

void World::submit(std::int32_t number, const rdd::Plan& plan, const rdd::RddNode& node,
                   const std::vector<std::string>& expected) {
    const rdd::JobId id{number};
    SimJob& job = jobs_[id];
    job.node = node;
    job.expected = expected;
    driver::JobSubmitted event;
    event.job = id;
    event.plan = std::make_shared<const rdd::Plan>(plan);
    event.rdd = node.id;
    event.action = rdd::builtin_operator(rdd::builtin::kCollect);
    event.partitions = all_partitions(node);
    event.description = "job " + std::to_string(number);
    tell_driver(event);
}

// Rows dealt out by hash, turned round (so that their order is another one each time), dealt out by
// position, persisted, and dealt out again: two jobs share the shuffles, and a third one is
// independent of them.
void World::submit_jobs() {
    const auto texts = distinct_texts(static_cast<std::int32_t>(prng_.between(3, 6)), 40);
    std::vector<std::string> expected;
    for (const auto& part : texts) {
        expected.insert(expected.end(), part.begin(), part.end());
    }
    std::sort(expected.begin(), expected.end());
    const rdd::RddNode source = text_source(0, texts);
    const rdd::RddNode hashed = shuffled(1, source, 0, 4);
    const rdd::RddNode turn = turned(2, hashed);
    rdd::RddNode dealt = shuffled(3, turn, 1, 5, rdd::PartitionerKind::RoundRobin);
    dealt.determinism = rdd::Determinism::Indeterminate;
    rdd::RddNode kept = sorted(4, dealt);
    kept.determinism = rdd::Determinism::Indeterminate;
    if (prng_.chance(1, 2)) {
        kept.storage = rdd::kMemoryOnly;
    }
    const rdd::RddNode again = shuffled(5, kept, 2, 3);
    const rdd::Plan plan = plan_of({source, hashed, turn, dealt, kept, again});
    std::int32_t number = 0;
    for (std::int64_t wave = 0; wave < 6; ++wave) {
        timeline_.after(milliseconds(wave * prng_.between(100, 600)),
                        [this, plan, again, kept, hashed, expected, first = number] {
                            submit(first, plan, again, expected);
                            submit(first + 1, plan, kept, expected);
                            submit(first + 2, plan, hashed, expected);
                        });
        number += 3;
    }
}

RunOutcome World::run() {
    for (int i = 0; i < 3; ++i) {
        add_executor();
    }
    submit_jobs();
    timeline_.after(milliseconds(prng_.between(5, 100)), [this] { next_fault(); });
    while (outcome_.violation.empty() && timeline_.next() < TimePoint{} + kDeadline &&
           timeline_.step()) {
    }
    for (const auto& [id, job] : jobs_) {
        if (!job.ended) {
            violate("job " + std::to_string(id.value) + " never ended");
        }
    }
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
