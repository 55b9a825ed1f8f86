#pragma once

// The books of an executor: which tasks wait for a slot and which are started, the plans of stages
// and the whereabouts of map output. Single-threaded, deterministic, free of I/O; it decides in
// what order tasks start and answers every launch exactly once.

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <set>

#include "common/base/time.h"
#include "executor/core/effect.h"
#include "executor/core/event.h"

namespace heddle::executor {

class Executor {
public:
    /// `ahead`: tasks that are started beyond the slots. They wait at the task threads, so that a
    /// thread goes on with the next one without a word to us; the driver sends more than there are
    /// slots only while tasks are tiny.
    explicit Executor(std::int32_t slots, std::int32_t ahead = 0) : limit_(slots + ahead) {}

    void step(const Event& event, Effects& effects);

    rdd::ExecutorId id() const { return id_; }
    Duration heartbeat_interval() const { return heartbeat_interval_; }
    std::size_t running() const { return running_.size(); }
    std::size_t waiting() const { return waiting_.size(); }

    void check() const;

private:
    void on(const DriverSaid& event, Effects& effects);
    void on(const TaskEnded& event, Effects& effects);

    void hear(const rdd::ExecutorWelcome& message, Effects& effects);
    void hear(const rdd::ExecutorRefused& message, Effects& effects);
    void hear(const rdd::PeerJoined& message, Effects& effects);
    void hear(const rdd::PeerLost& message, Effects& effects);
    void hear(const rdd::StageBegin& message, Effects& effects);
    void hear(const rdd::StageEnd& message, Effects& effects);
    void hear(const rdd::MapOutputsKnown& message, Effects& effects);
    void hear(const rdd::TaskLaunch& message, Effects& effects);
    void hear(const rdd::TaskCancel& message, Effects& effects);
    void hear(const rdd::DropRdd& message, Effects& effects);
    void hear(const rdd::DropShuffle& message, Effects& effects);
    void hear(const rdd::BroadcastHeld& message, Effects& effects);
    void hear(const rdd::DropBroadcast& message, Effects& effects);
    void hear(const rdd::ExecutorStop& message, Effects& effects);
    void hear(const rdd::KeepReplica& message, Effects& effects);
    void hear(const rdd::KeepMapOutput& message, Effects& effects);
    void hear(const rdd::BarrierAnswer& message, Effects& effects);
    void hear(const rdd::TaskAbandon& message, Effects& effects);
    void hear(const rdd::ResultWanted& message, Effects& effects);
    void hear(const rdd::ResultDropped& message, Effects& effects);
    void hear(const rdd::MemoryGrown& message, Effects& effects);

    void fill_slots(Effects& effects);
    void refuse(rdd::TaskId task, rdd::FailureKind kind, const char* why, Effects& effects);

    std::int32_t limit_ = 0;  // of what is started and has not ended
    rdd::ExecutorId id_;
    Duration heartbeat_interval_;
    std::map<rdd::StageId, std::shared_ptr<const rdd::StagePlan>> stages_;
    ShuffleTables tables_;
    std::deque<rdd::TaskLaunch> waiting_;
    std::set<rdd::TaskId> running_;
    std::set<rdd::TaskId> stopping_;  // running, and told to end
};

}  // namespace heddle::executor
