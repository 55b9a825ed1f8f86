// Tasks in the order in which they came: as many as there are slots, and some ahead of them.
#include "executor/core/executor.h"

#include <algorithm>
#include <utility>

#include "common/base/check.h"

namespace heddle::executor {

void Executor::step(const Event& event, Effects& effects) {
    std::visit([&](const auto& e) { on(e, effects); }, event);
    fill_slots(effects);
}

void Executor::on(const DriverSaid& event, Effects& effects) {
    std::visit([&](const auto& message) { hear(message, effects); }, event.message);
}

void Executor::on(const TaskEnded& event, Effects& effects) {
    CHECK(running_.erase(event.result.task) == 1);
    stopping_.erase(event.result.task);
    effects.push_back(TellDriver{rdd::TaskDone{event.result}});
}

void Executor::hear(const rdd::ExecutorWelcome& message, Effects&) {
    id_ = message.executor;
    heartbeat_interval_ = message.heartbeat_interval;
}

void Executor::hear(const rdd::ExecutorRefused& message, Effects& effects) {
    effects.push_back(Quit{message.reason});
}

void Executor::hear(const rdd::PeerJoined& message, Effects& effects) {
    effects.push_back(MeetPeer{message});
}

void Executor::hear(const rdd::PeerLost& message, Effects& effects) {
    effects.push_back(LosePeer{message.executor});
}

void Executor::hear(const rdd::StageBegin& message, Effects&) {
    stages_[message.stage] = message.plan;
}

void Executor::hear(const rdd::StageEnd& message, Effects&) {
    stages_.erase(message.stage);
}

void Executor::hear(const rdd::MapOutputsKnown& message, Effects&) {
    if (message.table->version == 0) {
        tables_.erase(message.table->shuffle);
    } else {
        tables_[message.table->shuffle] = message.table;
    }
}

void Executor::hear(const rdd::TaskLaunch& message, Effects& effects) {
    const rdd::TaskId task = message.task.task;
    if (stages_.count(message.task.stage) == 0) {
        refuse(task, rdd::FailureKind::UnknownReason, "the stage of the task is not known here",
               effects);
        return;
    }
    waiting_.push_back(message);
}

void Executor::hear(const rdd::TaskCancel& message, Effects& effects) {
    if (running_.count(message.task) != 0) {
        if (stopping_.insert(message.task).second) {
            effects.push_back(StopTask{message.task});
        }
        return;
    }
    const auto it = std::find_if(
        waiting_.begin(), waiting_.end(),
        [&](const rdd::TaskLaunch& launch) { return launch.task.task == message.task; });
    if (it != waiting_.end()) {
        waiting_.erase(it);
        refuse(message.task, rdd::FailureKind::TaskKilled, "cancelled before it began", effects);
    }
}

void Executor::hear(const rdd::DropRdd& message, Effects& effects) {
    effects.push_back(ForgetRdd{message.rdd});
    effects.push_back(TellDriver{rdd::RddDropped{message.rdd, message.order}});
}

void Executor::hear(const rdd::DropShuffle& message, Effects& effects) {
    tables_.erase(message.shuffle);
    effects.push_back(ForgetShuffle{message.shuffle});
}

void Executor::hear(const rdd::BroadcastHeld& message, Effects& effects) {
    if (message.executor != id_) {
        effects.push_back(KnowHolder{message});
    }
}

void Executor::hear(const rdd::DropBroadcast& message, Effects& effects) {
    effects.push_back(ForgetBroadcast{message.broadcast});
}

void Executor::hear(const rdd::ExecutorStop&, Effects& effects) {
    effects.push_back(Quit{});
}

void Executor::hear(const rdd::KeepReplica& message, Effects& effects) {
    effects.push_back(FetchReplica{message});
}

void Executor::hear(const rdd::KeepMapOutput& message, Effects& effects) {
    effects.push_back(FetchMapOutput{message});
}

void Executor::hear(const rdd::BarrierAnswer& message, Effects& effects) {
    if (running_.contains(message.task)) {
        effects.push_back(PassBarrier{message});
    }
}

void Executor::hear(const rdd::TaskAbandon& message, Effects& effects) {
    if (stopping_.contains(message.task)) {
        effects.push_back(AbandonTask{message.task});
    }
}

void Executor::hear(const rdd::ResultWanted& message, Effects& effects) {
    effects.push_back(SendResult{message});
}

void Executor::hear(const rdd::ResultDropped& message, Effects& effects) {
    effects.push_back(ForgetResult{message.task});
}

void Executor::hear(const rdd::MemoryGrown& message, Effects& effects) {
    effects.push_back(GrowMemory{message.memory});
}

void Executor::fill_slots(Effects& effects) {
    while (!waiting_.empty() && std::cmp_less(running_.size(), limit_)) {
        StartTask start;
        start.launch = std::move(waiting_.front());
        waiting_.pop_front();
        const rdd::TaskId task = start.launch.task.task;
        const auto plan = stages_.find(start.launch.task.stage);
        if (plan == stages_.end()) {
            refuse(task, rdd::FailureKind::TaskKilled, "its stage has ended", effects);
            continue;
        }
        start.plan = plan->second;
        for (const rdd::RddNode& node : start.plan->nodes) {
            for (const rdd::Dependency& input : node.dependencies) {
                const auto table = input.kind == rdd::DependencyKind::Shuffle
                                       ? tables_.find(input.shuffle)
                                       : tables_.end();
                if (table != tables_.end()) {
                    start.tables.insert(*table);
                }
            }
        }
        CHECK(running_.insert(task).second);
        effects.push_back(std::move(start));
    }
}

void Executor::refuse(rdd::TaskId task, rdd::FailureKind kind, const char* why, Effects& effects) {
    rdd::TaskDone done;
    done.result.task = task;
    done.result.failure.emplace();
    done.result.failure->kind = kind;
    done.result.failure->message = why;
    effects.push_back(TellDriver{std::move(done)});
}

void Executor::check() const {
    CHECK(std::cmp_less_equal(running_.size(), limit_));
    for (const rdd::TaskId task : stopping_) {
        CHECK(running_.count(task) == 1);
    }
    CHECK(waiting_.empty() || std::cmp_equal(running_.size(), limit_));
}

}  // namespace heddle::executor
