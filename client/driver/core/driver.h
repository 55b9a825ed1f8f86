#pragma once

// The driver's core: jobs become stages, stages become tasks, tasks go to executors, and what is
// lost is computed again. Single-threaded, deterministic, free of I/O.
//
// Results are delivered once per partition: the first attempt that succeeds is the one that counts,
// which makes the driver the coordinator of output commits, too (an action that writes files
// answers with the name of what it wrote, and only the answer that was delivered is moved into
// place).

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "client/driver/core/allocation.h"
#include "client/driver/core/block_table.h"
#include "client/driver/core/broadcast_table.h"
#include "client/driver/core/config.h"
#include "client/driver/core/effect.h"
#include "client/driver/core/event.h"
#include "client/driver/core/executor_table.h"
#include "client/driver/core/forecast.h"
#include "client/driver/core/gang.h"
#include "client/driver/core/job.h"
#include "client/driver/core/map_outputs.h"
#include "client/driver/core/output_moves.h"
#include "client/driver/core/pools.h"
#include "client/driver/core/progress.h"
#include "client/driver/core/reaper.h"
#include "client/driver/core/replication.h"
#include "client/driver/core/retirement.h"
#include "client/driver/core/running_task.h"
#include "client/driver/core/stage.h"
#include "client/driver/core/views.h"
#include "common/base/time.h"

namespace heddle::driver {

class Driver {
public:
    explicit Driver(Config config);
    Driver(const Driver&) = delete;
    Driver& operator=(const Driver&) = delete;

    /// Appends what has to be done. Requires a time that does not go back.
    void step(TimePoint now, const Event& event, Effects& effects);
    /// When a Tick is due at the latest; never: not at all.
    TimePoint next_deadline() const;

    const Progress& progress() const { return progress_; }
    std::vector<RddView> storage() const;
    /// What a job over all partitions of `rdd` would run now.
    std::vector<StageForecast> forecast(const rdd::Plan& plan, rdd::RddId rdd) const {
        return driver::forecast(plan, rdd, outputs_, blocks_);
    }
    const ExecutorTable& executors() const { return executors_; }
    const BlockTable& blocks() const { return blocks_; }
    /// Stages under way that leave the executor out after failures of their tasks.
    std::vector<rdd::StageId> excluded_in(rdd::ExecutorId executor) const;
    std::int64_t stale_messages() const { return stale_; }
    std::int64_t copies_launched() const { return copies_; }
    /// Stages whose tasks carry so much that it was said.
    std::int64_t large_stages() const { return large_stages_; }
    std::int64_t replicas_placed() const { return replication_.placed(); }
    bool idle() const { return jobs_.empty(); }
    /// Launched and not answered.
    bool runs(rdd::TaskId task) const { return tasks_.contains(task.value); }

    /// Stops the process when the books are not consistent. Simulation calls it after every step.
    void check() const;

private:
    struct Persisted {
        std::string name;
        std::int32_t partitions = 0;
        rdd::StorageLevel level;
        std::shared_ptr<const rdd::Plan> plan;  // the latest that has it; shared with stages
    };

    // One per event (driver.cpp).
    void on(const JobSubmitted& event, Effects& effects);
    void on(const JobCancelled& event, Effects& effects);
    void on(const JobsCancelled& event, Effects& effects);
    void on(const StageCancelled& event, Effects& effects);
    void on(const AttemptKilled& event, Effects& effects);
    void on(const ListenersChanged& event, Effects& effects);
    void on(const ExecutorRegistered& event, Effects& effects);
    void on(const ExecutorLeaving& event, Effects& effects);
    void on(const ExecutorLost& event, Effects& effects);
    void on(const ExecutorsRefused& event, Effects& effects);
    void on(const ExecutorSaid& event, Effects& effects);
    void on(const AccumulatorsMerged& event, Effects& effects);
    void on(const RddUnpersisted& event, Effects& effects);
    void on(const BroadcastDropped& event, Effects& effects);
    void on(const ShuffleReleased& event, Effects& effects);
    void on(const Stopped& event, Effects& effects);
    void on(const Tick& event, Effects& effects);
    void on(const ExecutorResized& event, Effects& effects);

