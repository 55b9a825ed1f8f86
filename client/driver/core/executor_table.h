#pragma once

// The executors that can be given tasks: their slots, what they run and what they have been told.

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/base/time.h"
#include "common/rdd/executor_protocol.h"
#include "common/rdd/ids.h"

namespace heddle::driver {

/// A task that has an executor to itself.
struct LoneTask {
    rdd::StageId stage;
    std::int32_t stage_attempt = 0;
    std::size_t index = 0;
};

/// More memory, for the task that an executor is kept for.
enum class Growth : std::uint8_t { None, Asked, Answered };

struct Executor {
    rdd::ExecutorId id;
    std::string host;
    std::string rack;
    std::string container;  // empty: none
    std::string address;
    std::int32_t port = 0;
    std::int32_t slots = 0;
    std::set<rdd::TaskId> running;  // sent and not answered; more than `slots` when sent ahead
    std::int32_t used = 0;          // slots of what is running
    std::set<rdd::StageId> stages;  // whose plan it has
    std::map<rdd::ShuffleId, std::int64_t> map_outputs;  // the version of the table it has
    TimePoint heard;
    TimePoint idle_since;              // while nothing runs on it
    std::optional<LoneTask> kept_for;  // waits for what runs here, or runs: nothing else starts
    bool in_process = false;
    bool useful = false;      // has finished a task
    bool leaving = false;     // gets no new tasks; its end is nobody's failure
    bool retiring = false;    // leaving, and what it holds is to be elsewhere: retirement.h
    bool excluded = false;    // gets no new tasks for some time: exclusion.h
    std::int64_t memory = 0;  // bytes, for execution and storage
    Growth growth = Growth::None;
    TimePoint growth_until;    // Asked: no answer is waited for longer
    std::int32_t sending = 0;  // results of its tasks that are fetched

    bool idle() const { return running.empty() && sending == 0; }
    std::int32_t free_slots() const {
        return leaving || excluded || kept_for || used >= slots ? 0 : slots - used;
    }
};

class ExecutorTable {
public:
    Executor& add(Executor executor);
    void remove(rdd::ExecutorId id);
    /// Null: not (or no longer) one of ours.
    Executor* find(rdd::ExecutorId id);
    const Executor* find(rdd::ExecutorId id) const;

    bool has_host(const std::string& host) const { return hosts_.count(host) != 0; }
    bool has_rack(const std::string& rack) const { return racks_.count(rack) != 0; }
    /// Of hosts that have or had an executor. Empty: not known.
    std::string rack_of(const std::string& host) const;

    const std::map<rdd::ExecutorId, Executor>& all() const { return executors_; }
    std::map<rdd::ExecutorId, Executor>& all() { return executors_; }
    std::int32_t slots() const { return slots_; }
    /// How many tasks of so many slots each they have room for.
    std::int64_t tasks_of(std::int32_t cpus) const;

    void check() const;

private:
    std::map<rdd::ExecutorId, Executor> executors_;
    std::map<std::string, std::set<rdd::ExecutorId>> hosts_;
    std::map<std::string, std::set<rdd::ExecutorId>> racks_;
    std::map<std::string, std::string> rack_by_host_;
    std::int32_t slots_ = 0;
};

}  // namespace heddle::driver
