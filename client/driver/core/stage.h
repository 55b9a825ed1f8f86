#pragma once

// Stages: the parts of jobs that run without exchanging records. A stage either writes the map
// output of one shuffle, and then belongs to every job that reads it, or computes the results of
// one job.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "client/driver/core/gang.h"
#include "client/driver/core/task_set.h"
#include "common/base/time.h"
#include "common/rdd/ids.h"
#include "common/rdd/plan.h"

namespace heddle::driver {

enum class StageState : std::uint8_t {
    Idle,     // nothing to do: not asked for, or all its output is there
    Waiting,  // for parents
    Running,
    Failed,  // its input was lost; resubmitted when the grace time is over
};

struct Stage {
    rdd::StageId id;
    rdd::StagePlan::Output output = rdd::StagePlan::Output::Result;
    rdd::Dependency shuffle;  // ShuffleMap: the dependency it writes for
    rdd::RddId root;
    std::shared_ptr<const rdd::Plan> plan;             // shared with the jobs
    std::shared_ptr<const rdd::StagePlan> stage_plan;  // shared with messages to executors
    std::string name;                                  // "reduce_by_key at main.cpp:42"
    std::vector<rdd::StageId> parents;
    std::set<rdd::StageId> children;  // shuffle stages that read it; result stages come and go
    std::set<rdd::JobId> jobs;
    rdd::Determinism determinism = rdd::Determinism::Determinate;

    StageState state = StageState::Idle;
    std::int32_t attempts = 0;
    std::int32_t fetch_failures = 0;  // consecutive attempts that ended so
    std::optional<TaskSet> tasks;     // of the attempt under way
    bool barrier = false;             // all its tasks run at the same time
    std::int32_t task_cpus = 1;       // slots that each of them takes
    std::optional<Gang> gang;         // barrier: of the attempt under way
    std::int32_t gang_failures = 0;   // barrier: consecutive attempts that failed
    std::int32_t slots_checks = 0;    // barrier: that found too few
    std::optional<TimePoint> slots_check_at;
    bool published = false;                // its output was complete: others may have read it
    bool crashed = false;                  // executors ended under its tasks: nothing is sent ahead
    std::vector<rdd::ShuffleId> inputs;    // of the attempt under way
    std::optional<std::size_t> placeless;  // a task that may run nowhere,
    std::optional<TimePoint> placeless_until;  // and when its wait is given up
    // An executor made way for such a task. If that costs the stage its input, failures count on:
    // the task that fails everywhere would begin anew for ever.
    bool made_way = false;
    bool told_large = false;           // that its tasks carry much
    std::set<rdd::Partition> counted;  // ShuffleMap: whose accumulators have been merged

    /// Whether running a task twice at once gives the same records.
    bool repeatable() const;
    bool is_shuffle() const { return output == rdd::StagePlan::Output::ShuffleMap; }
    /// "stage 3.1"
    std::string title() const {
        return "stage " + std::to_string(id.value) + "." + std::to_string(attempts - 1);
    }
};

class StageTable {
public:
    Stage& add(Stage stage);
    void remove(rdd::StageId id);
    void set_parents(Stage& stage, std::vector<rdd::StageId> parents);
    Stage& at(rdd::StageId id) { return stages_.at(id); }
    const Stage& at(rdd::StageId id) const { return stages_.at(id); }
    /// Null: no such stage (any more).
    Stage* find(rdd::StageId id);
    /// The stage that writes a shuffle.
    Stage* find(rdd::ShuffleId shuffle);

    std::map<rdd::StageId, Stage>& all() { return stages_; }
    const std::map<rdd::StageId, Stage>& all() const { return stages_; }

    /// All stages below `id` that read it, directly or not, in the order of ids.
    std::vector<rdd::StageId> descendants(rdd::StageId id) const;

private:
    std::map<rdd::StageId, Stage> stages_;
    std::map<rdd::ShuffleId, rdd::StageId> by_shuffle_;
    std::int32_t next_ = 0;
};

/// What a second run of the stage that writes `dependency` would give, for those who read it:
/// records dealt out by position go elsewhere when their order changes.
rdd::Determinism map_output_determinism(const rdd::Plan& plan, const rdd::Dependency& dependency);

/// RDDs of `plan` whose records come, directly or not, through one of `shuffles`.
std::vector<const rdd::RddNode*> readers(const rdd::Plan& plan,
                                         const std::set<rdd::ShuffleId>& shuffles);

}  // namespace heddle::driver