    // Jobs (driver_jobs.cpp).
    using StagesSeen = std::map<rdd::ShuffleId, rdd::StageId>;
    std::vector<rdd::StageId> parent_stages(const std::shared_ptr<const rdd::Plan>& plan,
                                            rdd::RddId root, StagesSeen& seen);
    rdd::StageId shuffle_stage_of(const std::shared_ptr<const rdd::Plan>& plan,
                                  const rdd::Dependency& dependency, StagesSeen& seen);
    static std::shared_ptr<const rdd::StagePlan> cut(rdd::StagePlan plan,
                                                     const JobProperties& properties,
                                                     const Stage& stage);
    std::int32_t tasks_to_run(const Job& job);
    std::int32_t task_cpus(const rdd::Plan& plan, rdd::RddId root) const;
    void check_cpus(Effects& effects);
    void remember_persisted(const std::shared_ptr<const rdd::Plan>& plan);
    void end_job(rdd::JobId id, std::optional<JobError> error, Effects& effects);
    void leave_stage(Stage& stage, rdd::JobId job);
    void cancel_orphans(Effects& effects);
    void remove_stage(rdd::StageId id, Effects& effects);
    void release(rdd::ShuffleId shuffle, Effects& effects);

    // Stages (driver_stages.cpp).
    void pump(Effects& effects);
    void submit(Stage& stage, Effects& effects);
    void start(Stage& stage, Effects& effects);
    StageExclusion exclusion_of_attempt(const Stage& stage) const;
    void complete(Stage& stage, Effects& effects);
    void publish(Stage& stage);
    void abort(Stage& stage, const JobError& error, Effects& effects);
    void input_lost(Stage& stage, const std::string& reason, Effects& effects);
    void roll_back(Stage& stage, Effects& effects);
    void discard(Stage& stage, Effects& effects);
    void drop_cached_readers(rdd::ShuffleId shuffle, Effects& effects);
    void leave_running(Stage& stage);

    // Tasks (driver_tasks.cpp).
    void on_done(Executor& executor, const rdd::TaskResult& result, Effects& effects);
    void on_success(const RunningTask& task, const rdd::TaskResult& result, Effects& effects);
    void on_failure(const RunningTask& task, const rdd::TaskFailure& failure, Effects& effects);
    void on_fetch_failed(Stage& stage, const RunningTask& task, const rdd::TaskFailure& failure,
                         Effects& effects);
    void take_result(Stage& stage, const RunningTask& task, const rdd::TaskResult& result,
                     Effects& effects);
    void count_accumulators(const RunningTask& task, const rdd::TaskResult& result,
                            Effects& effects);
    void task_done(Stage& stage, rdd::Partition partition, Effects& effects);
    void task_lost(rdd::TaskId id, const Executor& executor, const std::string& reason,
                   bool suspect, Effects& effects);
    void cancel_task(rdd::TaskId id, Effects& effects);
    void drained();

    void settle(const RunningTask& task, const rdd::TaskResult& result, Effects& effects);
    void run_lost(const RunningTask& task, rdd::TaskId id, const Executor& executor,
                  const std::string& reason, bool suspect, Effects& effects);
    void reap(Effects& effects);  // driver_reaper.cpp

    // Results (driver_results.cpp).
    struct Fetching {
        RunningTask task;
        rdd::TaskResult result;  // its value: what has come so far
        std::uint64_t size = 0;
    };
    bool admit_results(Stage& stage, std::int64_t count, std::uint64_t bytes, Effects& effects);
    void fetch_result(const RunningTask& task, const rdd::TaskResult& result, Effects& effects);
    void ask_for_piece(rdd::TaskId id, Effects& effects);
    void result_piece(rdd::ExecutorId executor, const rdd::ResultPiece& piece, Effects& effects);
    Fetching take_fetch(rdd::TaskId id);
    void drop_fetch(rdd::TaskId id, Effects& effects);
    void drop_fetches(rdd::StageId stage, Effects& effects);
    void results_lost(const Executor& executor, const std::string& reason, Effects& effects);

