#pragma once

// The shell around the driver's core: one thread owns the core and the pool of executors; the
// program's threads submit jobs and wait for them, and get their results on the waiting thread.

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "client/driver/core/driver.h"
#include "client/driver/executor_pool.h"
#include "client/driver/job_runner.h"
#include "client/driver/listener_bus.h"
#include "client/driver/settings.h"
#include "common/base/bounded_queue.h"

namespace heddle::driver {

class Runner final : public JobRunner {
public:
    /// The pool may be shared with the end of the program (program_end.h), which comes later.
    Runner(std::shared_ptr<ExecutorPool> pool, const Settings& settings);
    ~Runner() override;
    Runner(const Runner&) = delete;
    Runner& operator=(const Runner&) = delete;

    /// Keeps something that looks at the runner, until stop().
    void accompany(std::shared_ptr<void> companion) { companions_.push_back(std::move(companion)); }

    /// Before anything else. Errors: of the pool.
    Status start();

    rdd::JobId submit(JobRequest request) override;
    std::optional<JobFailure> wait(rdd::JobId job) override;
    void cancel(rdd::JobId job, const std::string& reason) override;
    void cancel_jobs(JobSelection which, const std::string& reason) override;
    void cancel_stage(rdd::StageId stage, const std::string& reason) override;
    bool kill_task(rdd::TaskId task, const std::string& reason) override;
    void add_listener(std::shared_ptr<Listener> listener) override;
    void remove_listener(const std::shared_ptr<Listener>& listener) override;
    std::vector<JobView> job_views() override;
    std::optional<StageView> stage_view(rdd::StageId stage) override;
    std::vector<ExecutorView> executor_views() override;
    std::vector<StageForecast> forecast(const rdd::Plan& plan, rdd::RddId rdd) override;
    void unpersist(rdd::RddId rdd, bool blocking) override;
    void drop_broadcast(rdd::BroadcastId id, bool destroy) override;
    void release_shuffle(rdd::ShuffleId shuffle) override;
    std::int32_t default_parallelism() const override;
    std::int32_t parallelism_asked() const override { return settings_.default_parallelism; }
    std::string application_id() const override;
    bool in_container() const override { return settings_.in_container; }
    std::map<std::string, std::string> file_settings() const override { return settings_.files; }
    void stop() override;

    /// Runs `look` on the core thread, where it may read the core; not after stop().
    void inspect(std::function<void(const Driver&)> look);

private:
    void say_who_listens();
    using Item = std::variant<Event, std::function<void(const Driver&)>>;
    // What the core says to whoever waits for a job.
    struct Mailbox {
        std::function<Status(rdd::Partition, rdd::Bytes)> on_result;
        std::deque<Effect> mail;  // DeliverResult and EndJob
        std::condition_variable ready;
    };

    void post(Event event);
    /// What `look` says of the core; an empty T after stop().
    template <typename T>
    T ask(std::function<T(const Driver&)> look);
    void run();
    void take(Item& item, Effects& effects);
    void perform(Effects& effects);
    void put_mail(rdd::JobId job, Effect effect);

    std::shared_ptr<ExecutorPool> pool_;
    Settings settings_;
    Driver core_;
    std::mutex listening_;   // held while the core is told of it
    ListenerBus listeners_;  // the core thread posts to it
    BoundedQueue<Item> queue_;
    std::thread thread_;
    bool stopping_ = false;                          // of the core thread
    std::int32_t percent_ = 0;                       // as the pool was told last
    std::vector<std::shared_ptr<void>> companions_;  // of any type; nobody else holds them

    std::mutex mutex_;                                          // guards what follows
    std::map<rdd::JobId, std::shared_ptr<Mailbox>> mailboxes_;  // shared with whoever waits
    std::map<rdd::RddId, int> unpersisting_;
    std::condition_variable unpersisted_;
    std::int32_t next_job_ = 0;
    bool stopped_ = false;
    bool failed_ = false;  // the last job that ended
    std::string last_error_;
};

}  // namespace heddle::driver
