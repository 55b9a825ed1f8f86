// Executors that come and go, and everything that goes with them.
#include <algorithm>
#include <utility>

#include "client/driver/core/driver.h"
#include "common/base/check.h"

namespace heddle::driver {

void Driver::on(const ExecutorRegistered& event, Effects& effects) {
    if (stopped_) {
        effects.push_back(Send{event.executor, rdd::ExecutorStop{}});
        return;
    }
    CHECK(event.slots > 0);
    for (const auto& [id, other] : executors_.all()) {
        if (other.port != 0) {
            effects.push_back(Send{event.executor, rdd::PeerJoined{id, other.address, other.port}});
        }
        if (event.port != 0) {
            effects.push_back(Send{id, rdd::PeerJoined{event.executor, event.address, event.port}});
        }
    }
    for (const rdd::BroadcastHeld& held : broadcasts_.told()) {
        effects.push_back(Send{event.executor, held});
    }
    Executor executor;
    executor.id = event.executor;
    executor.host = event.host;
    executor.rack = event.rack;
    executor.container = event.container;
    executor.address = event.address;
    executor.port = event.port;
    executor.slots = event.slots;
    executor.memory = event.memory;
    executor.heard = now_;
    executor.in_process = event.in_process;
    Executor& added = executors_.add(std::move(executor));
    fell_idle(added);
    free_.insert(added.id);
    progress_.executor_added(now_, added, event.memory);
    if (!event.in_process && expiry_check_ == TimePoint::never()) {
        expiry_check_ = now_ + config_.executor_timeout / 4;
    }
    replication_.executor_joined();
    update_exclusion();
    for (const rdd::StageId id : running_) {
        show_exclusion(stages_.at(id));
    }
    executors_changed();
}

void Driver::on(const ExecutorLost& event, Effects& effects) {
    if (event.executor == rdd::kNoExecutor) {
        count_executor_failure(event.reason, effects);
    } else if (executors_.find(event.executor) != nullptr) {
        lose_executor(event.executor, event.reason, event.crashed, effects, event.out_of_memory);
    } else {
        ++stale_;
    }
}

void Driver::on(const ExecutorLeaving& event, Effects&) {
    Executor* executor = executors_.find(event.executor);
    if (executor == nullptr) {
        ++stale_;
        return;
    }
    const bool retires = event.leaving && config_.retirement.enabled;
    executor->leaving = retires || (event.leaving && !event.may_stay);
    if (retires) {
        retire(*executor, event.may_stay ? "its node is taken out of service"
                                         : "its container is to make way");
    } else if (!event.leaving) {
        stay(*executor);
        if (executor->running.empty()) {
            fell_idle(*executor);  // while it was to leave nobody looked
        }
    }
    if (executor->free_slots() > 0) {
        free_.insert(event.executor);
    } else {
        free_.erase(event.executor);
    }
}

void Driver::on(const ExecutorsRefused& event, Effects& effects) {
    refused_ = event.reason;
    while (!jobs_.empty()) {
        end_job(jobs_.begin()->first, JobError{ErrorCode::Unavailable, refused_, {}, -1, {}},
                effects);
    }
}

void Driver::executors_changed() {
    for (const rdd::StageId id : running_) {
        stages_.at(id).tasks->executors_changed(executors_);
    }
}

void Driver::lose_executor(rdd::ExecutorId id, const std::string& reason, bool crashed,
                           Effects& effects, bool out_of_memory) {
    const Executor lost = *executors_.find(id);
    executors_.remove(id);
    retiring_.erase(id);
    moves_.executor_lost(id);
    free_.erase(id);
    progress_.executor_removed(now_, id, reason);
    blocks_lost(id);
    broadcasts_.executor_lost(id);
    outputs_lost(outputs_.executor_lost(id), effects);
    // Executors answer tiny tasks together, so of tasks that were sent ahead nobody knows which one
    // ran: a crash counts with its tasks only where each had a slot. The stages of the others send
    // nothing ahead any more, so that the next crash has a name.
    const bool named = crashed && !lost.running.empty() &&
                       lost.running.size() <= static_cast<std::size_t>(lost.slots);
    for (const rdd::TaskId task : lost.running) {
        if (Stage* stage = stages_.find(tasks_.at(task.value).stage); crashed && stage != nullptr) {
            stage->crashed = true;
            too_large(*stage, tasks_.at(task.value), lost, named && out_of_memory);
        }
        task_lost(task, lost, reason, named, effects);
    }
    results_lost(lost, reason, effects);
    gang_output_lost(id, effects);
    exclusion_.executor_lost(id);
    exclusion_changed_ = true;
    for (const auto& [other, entry] : executors_.all()) {
        effects.push_back(Send{other, rdd::PeerLost{id}});
    }
    std::vector<rdd::RddId> waiting;
    for (const auto& [rdd, executors] : unpersisting_) {
        waiting.push_back(rdd);
    }
    for (const rdd::RddId rdd : waiting) {
        acknowledge_drop(rdd, id, effects);
    }
    executors_changed();
    // A crash under a task is counted with the task, which ends the job sooner and says where.
    if (!lost.useful && !named && !lost.leaving) {
        count_executor_failure(reason, effects);
    }
}

// A stage that is writing one of these shuffles runs the lost tasks again. One that is reading it
// would only run into fetch failures: it waits for its parent at once, which is no failure of its
// own.
void Driver::outputs_lost(const std::vector<rdd::ShuffleId>& shuffles, Effects& effects) {
    for (const rdd::ShuffleId shuffle : shuffles) {
        Stage* writer = stages_.find(shuffle);
        CHECK(writer != nullptr);
        if (writer->state != StageState::Running) {
            continue;
        }
        for (std::size_t i = 0; i < writer->tasks->size(); ++i) {
            const TaskSet::Task& task = writer->tasks->task(i);
            if (task.done && !outputs_.has(shuffle, task.partition)) {
                writer->tasks->undo(i);
            }
        }
    }
    const std::set<rdd::StageId> running = running_;
    for (const rdd::StageId id : running) {
        Stage& stage = stages_.at(id);
        const bool reads =
            std::any_of(stage.inputs.begin(), stage.inputs.end(), [&](rdd::ShuffleId input) {
                return std::find(shuffles.begin(), shuffles.end(), input) != shuffles.end();
            });
        if (!reads) {
            continue;
        }
        for (const rdd::Dependency* input : shuffle_inputs(*stage.plan, stage.root, &blocks_)) {
            if (!outputs_.complete(input->shuffle)) {
                input_lost(stage, "an executor was lost with input of the stage", effects);
                break;
            }
        }
    }
}

// Executors that never finish anything are replaced again and again; some time that has to be
// said.
void Driver::count_executor_failure(const std::string& reason, Effects& effects) {
    ++executor_failures_;
    if (config_.executor_failures_max == 0 || executor_failures_ < config_.executor_failures_max) {
        return;
    }
    executor_failures_ = 0;
    while (!jobs_.empty()) {
        JobError error;
        error.code = ErrorCode::Unavailable;
        error.message =
            std::to_string(config_.executor_failures_max) +
            " executors ended before they had finished a task, most recently: " + reason;
        end_job(jobs_.begin()->first, std::move(error), effects);
    }
}

void Driver::expire_executors(Effects& effects) {
    if (now_ < expiry_check_) {
        return;
    }
    std::vector<rdd::ExecutorId> silent;
    for (const auto& [id, executor] : executors_.all()) {
        if (!executor.in_process && now_ - executor.heard >= config_.executor_timeout) {
            silent.push_back(id);
        }
    }
    for (const rdd::ExecutorId id : silent) {
        const std::string reason =
            "no heartbeat for " + std::to_string(config_.executor_timeout.milliseconds()) + " ms";
        effects.push_back(DropExecutor{id, reason});
        lose_executor(id, reason, false, effects);
    }
    expiry_check_ =
        executors_.all().empty() ? TimePoint::never() : now_ + config_.executor_timeout / 4;
}

// Those that fetch the chunk later find it there, too. One that is destroyed may still arrive at an
// executor that was fetching it.
void Driver::broadcast_kept(const rdd::BroadcastKept& kept, rdd::ExecutorId executor,
                            Effects& effects) {
    if (broadcasts_.destroyed(kept.broadcast)) {
        effects.push_back(Send{executor, rdd::DropBroadcast{kept.broadcast}});
        return;
    }
    if (executors_.find(executor)->port == 0 || !broadcasts_.keep(kept, executor)) {
        return;
    }
    for (const auto& [id, other] : executors_.all()) {
        if (id != executor) {
            effects.push_back(Send{id, rdd::BroadcastHeld{kept.broadcast, kept.chunk, executor}});
        }
    }
}

void Driver::on(const BroadcastDropped& event, Effects& effects) {
    if (event.destroyed) {
        broadcasts_.destroy(event.broadcast);
    } else {
        broadcasts_.drop(event.broadcast);
    }
    for (const auto& [id, executor] : executors_.all()) {
        effects.push_back(Send{id, rdd::DropBroadcast{event.broadcast}});
    }
}

}  // namespace heddle::driver
