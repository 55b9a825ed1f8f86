// Running stages inline. Everything that would cross a process goes through bytes here too, so that
// a field that is not encoded shows.
#include "tests/support/inline_runner.h"

#include <unistd.h>

#include "common/base/check.h"
#include "executor/task/task_body.h"

namespace heddle::test {

namespace {

std::string scratch_folder() {
    static std::atomic<int> next{0};
    return "/tmp/heddle-inline-" + std::to_string(::getpid()) + "-" + std::to_string(next++);
}

driver::JobFailure failure_of(const rdd::TaskResult& result, rdd::Partition partition) {
    driver::JobFailure failure;
    failure.partition = partition;
    failure.cause = result.failure;
    failure.message = "partition " + std::to_string(partition) + ": " + describe(*result.failure);
    return failure;
}

}  // namespace

class InlineEnvironment final : public executor::TaskEnvironment {
public:
    explicit InlineEnvironment(InlineRunner& runner)
        : TaskEnvironment(runner.store_, runner.shuffles_, runner.accountant_, *runner.files_),
          runner_(runner) {}

    class Blocks final : public executor::ShuffleBlocks {
    public:
        Blocks(InlineRunner& runner, rdd::ShuffleId shuffle, rdd::Partition reduce)
            : runner_(runner), shuffle_(shuffle), reduce_(reduce) {}
        Answer next(blocks::BlockPtr& block, rdd::TaskFailure& failure) override {
            const std::vector<rdd::TaskId>& maps = runner_.maps_.at(shuffle_);
            if (next_ == maps.size()) {
                return Answer::End;
            }
            bool known = false;
            block = runner_.shuffles_.get(rdd::BlockId::shuffle(shuffle_, maps[next_++], reduce_),
                                          &known);
            if (!known) {
                failure.kind = rdd::FailureKind::FetchFailed;
                failure.shuffle = shuffle_;
                return Answer::Failed;
            }
            return Answer::Block;
        }
        std::optional<std::uint64_t> last_fetched() const override { return std::nullopt; }

    private:
        InlineRunner& runner_;
        rdd::ShuffleId shuffle_;
        rdd::Partition reduce_;
        std::size_t next_ = 0;
    };

