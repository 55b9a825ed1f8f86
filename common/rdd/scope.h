#pragma once

// What every operator of one running task shares: whether to go on, whose fault it was, memory, and
// counters. One thread runs a task, so nothing here is locked except the flag that cancels.
//
// Errors do not travel as exceptions, since between two operators there may be a user function that
// catches everything. The first failure is kept here and Flow::Stop unwinds the chain.

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/result.h"
#include "common/rdd/accumulators.h"
#include "common/rdd/arena.h"
#include "common/rdd/barrier.h"
#include "common/rdd/batch.h"
#include "common/rdd/broadcast.h"
#include "common/rdd/plan.h"
#include "common/rdd/task.h"

namespace heddle::rdd {

// The executor-wide accountant as one task sees it (common/blocks implements it).
class TaskMemory {
public:
    virtual ~TaskMemory() = default;
    /// Nothing on success; else why not: "3 MiB wanted, 1 MiB available of 512 MiB".
    virtual std::optional<std::string> acquire(std::int64_t bytes) = 0;
    /// The same within the task's part of what all running tasks share: for what can be spilled or
    /// left out.
    virtual std::optional<std::string> acquire_part(std::int64_t bytes) { return acquire(bytes); }
    virtual void release(std::int64_t bytes) = 0;
};

/// To be called in a catch block around user code: what went wrong, from the exception in flight.
/// `row` may be null: no record in hand.
TaskFailure user_failure(const std::string& operation, const RecordFace* face, const void* row);

class TaskScope {
public:
    /// All references must outlive the scope. `cancelled` is set from other threads.
    TaskScope(const TaskDescription& task, TaskMemory& memory, const std::atomic<bool>& cancelled);
    TaskScope(const TaskScope&) = delete;
    TaskScope& operator=(const TaskScope&) = delete;
    ~TaskScope();

    /// True when the task has failed or is to be killed. Sources ask once per batch.
    bool stopped() const {
        return failure_.has_value() || cancelled_.load(std::memory_order_relaxed);
    }
    bool cancelled() const { return cancelled_.load(std::memory_order_relaxed); }
    Flow flow() const { return stopped() ? Flow::Stop : Flow::Continue; }

    /// Keeps the first failure.
    void fail(TaskFailure failure);
    /// In a catch block: fails with user_failure(), unless the task was cancelled, which may be why
    /// the function has thrown.
    void fail_in_user_code(const std::string& operation, const RecordFace* face, const void* row);
    const std::optional<TaskFailure>& failure() const { return failure_; }
    /// The first failure was that memory ran out.
    bool out_of_memory() const { return out_of_memory_; }

    /// Draws on the accountant, in chunks of 1 MiB and more so that small steps cost a subtraction.
    /// False: the task has failed, with a message that names task, operation, wanted and available.
    bool reserve(std::int64_t bytes, const std::string& operation);
    /// The same, but a refusal leaves the task running and nothing reserved: for what can be left
    /// out.
    bool try_reserve(std::int64_t bytes);
    void release(std::int64_t bytes);

    /// A copy of `text` that lives until the task ends, for views of what a function made itself.
    std::string_view keep(std::string_view text);

    const TaskDescription& task() const { return task_; }
    TaskMetrics& metrics() { return metrics_; }
    TaskAccumulators& accumulators() { return accumulators_; }
    /// Null: there are none.
    BroadcastReader* broadcasts() const { return broadcasts_; }
    void set_broadcasts(BroadcastReader* reader) { broadcasts_ = reader; }
    /// Null: the task is not one of a barrier stage.
    BarrierMember* barrier() const { return barrier_; }
    void set_barrier(BarrierMember* member) { barrier_ = member; }
    /// Of the task; null: a test without one.
    const StagePlan* stage() const { return stage_; }
    void set_stage(const StagePlan* stage) { stage_ = stage; }
    /// Called once when the task's work is over, while what its functions hold is still there: the
    /// last one first. The argument is what the task has failed of, null: nothing. What it throws
    /// fails the task.
    using AtEnd = std::function<void(const TaskFailure*)>;
    void at_end(AtEnd call) { ends_.push_back(std::move(call)); }
    void run_ends();
    /// Its work is over. What the calls at its end add is called, too.
    bool over() const { return over_; }
    /// Keeps it until the task ends.
    const void* hold(std::shared_ptr<const void> object) {
        held_.push_back(std::move(object));
        return held_.back().get();
    }
    /// Where what does not fit in memory goes. Empty: nowhere.
    const std::string& spill_folder() const { return spill_folder_; }
    void set_spill_folder(std::string folder) { spill_folder_ = std::move(folder); }
    /// A number that no other scope of this process has or had.
    std::uint64_t serial() const { return serial_; }

private:
    struct Kept;

