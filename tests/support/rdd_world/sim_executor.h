#pragma once

// An executor in simulation: the real books, the real stores and the real task bodies, which run
// inline when their time has passed. Its blocks die with it. What other executors hold is read
// through `Peers`, as the network shows it.

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/base/prng.h"
#include "common/blocks/accountant.h"
#include "common/blocks/store.h"
#include "common/fs/file_system.h"
#include "common/rdd/executor_protocol.h"
#include "common/sim/timeline.h"
#include "executor/core/executor.h"
#include "executor/task/broadcasts.h"

namespace heddle::test {

class SimExecutor;

/// The other executors of one driver.
class Peers {
public:
    virtual ~Peers() = default;
    /// Null: it is gone.
    virtual SimExecutor* find(rdd::ExecutorId id) = 0;
    /// False only where a defect is planted: that reading a block takes its records out.
    virtual bool may_read(rdd::ExecutorId holder, const rdd::BlockId& block) = 0;
    virtual void fetch_failed() = 0;
    /// Of the driver's program: null, it has it no more.
    virtual blocks::BlockPtr broadcast(const rdd::BlockId& id) = 0;
    /// A chunk of one came from another executor.
    virtual void chunk_from_peer() {}
    /// A cached partition came from another executor.
    virtual void cached_from_peer() {}
};

class SimExecutor : public std::enable_shared_from_this<SimExecutor> {
public:
    // What is around it; all of it outlives the run.
    struct Surroundings {
        sim::Timeline& timeline;
        Prng& prng;
        Peers& peers;
        fs::FileSystem& files;
        std::function<void(const std::string&)> note;
        std::function<void(rdd::FromExecutor)> tell;  // its driver, in this order
        std::function<void(bool refused)> quit;       // its driver wants no more of it
    };

    SimExecutor(Surroundings surroundings, std::int32_t slots);

    /// The number the driver gives it; before anything is heard.
    void set_id(rdd::ExecutorId id) { id_ = id; }
    rdd::ExecutorId id() const { return id_; }
    std::int32_t slots() const { return slots_; }
    bool alive() const { return alive_; }
    void die() { alive_ = false; }
    /// How many times slower than others its tasks run.
    void set_slowness(std::int64_t times) { slowness_ = times; }
    /// Whether all its tasks fail.
    void set_broken(bool broken) { broken_ = broken; }
    int broken_runs() const { return broken_runs_; }
    /// Whether memory is too small for some partitions' tasks beside others.
    void set_hungry(bool hungry) { hungry_ = hungry; }
    /// And also alone, until it has grown.
    void set_starving(bool starving) { starving_ = starving; }
    bool grown() const { return grown_; }
    int hungry_runs() const { return hungry_runs_; }
    /// Whether some tasks do not end when they are told to.
    void set_deaf(bool deaf) { deaf_ = deaf; }
    int deaf_runs() const { return deaf_runs_; }
    /// Whether results wait until the driver asks for them; some are lost.
    void set_parks(bool parks) { parks_ = parks; }
    int parked() const { return parked_runs_; }
    /// How often a task heard that all others had come.
    int barriers() const { return barriers_; }

    /// A message of the driver arrives.
    void hear(const rdd::ToExecutor& message);
    rdd::ExecutorHeartbeat heartbeat();
    /// The output of one map task is gone though the executor lives. False: it has none.
    bool lose_map_output();

    executor::BroadcastDesk& broadcasts() { return desk_; }
    void broadcast_kept(rdd::BroadcastId id, std::int64_t chunk) {
        around_.tell(rdd::BroadcastKept{id, chunk});
    }
    blocks::BlockStore& cached() { return cached_; }
    blocks::ShuffleStore& map_output() { return map_output_; }

private:
    void step(const executor::Event& event);
    void keep_replica(const rdd::KeepReplica& order);
    void keep_map_output(const rdd::KeepMapOutput& order);
    void leave_behind(rdd::TaskId task);
    void send_piece(const rdd::ResultWanted& wanted);
    void start(executor::StartTask start);
    void go_on(rdd::TaskId task);
    void run(rdd::TaskId task);

    Surroundings around_;
    std::int32_t slots_;
    rdd::ExecutorId id_;
    bool alive_ = true;
    std::int64_t slowness_ = 1;
    bool broken_ = false;
    int broken_runs_ = 0;
    bool hungry_ = false;
    bool starving_ = false;
    bool grown_ = false;
    int hungry_runs_ = 0;
    bool deaf_ = false;
    int deaf_runs_ = 0;
    bool parks_ = false;
    int parked_runs_ = 0;
    std::map<rdd::TaskId, rdd::Bytes> results_;  // that wait
    executor::Executor books_;
    blocks::Accountant accountant_;
    blocks::BlockStore cached_;
    blocks::ShuffleStore map_output_;
    executor::BroadcastDesk desk_;
    // A task that has not ended. One of a barrier stage cannot sleep inside of its body here: where
    // it has to wait, the body is left, and runs again from the start when the answer is there.
    struct Begun {
        executor::StartTask start;
        std::atomic<bool> cancelled{false};
        bool waits = false;  // for an answer
        bool deaf = false;   // does not end by itself
        std::vector<rdd::BarrierAnswer> answers;
        std::vector<rdd::BlockUpdate> blocks;  // of runs that were left
    };
    std::map<rdd::TaskId, std::unique_ptr<Begun>> begun_;
    int barriers_ = 0;
    std::vector<std::pair<rdd::ShuffleId, rdd::TaskId>> outputs_;
};

}  // namespace heddle::test