    // Offers (driver_offers.cpp).
    void offer(Effects& effects);
    std::vector<Candidate> candidates() const;
    RunningByPool running_by_pool() const;
    const std::string& pool_of(const Stage& stage) const;
    void offer_in_turn(Effects& effects);
    void offer_fairly(Effects& effects);
    std::optional<Locality> offer_to(Stage& stage, std::int64_t most, Effects& effects);
    std::optional<Locality> offer_level(Stage& stage, Locality level, std::int64_t& most,
                                        Effects& effects);
    void launch(Stage& stage, Executor& executor, const TaskSet::Pick& pick, Effects& effects);
    void prepare(Stage& stage, Executor& executor, Effects& effects);
    void look_at_size(Stage& stage, const rdd::TaskLaunch& launch);
    void look_for_slow_tasks();  // this and the next: speculation.cpp
    void offer_copies(Effects& effects);
    std::int32_t ahead(const Stage& stage, const Executor& executor) const;

    // Tasks with an executor to themselves (driver_alone.cpp).
    void offer_alone(Effects& effects);
    bool keeps_for(const Executor& executor);
    void let_go(Executor& executor);
    void start_alone(Stage& stage, std::size_t index, Effects& effects);
    void out_of_memory(Stage& stage, std::size_t index, const Executor& executor);
    void too_large(Stage& stage, const RunningTask& task, const Executor& executor, bool named);
    bool large_enough(Executor& executor, const TaskSet::Task& task, Effects& effects);
    TimePoint growth_deadline() const;  // this and the three before: driver_growth.cpp

    // Executors (driver_executors.cpp).
    void lose_executor(rdd::ExecutorId id, const std::string& reason, bool crashed,
                       Effects& effects, bool out_of_memory = false);
    void outputs_lost(const std::vector<rdd::ShuffleId>& shuffles, Effects& effects);
    void count_executor_failure(const std::string& reason, Effects& effects);
    void expire_executors(Effects& effects);
    void broadcast_kept(const rdd::BroadcastKept& kept, rdd::ExecutorId executor, Effects& effects);
    void executors_changed();

    // Exclusion (driver_exclusion.cpp).
    void exclude_for(Stage& stage, const RunningTask& task, const std::string& host,
                     const std::string& reason);
    void exclude_holder(const rdd::TaskFailure& failure);
    void show_exclusion(const Stage& stage);
    void update_exclusion();
    bool too_few(const Stage& stage, const std::vector<const Executor*>& open) const;
    std::optional<std::size_t> task_without_place(const Stage& stage) const;
    void look_for_places(Effects& effects);
    void find_place(Stage& stage, std::set<std::string>& avoided, Effects& effects);
    void abort_placeless(Stage& stage, std::size_t index, Effects& effects);
    void replace_excluded(Effects& effects);
    void replace_idle(Stage& stage, Effects& effects);
    void replace(rdd::ExecutorId id, const std::string& reason, Effects& effects);

    // Barrier stages (driver_gangs.cpp).
    enum class GangStart : std::uint8_t { Launched, Held, Short };
    bool open_to(const Stage& stage, const Executor& executor) const;
    std::int64_t slots_open_to(const Stage& stage) const;
    GangStart launch_gang(Stage& stage, Effects& effects);
    void drop_partly_cached(const Stage& stage, Effects& effects);
    void introduce_gang(Stage& stage, std::size_t first_effect, Effects& effects);
    bool in_gang(const Stage& stage, const RunningTask& task) const;
    void barrier_asked(rdd::ExecutorId executor, const rdd::BarrierRequest& request,
                       Effects& effects);
    static void tell_gang(std::vector<Gang::Word> words, Effects& effects);
    void expire_gangs(Effects& effects);
    void gang_task_done(Stage& stage, const RunningTask& task, const rdd::TaskResult& result,
                        Effects& effects);
    void gang_failed(Stage& stage, const RunningTask& task, const rdd::TaskFailure& failure,
                     bool counts, Effects& effects);
    void dissolve_gang(Stage& stage, Effects& effects);
    void gang_output_lost(rdd::ExecutorId executor, Effects& effects);
    void check_gang_slots(Effects& effects);
    void gang_short(Stage& stage, std::int64_t wanted, std::int64_t slots, Effects& effects);

    // Executors by demand (driver_allocation.cpp).
    std::int32_t executors_kept() const;
    void allocate(Effects& effects);
    void fell_idle(Executor& executor);
    std::vector<rdd::ExecutorId> idle_for_long();

