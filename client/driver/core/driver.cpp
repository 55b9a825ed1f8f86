// The dispatch of events and the books as a whole.
#include "client/driver/core/driver.h"

#include <algorithm>
#include <utility>

#include "common/base/check.h"

namespace heddle::driver {

Driver::Driver(Config config)
    : config_(std::move(config)),
      now_(config_.start),
      exclusion_(config_.exclusion),
      reaper_(config_.reaper),
      progress_(config_),
      allocation_(config_.allocation) {}

void Driver::step(TimePoint now, const Event& event, Effects& effects) {
    CHECK(now >= now_);
    now_ = now;
    touched_ = rdd::kNoExecutor;
    std::visit([&](const auto& e) { on(e, effects); }, event);
    if (resubmit_at_ && *resubmit_at_ <= now_) {
        resubmit_at_.reset();
        for (auto& [id, stage] : stages_.all()) {
            if (stage.state == StageState::Failed) {
                stage.state = StageState::Waiting;
                to_submit_.insert(id);
            }
        }
    }
    expire_executors(effects);
    reap(effects);
    end_retired(effects);
    pump(effects);
    look_for_places(effects);
    expire_gangs(effects);
    check_gang_slots(effects);
    check_cpus(effects);
    pump(effects);
    look_for_slow_tasks();
    offer(effects);
    allocate(effects);
    replicate(effects);
    move_outputs(effects);
    settle_retirements();
    for (Happening& what : progress_.take_happenings()) {
        effects.push_back(Happened{std::move(what)});
    }
}

TimePoint Driver::next_deadline() const {
    if (exclusion_changed_ && config_.exclusion.enabled) {
        return now_;
    }
    TimePoint deadline = std::min({expiry_check_, speculate_at_, exclusion_.next_expiry(),
                                   placeless_until_, slots_check_at_, retirement_deadline(),
                                   reaper_.next_deadline(), growth_deadline()});
    if (config_.allocation.enabled && !stopped_ && refused_.empty()) {
        deadline = std::min({deadline, allocation_.next_round(), idle_check_});
    }
    for (const rdd::StageId id : gangs_) {
        const Stage& stage = stages_.at(id);
        deadline = std::min(deadline, stage.gang ? stage.gang->deadline() : TimePoint::never());
    }
    if (resubmit_at_) {
        deadline = std::min(deadline, *resubmit_at_);
    }
    if (!free_.empty() && !gang_holds_) {
        for (const rdd::StageId id : running_) {
            const Stage& stage = stages_.at(id);
            deadline =
                std::min(deadline, stage.barrier ? TimePoint::never() : stage.tasks->next_level());
        }
    }
    return deadline;
}

void Driver::on(const ExecutorSaid& event, Effects& effects) {
    Executor* executor = executors_.find(event.executor);
    if (executor == nullptr) {
        ++stale_;  // from one that was given up
        return;
    }
    executor->heard = now_;
    if (const auto* done = std::get_if<rdd::TaskDone>(&event.message)) {
        on_done(*executor, done->result, effects);
    } else if (const auto* dropped = std::get_if<rdd::RddDropped>(&event.message)) {
        rdd_dropped(*dropped, event.executor, effects);
    } else if (const auto* kept = std::get_if<rdd::BroadcastKept>(&event.message)) {
        broadcast_kept(*kept, event.executor, effects);
    } else if (const auto* beat = std::get_if<rdd::ExecutorHeartbeat>(&event.message)) {
        for (const rdd::BlockUpdate& update : beat->blocks) {
            block_reported(event.executor, update);
        }
        progress_.heartbeat(event.executor, *beat);
    } else if (const auto* request = std::get_if<rdd::BarrierRequest>(&event.message)) {
        barrier_asked(event.executor, *request, effects);
    } else if (const auto* replica = std::get_if<rdd::ReplicaAnswer>(&event.message)) {
        if (replication_.answered(*replica, event.executor)) {
            block_reported(event.executor, replica->block);
        }
    } else if (const auto* piece = std::get_if<rdd::ResultPiece>(&event.message)) {
        result_piece(event.executor, *piece, effects);
    } else if (const auto* output = std::get_if<rdd::MapOutputKept>(&event.message)) {
        output_kept(*output, event.executor);
    }
}

void Driver::on(const Tick&, Effects&) {}

void Driver::on(const ListenersChanged& event, Effects&) {
    progress_.listen(event.listening);
}

void Driver::on(const AccumulatorsMerged& event, Effects&) {
    progress_.accumulated({event.stage, event.stage_attempt}, event.task, event.totals);
}

void Driver::on(const Stopped& event, Effects& effects) {
    stopped_ = true;
    while (!jobs_.empty()) {
        end_job(jobs_.begin()->first, JobError{ErrorCode::Cancelled, event.reason, {}, -1, {}},
                effects);
    }
    for (const auto& [id, executor] : executors_.all()) {
        effects.push_back(Send{id, rdd::ExecutorStop{}});
    }
    for (const auto& [rdd, waiting_for] : unpersisting_) {
        effects.push_back(ConfirmUnpersist{rdd});
    }
    unpersisting_.clear();
    if (wanted_ > 0) {
        wanted_ = 0;
        effects.push_back(WantExecutors{0});
    }
}

std::vector<RddView> Driver::storage() const {
    std::vector<RddView> views;
    for (const auto& [id, partitions] : blocks_.rdds()) {
        RddView view;
        view.rdd = id;
        const auto it = persisted_.find(id);
        if (it != persisted_.end()) {
            view.name = it->second.name;
            view.partitions = it->second.partitions;
            view.level = rdd::describe(it->second.level);
        }
        view.cached = static_cast<std::int32_t>(partitions.size());
        std::map<rdd::ExecutorId, RddHolderView> by_executor;
        for (const auto& [partition, holders] : partitions) {
            RddPartitionView at{partition, 0, 0, {}};
            for (const auto& [executor, holding] : holders) {
                at.memory += holding.memory;
                at.disk += holding.disk;
                at.executors.push_back(executor);
                RddHolderView& holder = by_executor[executor];
                holder.executor = executor;
                holder.memory += holding.memory;
                holder.disk += holding.disk;
            }
            view.memory += at.memory;
            view.disk += at.disk;
            view.partition_views.push_back(std::move(at));
        }
        for (const auto& entry : by_executor) {
            view.holders.push_back(entry.second);
        }
        views.push_back(std::move(view));
    }
    return views;
}

void Driver::check() const {
    executors_.check();
    outputs_.check();
    blocks_.check();
    replication_.check(executors_);
    moves_.check(executors_);
    reaper_.check();
    check_retirements();
    std::map<rdd::ExecutorId, std::int32_t> sending;
    for (const auto& [id, fetching] : fetching_) {
        CHECK(executors_.find(fetching.task.executor) != nullptr);
        CHECK(stages_.all().contains(fetching.task.stage));
        ++sending[fetching.task.executor];
    }
    std::size_t running = 0;
    for (const auto& [id, executor] : executors_.all()) {
        running += executor.running.size();
        CHECK(executor.sending == (sending.contains(id) ? sending.at(id) : 0));
        std::int32_t used = 0;
        CHECK((executor.free_slots() > 0) == (free_.count(id) == 1));
        for (const rdd::TaskId task : executor.running) {
            CHECK(tasks_.at(task.value).executor == id);
            used += tasks_.at(task.value).slots;
        }
        CHECK(used == executor.used);
    }
    CHECK(running == tasks_.size());
    for (const auto& [id, stage] : stages_.all()) {
        CHECK((stage.state == StageState::Running) == (running_.count(id) == 1));
        CHECK(stage.state != StageState::Running || stage.tasks.has_value());
        CHECK(stage.gang.has_value() == (stage.barrier && stage.state == StageState::Running));
        CHECK((gangs_.count(id) == 1) == (stage.barrier && !stage.jobs.empty()));
        CHECK(stage.state == StageState::Idle || !stage.jobs.empty());
        if (stage.tasks) {
            stage.tasks->check();
        }
        for (const rdd::JobId job : stage.jobs) {
            CHECK(jobs_.at(job).stages.count(id) == 1);
        }
    }
    for (const auto& [id, job] : jobs_) {
        CHECK(!job.missing.empty());
        CHECK(stages_.at(job.result_stage).state != StageState::Idle);
    }
    CHECK(to_submit_.empty());
}

}  // namespace heddle::driver
