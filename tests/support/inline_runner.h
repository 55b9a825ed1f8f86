#pragma once

// A job runner without a driver: stages in order, tasks one after another on the calling thread,
// with the real task body. What it does not do is anything that goes wrong.

#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "client/driver/job_runner.h"
#include "common/blocks/accountant.h"
#include "common/blocks/store.h"
#include "common/fs/file_systems.h"
#include "common/rdd/plan.h"
#include "common/rdd/task.h"
#include "executor/task/broadcasts.h"

namespace heddle::test {

class InlineRunner final : public driver::JobRunner {
public:
    explicit InlineRunner(std::int64_t memory_bytes = std::int64_t{1} << 30, int parallelism = 2,
                          fs::Settings settings = {});
    ~InlineRunner() override;

    rdd::JobId submit(driver::JobRequest request) override;
    std::optional<driver::JobFailure> wait(rdd::JobId job) override;
    void cancel(rdd::JobId, const std::string&) override {}
    void cancel_jobs(driver::JobSelection, const std::string&) override {}
    std::vector<driver::JobView> job_views() override { return {}; }
    std::optional<driver::StageView> stage_view(rdd::StageId) override { return {}; }
    std::vector<driver::ExecutorView> executor_views() override { return {}; }
    void unpersist(rdd::RddId rdd, bool blocking) override;
    void drop_broadcast(rdd::BroadcastId id, bool destroy) override;
    void release_shuffle(rdd::ShuffleId shuffle) override;
    std::int32_t default_parallelism() const override { return parallelism_; }
    std::int32_t parallelism_asked() const override { return parallelism_asked_; }
    std::string application_id() const override { return "inline"; }
    bool in_container() const override { return in_container_; }
    fs::Settings file_settings() const override { return settings_; }
    void stop() override {}

    // What tests choose and look at.
    void set_in_container(bool in_container) { in_container_ = in_container; }
    void set_parallelism_asked(std::int32_t asked) { parallelism_asked_ = asked; }
    int tasks_run() const { return tasks_run_; }
    const rdd::TaskMetrics& totals() const { return totals_; }
    int chunks_fetched() const { return chunks_fetched_; }
    blocks::BlockStore& store() { return store_; }
    blocks::ShuffleStore& shuffles() { return shuffles_; }
    blocks::Accountant& accountant() { return accountant_; }

private:
    friend class InlineEnvironment;
    std::optional<driver::JobFailure> run(driver::JobRequest& request);
    std::optional<driver::JobFailure> run_shuffles_below(const rdd::Plan& plan, rdd::RddId root);
    std::optional<driver::JobFailure> run_map_stage(const rdd::Plan& plan,
                                                    const rdd::Dependency& dependency);
    rdd::TaskResult run_one(const rdd::StagePlan& stage, const rdd::Plan& plan, rdd::RddId root,
                            rdd::Partition partition);

    std::string folder_;
    blocks::Accountant accountant_;
    blocks::BlockStore store_;
    blocks::ShuffleStore shuffles_;
    fs::Settings settings_;
    std::unique_ptr<fs::FileSystem> files_;
    executor::BroadcastDesk desk_;
    int chunks_fetched_ = 0;
    std::int32_t parallelism_;
    std::int32_t parallelism_asked_ = 0;
    std::map<rdd::ShuffleId, std::vector<rdd::TaskId>> maps_;  // finished shuffles: their map tasks
    std::atomic<bool> cancelled_{false};
    std::int64_t next_task_ = 0;
    std::int32_t next_job_ = 0;
    std::map<rdd::JobId, std::optional<driver::JobFailure>> results_;
    int tasks_run_ = 0;
    bool in_container_ = false;
    rdd::TaskMetrics totals_;
};

}  // namespace heddle::test