    std::unique_ptr<executor::ShuffleBlocks> open_shuffle(rdd::ShuffleId shuffle,
                                                          rdd::Partition reduce) override {
        return std::make_unique<Blocks>(runner_, shuffle, reduce);
    }
    blocks::BlockPtr fetch_cached(const rdd::BlockId&) override { return nullptr; }
    Result<blocks::BlockPtr> fetch_broadcast(const rdd::BlockId& id) override {
        ++runner_.chunks_fetched_;
        return runner_.broadcasts()->get(id);
    }
    void broadcast_kept(rdd::BroadcastId, std::int64_t) override {}
    std::size_t broadcast_start() const override { return 1; }
    executor::BroadcastDesk& broadcasts() override { return runner_.desk_; }

private:
    InlineRunner& runner_;
};

InlineRunner::InlineRunner(std::int64_t memory_bytes, int parallelism, fs::Settings settings)
    : folder_(scratch_folder()),
      accountant_(memory_bytes),
      store_(accountant_, folder_ + "-cache"),
      shuffles_(accountant_, folder_ + "-shuffle"),
      settings_(std::move(settings)),
      files_(fs::make_file_system(settings_)),
      desk_(folder_ + "-files"),
      parallelism_(parallelism) {
    accountant_.set_evict(
        [this](std::int64_t bytes, rdd::RddId spared) { store_.evict(bytes, spared); });
}

InlineRunner::~InlineRunner() = default;

rdd::JobId InlineRunner::submit(driver::JobRequest request) {
    const rdd::JobId job{next_job_++};
    results_[job] = run(request);
    return job;
}

std::optional<driver::JobFailure> InlineRunner::wait(rdd::JobId job) {
    auto failure = std::move(results_.at(job));
    results_.erase(job);
    return failure;
}

rdd::TaskResult InlineRunner::run_one(const rdd::StagePlan& stage, const rdd::Plan& plan,
                                      rdd::RddId root, rdd::Partition partition) {
    rdd::TaskDescription task;
    task.task.value = next_task_++;
    task.partition = partition;
    task.sources = rdd::task_sources(plan, root, partition);
    const auto stage_copy = rdd::decode_stage_plan(encode(stage));
    CHECK(stage_copy.ok() && *stage_copy == stage);
    const auto task_copy = rdd::decode_task_description(encode(task));
    CHECK(task_copy.ok() && *task_copy == task);
    InlineEnvironment environment(*this);
    rdd::TaskResult result = executor::run_task(*stage_copy, *task_copy, environment, cancelled_);
    auto copy = rdd::decode_task_result(encode(result));
    CHECK(copy.ok() && *copy == result);
    ++tasks_run_;
    (void)accumulators().merge(result.accumulators);
    totals_.input_bytes_read += result.metrics.input_bytes_read;
    totals_.disk_bytes_spilled += result.metrics.disk_bytes_spilled;
    totals_.input_records_read += result.metrics.input_records_read;
    totals_.shuffle_records_read += result.metrics.shuffle_records_read;
    totals_.shuffle_records_written += result.metrics.shuffle_records_written;
    return result;
}

std::optional<driver::JobFailure> InlineRunner::run_map_stage(const rdd::Plan& plan,
                                                              const rdd::Dependency& dependency) {
    const rdd::StagePlan stage = rdd::shuffle_stage(plan, dependency);
    std::vector<rdd::TaskId> maps;
    for (rdd::Partition p = 0; p < plan.find(dependency.parent)->partitions; ++p) {
        const rdd::TaskResult result = run_one(stage, plan, dependency.parent, p);
        if (!result.ok()) {
            return failure_of(result, p);
        }
        CHECK(result.map && result.map->map_index == p);
        maps.push_back(result.map->map_task);
    }
    maps_[dependency.shuffle] = std::move(maps);
    return std::nullopt;
}

std::optional<driver::JobFailure> InlineRunner::run_shuffles_below(const rdd::Plan& plan,
                                                                   rdd::RddId root) {
    for (const rdd::Dependency& dependency : plan.find(root)->dependencies) {
        if (dependency.kind == rdd::DependencyKind::Shuffle && maps_.contains(dependency.shuffle)) {
            continue;  // a skipped stage
        }
        if (auto failure = run_shuffles_below(plan, dependency.parent)) {
            return failure;
        }
        if (dependency.kind == rdd::DependencyKind::Shuffle) {
            if (auto failure = run_map_stage(plan, dependency)) {
                return failure;
            }
        }
    }
    return std::nullopt;
}

std::optional<driver::JobFailure> InlineRunner::run(driver::JobRequest& request) {
    const auto plan = rdd::decode_plan(encode(request.plan));
    CHECK(plan.ok() && plan->nodes == request.plan.nodes);
    if (auto failure = run_shuffles_below(*plan, request.rdd)) {
        return failure;
    }
    const rdd::StagePlan stage = rdd::result_stage(*plan, request.rdd, request.action);
    for (const rdd::Partition partition : request.partitions) {
        rdd::TaskResult result = run_one(stage, *plan, request.rdd, partition);
        if (!result.ok()) {
            return failure_of(result, partition);
        }
        if (const Status status = request.on_result(partition, std::move(result.value)); !status) {
            driver::JobFailure failure;
            failure.message = status.error().message;
            return failure;
        }
    }
    return std::nullopt;
}

void InlineRunner::unpersist(rdd::RddId rdd, bool) {
    store_.drop_rdd(rdd);
}

void InlineRunner::drop_broadcast(rdd::BroadcastId id, bool destroy) {
    store_.drop_broadcast(id);
    if (destroy) {
        broadcasts()->remove(id);
    }
}

void InlineRunner::release_shuffle(rdd::ShuffleId shuffle) {
    maps_.erase(shuffle);
    shuffles_.drop(shuffle);
}

}  // namespace heddle::test
