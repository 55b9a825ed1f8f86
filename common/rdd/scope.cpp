// The state that the operators of a task share.
#include "common/rdd/scope.h"

#include <algorithm>
#include <exception>
#include <new>
#include <utility>

#include "common/rdd/record_face.h"

namespace heddle::rdd {

namespace {
constexpr std::int64_t kGrantBytes = std::int64_t{1} << 20;
constexpr std::size_t kInputCharacters = 200;

std::atomic<std::uint64_t> next_serial{1};
thread_local TaskScope* current = nullptr;
}  // namespace

TaskScope* current_task() {
    return current;
}

CurrentTask::CurrentTask(TaskScope& scope) : before_(current) {
    current = &scope;
}

CurrentTask::~CurrentTask() {
    current = before_;
}

TaskFailure user_failure(const std::string& operation, const RecordFace* face, const void* row) {
    TaskFailure failure;
    failure.kind = FailureKind::ExceptionFailure;
    failure.operation = operation;
    try {
        throw;
    } catch (const std::bad_alloc&) {
        failure.message = "out of memory (the system refused)";
    } catch (const std::exception& e) {
        failure.message = e.what();
    } catch (...) {
        failure.message = "an exception that is not a std::exception";
    }
    if (face != nullptr && face->describe != nullptr && row != nullptr) {
        face->describe(row, failure.input);
        if (failure.input.size() > kInputCharacters) {
            failure.input.resize(kInputCharacters);
            failure.input += "...";
        }
    }
    return failure;
}

struct TaskScope::Kept {
    explicit Kept(TaskScope& scope) : budget(scope, "text that functions keep"), arena(&budget) {}
    OperatorBudget budget;
    Arena arena;
};

TaskScope::TaskScope(const TaskDescription& task, TaskMemory& memory,
                     const std::atomic<bool>& cancelled)
    : task_(task),
      memory_(memory),
      cancelled_(cancelled),
      serial_(next_serial.fetch_add(1, std::memory_order_relaxed)) {}

std::string_view TaskScope::keep(std::string_view text) {
    if (kept_ == nullptr) {
        kept_ = std::make_unique<Kept>(*this);
    }
    return kept_->arena.store(text);
}

TaskScope::~TaskScope() {
    accumulators_ = {};
    held_.clear();
    kept_.reset();
    memory_.release(granted_);
}

void TaskScope::fail(TaskFailure failure) {
    if (!failure_) {
        failure_ = std::move(failure);
    }
}

void TaskScope::fail_in_user_code(const std::string& operation, const RecordFace* face,
                                  const void* row) {
    if (!cancelled()) {
        fail(user_failure(operation, face, row));
    }
}

void TaskScope::run_ends() {
    over_ = true;
    std::optional<TaskFailure> ended_by = failure_;
    if (!ended_by && cancelled()) {
        ended_by.emplace();
        ended_by->kind = FailureKind::TaskKilled;
        ended_by->message = "killed on request";
    }
    while (!ends_.empty()) {  // one may ask for another
        const AtEnd call = std::move(ends_.back());
        ends_.pop_back();
        try {
            call(ended_by ? &*ended_by : nullptr);
        } catch (...) {
            fail_in_user_code("a listener of the task's end", nullptr, nullptr);
        }
    }
}

bool TaskScope::reserve(std::int64_t bytes, const std::string& operation) {
    used_ += bytes;
    metrics_.peak_execution_memory = std::max(metrics_.peak_execution_memory, used_);
    if (used_ <= granted_) {
        return true;
    }
    const std::int64_t want = std::max(used_ - granted_, kGrantBytes);
    const auto refusal = memory_.acquire(want);
    if (!refusal) {
        granted_ += want;
        return true;
    }
    TaskFailure failure;
    failure.kind = FailureKind::ExceptionFailure;
    failure.operation = operation;
    failure.message = "out of memory in task " + std::to_string(task_.task.value) + " (stage " +
                      std::to_string(task_.stage.value) + ", partition " +
                      std::to_string(task_.partition) + "): " + *refusal +
                      "; use more partitions or give executors more memory";
    failure.out_of_memory = true;
    out_of_memory_ = out_of_memory_ || !failure_;
    fail(std::move(failure));
    return false;
}

bool TaskScope::try_reserve(std::int64_t bytes) {
    if (used_ + bytes > granted_) {
        const std::int64_t needed = used_ + bytes - granted_;
        std::int64_t want = std::max(needed, kGrantBytes);
        if (memory_.acquire_part(want)) {
            if (needed == want || memory_.acquire_part(needed)) {
                return false;
            }
            want = needed;  // the last that there is
        }
        granted_ += want;
    }
    used_ += bytes;
    metrics_.peak_execution_memory = std::max(metrics_.peak_execution_memory, used_);
    return true;
}

void TaskScope::release(std::int64_t bytes) {
    used_ -= bytes;
    // Keep one chunk as slack, so that a table that grows and shrinks does not ask each time.
    const std::int64_t spare = granted_ - std::max(used_, std::int64_t{0});
    if (spare > 2 * kGrantBytes) {
        memory_.release(spare - kGrantBytes);
        granted_ -= spare - kGrantBytes;
    }
}

bool SpillingBudget::reserve(std::int64_t bytes) {
    if (over_ == 0 && scope_.try_reserve(bytes)) {
        granted_ += bytes;
    } else {
        over_ += bytes;
    }
    return true;
}

void SpillingBudget::release(std::int64_t bytes) {
    const std::int64_t first = std::min(bytes, over_);
    over_ -= first;
    granted_ -= bytes - first;
    scope_.release(bytes - first);
}

bool SpillingBudget::try_reserve(std::int64_t bytes) {
    if (!scope_.try_reserve(bytes)) {
        return false;
    }
    granted_ += bytes;
    return true;
}

bool SpillingBudget::fail(const Error& why) {
    TaskFailure failure;
    failure.kind = FailureKind::ExceptionFailure;
    failure.operation = operation_;
    failure.message = why.message;
    scope_.fail(std::move(failure));
    return false;
}

bool SpillingBudget::insist(std::int64_t bytes) {
    granted_ += bytes;  // a refusal counts as taken, too
    return scope_.reserve(bytes, operation_);
}

}  // namespace heddle::rdd
