// Results that are too large for a message: they wait at their executor, and come in pieces when
// the driver asks for them. And how much all results of a job may take in the driver.
#include <algorithm>
#include <utility>

#include "client/driver/core/driver.h"
#include "common/base/check.h"
#include "common/base/strings.h"

namespace heddle::driver {

namespace {

constexpr std::uint64_t kPieceBytes = std::uint64_t{4} << 20U;

}  // namespace

// Counts `count` results of the stage's job. False: they are too much, and the job has failed.
bool Driver::admit_results(Stage& stage, std::int64_t count, std::uint64_t bytes,
                           Effects& effects) {
    Job& job = jobs_.at(*stage.jobs.begin());
    job.results += count;
    job.result_bytes += static_cast<std::int64_t>(bytes);
    if (config_.result_bytes_max == 0 || job.result_bytes <= config_.result_bytes_max) {
        return true;
    }
    JobError error;
    error.code = ErrorCode::ResourceExhausted;
    error.stage = stage.id;
    error.message = "the results of " + std::to_string(job.results) + " of " +
                    std::to_string(job.partitions) + " tasks of " + stage.title() + " (" +
                    stage.name + ") take " + human_bytes(job.result_bytes) +
                    " in the driver, more than driver.max_result_size (" +
                    human_bytes(config_.result_bytes_max) +
                    "): save the records, bring fewer of them back, or raise the setting";
    abort(stage, error, effects);
    return false;
}

// Of a task that has ended well; until the value is here its run counts as under way.
void Driver::fetch_result(const RunningTask& task, const rdd::TaskResult& result,
                          Effects& effects) {
    Stage& stage = stages_.at(task.stage);
    const auto job = stage.is_shuffle() ? jobs_.end() : jobs_.find(*stage.jobs.begin());
    const bool wanted = job != jobs_.end() && job->second.missing.contains(task.partition);
    if (!wanted || !admit_results(stage, 1, result.parked, effects)) {
        effects.push_back(Send{task.executor, rdd::ResultDropped{result.task}});
        return;
    }
    ++executors_.find(task.executor)->sending;
    fetching_.emplace(result.task, Fetching{task, result, result.parked});
    ask_for_piece(result.task, effects);
}

void Driver::ask_for_piece(rdd::TaskId id, Effects& effects) {
    const Fetching& fetching = fetching_.at(id);
    const std::uint64_t from = fetching.result.value.size();
    effects.push_back(
        Send{fetching.task.executor,
             rdd::ResultWanted{id, from, std::min(kPieceBytes, fetching.size - from)}});
}

void Driver::result_piece(rdd::ExecutorId executor, const rdd::ResultPiece& piece,
                          Effects& effects) {
    const auto it = fetching_.find(piece.task);
    if (it == fetching_.end() || it->second.task.executor != executor ||
        it->second.result.value.size() != piece.from ||
        piece.bytes.size() > it->second.size - piece.from) {
        ++stale_;
        return;
    }
    Fetching& fetching = it->second;
    fetching.result.value += piece.bytes;
    if (!piece.bytes.empty() && fetching.result.value.size() < fetching.size) {
        ask_for_piece(piece.task, effects);
        return;
    }
    Fetching ended = take_fetch(piece.task);
    effects.push_back(Send{executor, rdd::ResultDropped{piece.task}});
    if (piece.bytes.empty()) {
        ended.result.failure.emplace();
        ended.result.failure->kind = rdd::FailureKind::TaskResultLost;
        ended.result.failure->message = "the executor no longer has the result";
        ended.result.value.clear();
    }
    ended.result.parked = 0;
    settle(ended.task, ended.result, effects);
}

// Out of the books. What it would have taken is counted again if it comes.
Driver::Fetching Driver::take_fetch(rdd::TaskId id) {
    const auto it = fetching_.find(id);
    CHECK(it != fetching_.end());
    Fetching fetching = std::move(it->second);
    fetching_.erase(it);
    Executor* executor = executors_.find(fetching.task.executor);
    if (executor != nullptr && --executor->sending == 0 && executor->running.empty()) {
        fell_idle(*executor);
    }
    const Stage* stage = stages_.find(fetching.task.stage);
    const auto job =
        stage == nullptr || stage->jobs.empty() ? jobs_.end() : jobs_.find(*stage->jobs.begin());
    if (job != jobs_.end()) {
        --job->second.results;
        job->second.result_bytes -= static_cast<std::int64_t>(fetching.size);
    }
    return fetching;
}

// Nobody wants it any more.
void Driver::drop_fetch(rdd::TaskId id, Effects& effects) {
    const Fetching dropped = take_fetch(id);
    effects.push_back(Send{dropped.task.executor, rdd::ResultDropped{id}});
}

void Driver::drop_fetches(rdd::StageId stage, Effects& effects) {
    std::vector<rdd::TaskId> dropped;
    for (const auto& [id, fetching] : fetching_) {
        if (fetching.task.stage == stage) {
            dropped.push_back(id);
        }
    }
    for (const rdd::TaskId id : dropped) {
        drop_fetch(id, effects);
    }
}

// With the executor, as the tasks that ran there.
void Driver::results_lost(const Executor& executor, const std::string& reason, Effects& effects) {
    std::vector<rdd::TaskId> lost;
    for (const auto& [id, fetching] : fetching_) {
        if (fetching.task.executor == executor.id) {
            lost.push_back(id);
        }
    }
    for (const rdd::TaskId id : lost) {
        // Ending a job may have dropped others.
        if (fetching_.contains(id)) {
            run_lost(take_fetch(id).task, id, executor, "its result was lost: " + reason, false,
                     effects);
        }
    }
}

}  // namespace heddle::driver