    // Executors that end as planned (driver_retirement.cpp).
    void retire(Executor& executor, const std::string& reason);
    void stay(Executor& executor);
    void copy_before_end(rdd::ExecutorId executor, const rdd::BlockId& block);
    void output_kept(const rdd::MapOutputKept& answer, rdd::ExecutorId executor);
    void move_before_end(rdd::ExecutorId executor, const OutputMoves::Key& output);
    void move_outputs(Effects& effects);
    bool has_moved(const rdd::TaskFailure& failure) const;
    void settle_retirements();
    bool may_end(rdd::ExecutorId id, const Retirement& retirement) const;
    void end_retired(Effects& effects);
    TimePoint retirement_deadline() const;
    void check_retirements() const;

    // Cached partitions (driver_blocks.cpp).
    void block_reported(rdd::ExecutorId executor, const rdd::BlockUpdate& update);
    void blocks_lost(rdd::ExecutorId executor);
    void drop_rdd(rdd::RddId rdd, Effects& effects);
    void drop_rdd_at(rdd::RddId rdd, rdd::ExecutorId executor, Effects& effects);
    void rdd_dropped(const rdd::RddDropped& answer, rdd::ExecutorId executor, Effects& effects);
    void acknowledge_drop(rdd::RddId rdd, rdd::ExecutorId executor, Effects& effects);
    void replicate(Effects& effects);

    Config config_;
    TimePoint now_;
    bool stopped_ = false;
    JobTable jobs_;
    StageTable stages_;
    MapOutputs outputs_;
    BlockTable blocks_;
    Replication replication_;
    Exclusion exclusion_;
    Reaper reaper_;
    std::map<rdd::TaskId, Fetching> fetching_;        // values that wait at executors
    bool exclusion_changed_ = false;                  // a task may be left without a place
    TimePoint placeless_until_ = TimePoint::never();  // of the stage that is given up first
    std::set<std::string> avoided_;                   // nodes, as last emitted
    BroadcastTable broadcasts_;
    ExecutorTable executors_;
    Progress progress_;
    std::unordered_map<std::int64_t, RunningTask> tasks_;  // by task id; looked up, never walked
    std::map<rdd::RddId, Persisted> persisted_;
    std::map<rdd::RddId, std::set<rdd::ExecutorId>> unpersisting_;  // who has not answered
    std::map<std::pair<rdd::RddId, rdd::ExecutorId>, std::int64_t> dropping_;  // the last order
    std::int64_t next_drop_ = 1;
    std::set<rdd::RddId> rolled_back_;   // persisted ones of what is draining
    std::set<rdd::ShuffleId> released_;  // still read by a job

    std::set<rdd::StageId> to_submit_;
    std::set<rdd::StageId> running_;  // stages in state Running
    std::set<rdd::ExecutorId> free_;  // executors with a free slot
    std::set<rdd::StageId> gangs_;    // barrier stages of running jobs
    bool gang_holds_ = false;         // free slots are kept for one of them
    std::set<rdd::StageId> lonely_;   // stages with tasks that want an executor to themselves
    std::set<rdd::ExecutorId> kept_;  // executors that are kept for one of those
    TimePoint slots_check_at_ = TimePoint::never();
    Allocation allocation_;
    TimePoint idle_check_ = TimePoint::never();
    std::map<rdd::ExecutorId, Retirement> retiring_;
    OutputMoves moves_;
    rdd::ExecutorId touched_ =
        rdd::kNoExecutor;        // whose task ended in this step: room to send ahead
    std::int32_t draining_ = 0;  // running tasks that were rolled back; nothing starts meanwhile
    std::optional<TimePoint> resubmit_at_;
    TimePoint speculate_at_ = TimePoint::never();  // the next look for slow tasks
    TimePoint expiry_check_ = TimePoint::never();
    std::int64_t next_task_ = 0;
    std::int32_t executor_failures_ = 0;  // in a row
    std::int32_t wanted_ = -1;            // as last emitted
    std::int64_t stale_ = 0;
    std::int64_t copies_ = 0;  // by speculation
    std::int64_t large_stages_ = 0;
    std::string refused_;  // why there will be no executors; empty: there may be
};

}  // namespace heddle::driver
