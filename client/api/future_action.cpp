// Threads of asynchronous actions.
#include "client/api/future_action.h"

#include <numeric>

#include "client/api/errors.h"

namespace heddle::api {

std::vector<rdd::Partition> all_partitions(const NodePtr& root) {
    std::vector<rdd::Partition> all(static_cast<std::size_t>(root->node.partitions));
    std::iota(all.begin(), all.end(), 0);
    return all;
}

std::shared_ptr<AsyncRun> AsyncRun::start(const NodePtr& root, Body body) {
    require_defined(root);
    Session& session = *root->session;
    const std::lock_guard lock(session.async_mutex);
    if (session.runner == nullptr || session.async_closed) {
        throw UsageError(
            ErrorCode::Conflict,
            "the context of RDD " + std::to_string(root->node.id.value) + " has been stopped");
    }
    std::erase_if(session.async_runs,
                  [](const std::shared_ptr<AsyncRun>& run) { return run->completed(); });
    auto run =
        std::make_shared<AsyncRun>(*session.runner, local_properties(session), std::move(body));
    session.async_runs.push_back(run);
    run->thread_ = std::thread([&self = *run, serial = session.serial] {
        set_local_properties(serial, std::move(self.properties_));
        self.work();
    });
    return run;
}

AsyncRun::~AsyncRun() {
    if (thread_.joinable()) {
        thread_.join();
    }
}

void AsyncRun::work() {
    std::exception_ptr error;
    try {
        body_(*this);
    } catch (...) {
        error = std::current_exception();
    }
    body_ = nullptr;
    const std::lock_guard lock(mutex_);
    error_ = std::move(error);
    completed_ = true;
    ended_.notify_all();
}

std::vector<rdd::Bytes> AsyncRun::run(const NodePtr& root, rdd::OperatorRef action,
                                      const std::vector<rdd::Partition>& partitions, Callsite at,
                                      std::string_view operation, const OnAnswer& on_answer) {
    {
        const std::lock_guard lock(mutex_);
        if (cancelled_) {
            throw JobFailed(ErrorCode::Cancelled, *cancelled_, -1, std::nullopt);
        }
    }
    return run_watched_job(root, std::move(action), partitions, at, operation,
                           {[this](rdd::JobId job) { submitted(job); }, on_answer});
}

void AsyncRun::submitted(rdd::JobId job) {
    const std::lock_guard lock(mutex_);
    jobs_.push_back(job);
    if (cancelled_) {  // while it was being submitted
        runner_.cancel(job, *cancelled_);
    }
}

void AsyncRun::cancel(const std::string& reason) {
    const std::lock_guard lock(mutex_);
    if (completed_ || cancelled_) {
        return;
    }
    cancelled_ = reason;
    if (!jobs_.empty()) {
        runner_.cancel(jobs_.back(), reason);
    }
}

void AsyncRun::wait() {
    std::unique_lock lock(mutex_);
    ended_.wait(lock, [this] { return completed_; });
}

bool AsyncRun::wait_for(std::chrono::milliseconds time) {
    std::unique_lock lock(mutex_);
    return ended_.wait_for(lock, time, [this] { return completed_; });
}

bool AsyncRun::completed() const {
    const std::lock_guard lock(mutex_);
    return completed_;
}

bool AsyncRun::cancelled() const {
    const std::lock_guard lock(mutex_);
    return cancelled_.has_value();
}

void AsyncRun::rethrow() const {
    const std::lock_guard lock(mutex_);
    if (error_) {
        std::rethrow_exception(error_);
    }
}

std::vector<std::int32_t> AsyncRun::job_ids() const {
    const std::lock_guard lock(mutex_);
    std::vector<std::int32_t> ids;
    for (const rdd::JobId job : jobs_) {
        ids.push_back(job.value);
    }
    return ids;
}

void end_async_runs(Session& session) {
    std::vector<std::shared_ptr<AsyncRun>> runs;
    {
        const std::lock_guard lock(session.async_mutex);
        session.async_closed = true;
        runs.swap(session.async_runs);
    }
    for (const std::shared_ptr<AsyncRun>& run : runs) {
        run->thread_.join();
    }
}

}  // namespace heddle::api
