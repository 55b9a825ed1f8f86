#pragma once

// Actions that do not wait. FutureAction<T> is what count_async() and its relatives give back at
// once; the jobs run on a thread of their own, under the local properties that held where the
// action was called. What is let go of runs on.

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "client/api/graph.h"
#include "client/api/job_control.h"
#include "client/driver/job_runner.h"
#include "common/rdd/ids.h"

namespace heddle::api {

// One asynchronous action: shared by its future and, until it has ended, by the session, which
// joins the thread.
class AsyncRun {
public:
    using Body = std::function<void(AsyncRun&)>;
    /// What a task answered, on the thread of the action.
    using OnAnswer = std::function<void(const rdd::Bytes&)>;

    /// Runs `body` on a thread; what it throws is for rethrow(). Throws UsageError when the context
    /// is stopped, or the RDD has an error of its own.
    static std::shared_ptr<AsyncRun> start(const NodePtr& root, Body body);
    AsyncRun(driver::JobRunner& runner, LocalProperties properties, Body body)
        : runner_(runner), properties_(std::move(properties)), body_(std::move(body)) {}
    ~AsyncRun();
    AsyncRun(const AsyncRun&) = delete;
    AsyncRun& operator=(const AsyncRun&) = delete;

    /// For the body: a job that cancel() ends. Throws JobFailed.
    std::vector<rdd::Bytes> run(const NodePtr& root, rdd::OperatorRef action,
                                const std::vector<rdd::Partition>& partitions, Callsite at,
                                std::string_view operation, const OnAnswer& on_answer = {});

    // Any thread.
    void cancel(const std::string& reason);
    void wait();
    /// False: it has not ended by then.
    bool wait_for(std::chrono::milliseconds time);
    bool completed() const;
    bool cancelled() const;
    /// Throws what the body threw. Requires that it has ended.
    void rethrow() const;
    std::vector<std::int32_t> job_ids() const;

private:
    friend void end_async_runs(Session& session);
    void work();
    void submitted(rdd::JobId job);

    driver::JobRunner& runner_;  // outlives the thread
    LocalProperties properties_;
    Body body_;  // given up at the end, with the RDDs that it holds
    mutable std::mutex mutex_;
    std::condition_variable ended_;
    std::vector<rdd::JobId> jobs_;
    std::optional<std::string> cancelled_;  // why
    bool completed_ = false;
    std::exception_ptr error_;
    std::thread thread_;
};

/// Waits for the threads of all asynchronous actions, whose jobs have been cancelled; there will be
/// no more of them.
void end_async_runs(Session& session);

/// All partitions of a node.
std::vector<rdd::Partition> all_partitions(const NodePtr& root);

}  // namespace heddle::api

namespace heddle {

template <typename T>
class FutureAction {
public:
    using Stored = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

    FutureAction(std::shared_ptr<api::AsyncRun> run, std::shared_ptr<std::optional<Stored>> value)
        : run_(std::move(run)), value_(std::move(value)) {}

    /// Waits for the end. Throws what the action would have thrown; JobFailed with the code
    /// Cancelled when it was cancelled.
    T get() const {
        run_->wait();
        run_->rethrow();
        if constexpr (!std::is_void_v<T>) {
            return **value_;
        }
    }
    /// Waits for the end, good or bad.
    void wait() const { run_->wait(); }
    /// False: the action goes on.
    bool wait_for(std::chrono::milliseconds time) const { return run_->wait_for(time); }
    bool is_completed() const { return run_->completed(); }
    /// Its job is ended, and no other begins. No effect on what has ended.
    void cancel(const std::string& reason = "the action was cancelled") const {
        run_->cancel(reason);
    }
    bool is_cancelled() const { return run_->cancelled(); }
    /// Of the jobs that it has submitted so far.
    std::vector<std::int32_t> job_ids() const { return run_->job_ids(); }

private:
    std::shared_ptr<api::AsyncRun> run_;            // shared with the session
    std::shared_ptr<std::optional<Stored>> value_;  // written before the run has ended
};

namespace api {

/// `body` makes the value. Throws as AsyncRun::start.
template <typename T, typename Body>
FutureAction<T> start_action(const NodePtr& root, Body body) {
    auto value = std::make_shared<std::optional<typename FutureAction<T>::Stored>>();
    auto run = AsyncRun::start(root, [value, body = std::move(body)](AsyncRun& self) {
        if constexpr (std::is_void_v<T>) {
            body(self);
        } else {
            value->emplace(body(self));
        }
    });
    return FutureAction<T>(std::move(run), std::move(value));
}

}  // namespace api
}  // namespace heddle
