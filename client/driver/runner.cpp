// The core thread of a driver, and the calls that reach it.
#include "client/driver/runner.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <future>
#include <iterator>
#include <utility>

#include "common/base/check.h"
#include "common/base/clock.h"

namespace heddle::driver {

namespace {

constexpr std::size_t kQueueLimit = 1U << 20U;
constexpr Duration kIdleWait = seconds(5);
constexpr Duration kGatherWait = milliseconds(1);
// Threads are woken for many results at once: a wake-up costs more than a tiny task. Whoever waits
// looks by itself often enough that nobody sees the difference.
constexpr std::size_t kMailToWake = 256;
constexpr std::chrono::milliseconds kMailPoll{5};

Config core_config(const Settings& settings) {
    Config config = settings.core;
    config.start = monotonic_now();
    config.start_wall = wall_now();
    return config;
}

JobFailure failure_of(JobError error) {
    JobFailure failure;
    failure.code = error.code;
    failure.message = std::move(error.message);
    failure.stage = error.stage;
    failure.partition = error.partition;
    failure.cause = std::move(error.cause);
    return failure;
}

}  // namespace

Runner::Runner(std::shared_ptr<ExecutorPool> pool, const Settings& settings)
    : pool_(std::move(pool)),
      settings_(settings),
      core_(core_config(settings)),
      listeners_(static_cast<std::size_t>(settings.listener_queue)),
      queue_(kQueueLimit) {}

Runner::~Runner() {
    stop();
}

Status Runner::start() {
    pool_->serve(broadcasts());
    pool_->set_files(settings_.files);
    pool_->set_transfer(settings_.transfer);
    if (Status begun = pool_->start([this](Event event) { post(std::move(event)); }); !begun) {
        pool_->stop(FinalStatus::Failed, begun.error().message);
        return begun;
    }
    thread_ = std::thread([this] { run(); });
    return {};
}

void Runner::post(Event event) {
    (void)queue_.push(Item(std::move(event)));  // closed: nobody is interested any more
}

rdd::JobId Runner::submit(JobRequest request) {
    auto mailbox = std::make_shared<Mailbox>();
    mailbox->on_result = std::move(request.on_result);
    JobSubmitted event;
    event.plan = std::make_shared<const rdd::Plan>(std::move(request.plan));
    event.rdd = request.rdd;
    event.action = std::move(request.action);
    event.partitions = std::move(request.partitions);
    event.description = std::move(request.description);
    event.properties = std::move(request.properties);

    std::unique_lock lock(mutex_);
    const rdd::JobId job{next_job_++};
    event.job = job;
    mailboxes_[job] = mailbox;
    Status valid = rdd::check(*event.plan);
    if (valid && event.plan->find(event.rdd) == nullptr) {
        valid = Error{ErrorCode::InvalidArgument, "the plan does not hold the RDD of the job"};
    }
    if (!valid || stopped_) {
        JobError error;
        error.code = stopped_ ? ErrorCode::Cancelled : valid.error().code;
        error.message = stopped_ ? "the context is stopped" : valid.error().message;
        mailbox->mail.push_back(EndJob{job, std::move(error)});
        return job;
    }
    post(std::move(event));  // under the lock: jobs reach the core in the order of their ids
    return job;
}

std::optional<JobFailure> Runner::wait(rdd::JobId job) {
    std::unique_lock lock(mutex_);
    const auto it = mailboxes_.find(job);
    CHECK(it != mailboxes_.end());
    const std::shared_ptr<Mailbox> mailbox = it->second;
    std::optional<JobFailure> refused;
    while (true) {
        while (mailbox->mail.empty()) {
            mailbox->ready.wait_for(lock, kMailPoll);
        }
        Effect effect = std::move(mailbox->mail.front());
        mailbox->mail.pop_front();
        if (auto* end = std::get_if<EndJob>(&effect)) {
            mailboxes_.erase(job);
            std::optional<JobFailure> failure = std::move(refused);
            if (!failure && end->error) {
                failure = failure_of(std::move(*end->error));
            }
            failed_ = failure.has_value();
            last_error_ = failure ? failure->message : std::string();
            return failure;
        }
        auto& result = std::get<DeliverResult>(effect);
        if (refused) {
            continue;
        }
        lock.unlock();
        const Status used = mailbox->on_result(result.partition, std::move(result.value));
        if (!used) {
            refused.emplace();
            refused->code = used.error().code;
            refused->message = used.error().message;
            refused->partition = result.partition;
            post(JobCancelled{job, used.error().code, used.error().message});
        }
        lock.lock();
    }
}

void Runner::cancel(rdd::JobId job, const std::string& reason) {
    post(JobCancelled{job, ErrorCode::Cancelled, reason});
}

void Runner::cancel_jobs(JobSelection which, const std::string& reason) {
    post(JobsCancelled{std::move(which), reason});
}

void Runner::cancel_stage(rdd::StageId stage, const std::string& reason) {
    post(StageCancelled{stage, reason});
}

void Runner::add_listener(std::shared_ptr<Listener> listener) {
    listeners_.add(std::move(listener));
    say_who_listens();
}

void Runner::remove_listener(const std::shared_ptr<Listener>& listener) {
    listeners_.remove(listener);
    say_who_listens();
}

// Of several threads that change it the last one to say it says what is so.
void Runner::say_who_listens() {
    const std::lock_guard lock(listening_);
    post(ListenersChanged{listeners_.listening()});
}

template <typename T>
T Runner::ask(std::function<T(const Driver&)> look) {
    // Shared with the core thread, which may answer when nobody waits any more.
    const auto answer = std::make_shared<std::promise<T>>();
    std::future<T> said = answer->get_future();
    inspect(
        [answer, look = std::move(look)](const Driver& core) { answer->set_value(look(core)); });
    while (said.wait_for(std::chrono::milliseconds(50)) != std::future_status::ready) {
        const std::lock_guard lock(mutex_);
        if (stopped_) {
            return {};
        }
    }
    return said.get();
}

bool Runner::kill_task(rdd::TaskId task, const std::string& reason) {
    const bool runs = ask<bool>([task](const Driver& core) { return core.runs(task); });
    if (runs) {
        post(AttemptKilled{task, reason});
    }
    return runs;
}

std::vector<JobView> Runner::job_views() {
    return ask<std::vector<JobView>>([](const Driver& core) {
        std::vector<JobView> views;
        for (const auto& [id, view] : core.progress().jobs()) {
            views.push_back(view);
        }
        return views;
    });
}

std::optional<StageView> Runner::stage_view(rdd::StageId stage) {
    return ask<std::optional<StageView>>([stage](const Driver& core) {
        const auto& stages = core.progress().stages();
        const auto after = stages.lower_bound({rdd::StageId{stage.value + 1}, 0});
        const bool known = after != stages.begin() && std::prev(after)->first.first == stage;
        return known ? std::optional(std::prev(after)->second) : std::nullopt;
    });
}

std::vector<StageForecast> Runner::forecast(const rdd::Plan& plan, rdd::RddId rdd) {
    return ask<std::vector<StageForecast>>(
        [plan, rdd](const Driver& core) { return core.forecast(plan, rdd); });
}

std::vector<ExecutorView> Runner::executor_views() {
    return ask<std::vector<ExecutorView>>([](const Driver& core) {
        std::vector<ExecutorView> views;
        for (const auto& [id, view] : core.progress().executors()) {
            views.push_back(view);
        }
        return views;
    });
}

void Runner::unpersist(rdd::RddId rdd, bool blocking) {
    std::unique_lock lock(mutex_);
    if (stopped_) {
        return;
    }
    ++unpersisting_[rdd];
    post(RddUnpersisted{rdd});
    if (blocking) {
        unpersisted_.wait(lock, [&] { return unpersisting_.count(rdd) == 0; });
    }
}

void Runner::drop_broadcast(rdd::BroadcastId id, bool destroy) {
    if (destroy) {
        broadcasts()->remove(id);
    }
    post(BroadcastDropped{id, destroy});
}

void Runner::release_shuffle(rdd::ShuffleId shuffle) {
    post(ShuffleReleased{shuffle});
}

std::int32_t Runner::default_parallelism() const {
    return settings_.default_parallelism > 0 ? settings_.default_parallelism
                                             : std::max(2, pool_->slots());
}

std::string Runner::application_id() const {
    return pool_->application_id();
}

void Runner::inspect(std::function<void(const Driver&)> look) {
    (void)queue_.push(Item(std::move(look)));
}

void Runner::stop() {
    {
        const std::lock_guard lock(mutex_);
        if (std::exchange(stopped_, true)) {
            return;
        }
    }
    companions_.clear();
    if (!thread_.joinable()) {
        return;  // never started
    }
    post(Stopped{"the context is stopped"});
    thread_.join();
    queue_.close();
    listeners_.close();
    // A program that goes down with an exception has failed, whatever its last job did. Jobs of
    // asynchronous actions may be ending in other threads.
    std::unique_lock lock(mutex_);
    const bool failed = failed_ || std::uncaught_exceptions() > 0;
    const std::string error = last_error_;
    lock.unlock();
    pool_->stop(failed ? FinalStatus::Failed : FinalStatus::Succeeded, error);
    lock.lock();
    unpersisting_.clear();
    unpersisted_.notify_all();
}

void Runner::run() {
    while (!stopping_) {
        const TimePoint deadline = core_.next_deadline();
        Duration wait = kIdleWait;
        if (deadline != TimePoint::never()) {
            wait = std::clamp(deadline - monotonic_now(), Duration{}, kIdleWait);
        }
        if (pool_->gathers()) {
            wait = std::min(wait, kGatherWait);
        }
        std::deque<Item> items = queue_.pop_all(wait);
        Effects effects;
        for (Item& item : items) {
            take(item, effects);
        }
        std::vector<Event> polled = pool_->poll();
        if (core_.next_deadline() <= monotonic_now()) {
            polled.emplace_back(Tick{});
        }
        // Delivering may make an executor of this process answer at once.
        while (!polled.empty() || !effects.empty()) {
            for (Event& event : polled) {
                core_.step(monotonic_now(), event, effects);
            }
            perform(effects);
            effects.clear();
            polled = pool_->poll();
        }
        pool_->flush();
        if (const std::int32_t percent = core_.progress().percent(); percent != percent_) {
            percent_ = percent;
            pool_->progress(percent);
        }
    }
}

void Runner::take(Item& item, Effects& effects) {
    if (const auto* look = std::get_if<std::function<void(const Driver&)>>(&item)) {
        (*look)(core_);
        return;
    }
    const Event& event = std::get<Event>(item);
    stopping_ = stopping_ || std::holds_alternative<Stopped>(event);
    core_.step(monotonic_now(), event, effects);
}

void Runner::perform(Effects& effects) {
    for (Effect& effect : effects) {
        if (const auto* send = std::get_if<Send>(&effect)) {
            pool_->send(send->executor, send->message);
        } else if (const auto* result = std::get_if<DeliverResult>(&effect)) {
            put_mail(result->job, std::move(effect));
        } else if (const auto* merge = std::get_if<MergeAccumulators>(&effect)) {
            AccumulatorsMerged merged{merge->stage, merge->stage_attempt, merge->task,
                                      accumulators().merge(merge->updates)};
            if (!merged.totals.empty()) {
                post(std::move(merged));
            }
        } else if (const auto* end = std::get_if<EndJob>(&effect)) {
            put_mail(end->job, std::move(effect));
        } else if (const auto* confirm = std::get_if<ConfirmUnpersist>(&effect)) {
            const std::lock_guard lock(mutex_);
            unpersisting_.erase(confirm->rdd);
            unpersisted_.notify_all();
        } else if (const auto* want = std::get_if<WantExecutors>(&effect)) {
            pool_->want(want->count, want->released, want->spare);
        } else if (const auto* drop = std::get_if<DropExecutor>(&effect)) {
            pool_->drop(drop->executor, drop->reason);
        } else if (const auto* avoid = std::get_if<AvoidNodes>(&effect)) {
            pool_->avoid(avoid->nodes);
        } else if (auto* happened = std::get_if<Happened>(&effect)) {
            listeners_.post(std::move(happened->what));
        } else if (const auto* grow = std::get_if<GrowExecutor>(&effect)) {
            pool_->grow(grow->executor);
        }
    }
}

void Runner::put_mail(rdd::JobId job, Effect effect) {
    const std::lock_guard lock(mutex_);
    const auto it = mailboxes_.find(job);
    if (it != mailboxes_.end()) {
        const bool last = std::holds_alternative<EndJob>(effect);
        it->second->mail.push_back(std::move(effect));
        if (last || it->second->mail.size() == kMailToWake) {
            it->second->ready.notify_one();
        }
    }
}

}  // namespace heddle::driver