    const TaskDescription& task_;
    TaskMemory& memory_;
    const std::atomic<bool>& cancelled_;
    std::optional<TaskFailure> failure_;
    bool out_of_memory_ = false;
    std::int64_t used_ = 0;     // by operators
    std::int64_t granted_ = 0;  // by the accountant; never less than used_
    TaskMetrics metrics_;
    TaskAccumulators accumulators_;
    std::uint64_t serial_;
    BroadcastReader* broadcasts_ = nullptr;
    BarrierMember* barrier_ = nullptr;
    const StagePlan* stage_ = nullptr;
    std::vector<AtEnd> ends_;
    bool over_ = false;
    std::string spill_folder_;
    std::vector<std::shared_ptr<const void>> held_;  // shared with whoever else keeps them
    std::unique_ptr<Kept> kept_;                     // null until something is kept
};

/// The task that runs on this thread, for what user functions hold without knowing of tasks
/// (accumulators, broadcast variables); null: none, so this is the driver's program.
TaskScope* current_task();

// Makes a task the current one of this thread.
class CurrentTask {
public:
    explicit CurrentTask(TaskScope& scope);
    ~CurrentTask();
    CurrentTask(const CurrentTask&) = delete;
    CurrentTask& operator=(const CurrentTask&) = delete;

private:
    TaskScope* before_;
};

// A TaskScope as the budget of one operator's tables and arenas.
class OperatorBudget final : public MemoryBudget {
public:
    OperatorBudget(TaskScope& scope, std::string operation)
        : scope_(scope), operation_(std::move(operation)) {}
    bool reserve(std::int64_t bytes) override { return scope_.reserve(bytes, operation_); }
    void release(std::int64_t bytes) override { scope_.release(bytes); }

    TaskScope& scope() const { return scope_; }
    const std::string& operation() const { return operation_; }

private:
    TaskScope& scope_;
    std::string operation_;
};

// The budget of an operator that can spill. It never fails the task by itself: what is refused is
// taken nevertheless, for as long as the few rows in hand take, and the operator then gives
// everything back.
class SpillingBudget final : public MemoryBudget {
public:
    SpillingBudget(TaskScope& scope, std::string operation)
        : scope_(scope), operation_(std::move(operation)) {}
    ~SpillingBudget() override { scope_.release(granted_); }
    SpillingBudget(const SpillingBudget&) = delete;
    SpillingBudget& operator=(const SpillingBudget&) = delete;

    bool reserve(std::int64_t bytes) override;
    void release(std::int64_t bytes) override;
    /// What was refused and taken nevertheless: time to spill.
    std::int64_t over() const { return over_; }
    /// False: refused, and nothing was taken.
    bool try_reserve(std::int64_t bytes);
    /// False: the task has failed, with a message that says what there was. For what has to be had
    /// after everything was spilled: a record that is larger than all there is.
    bool insist(std::int64_t bytes);
    /// As insist(), for what was taken without a grant: there is no way to make room for it.
    bool insist_on_over() {
        const std::int64_t over = over_;
        release(over);
        return insist(over);
    }
    /// The task has failed because of what its disk said. Always false.
    bool fail(const Error& why);

    TaskScope& scope() const { return scope_; }
    const std::string& operation() const { return operation_; }

private:
    TaskScope& scope_;
    std::string operation_;
    std::int64_t granted_ = 0;
    std::int64_t over_ = 0;  // taken without a grant
};

}  // namespace heddle::rdd
