#pragma once

// The tasks of one attempt of a barrier stage: launched together, done together. Each may wait
// until all others have come as far; what they answer counts only when the last of them is done,
// so that an attempt that fails leaves nothing behind.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "client/driver/core/running_task.h"
#include "common/base/time.h"
#include "common/rdd/barrier.h"
#include "common/rdd/executor_protocol.h"
#include "common/rdd/task.h"

namespace heddle::driver {

struct BarrierRules {
    Duration sync_timeout = seconds(365LL * 24 * 3600);
    Duration slots_check = seconds(15);  // between looks whether there are slots enough,
    std::int32_t slots_checks_max = 40;  // and so many fail a job
};

class Gang {
public:
    /// `title`: of the attempt, for messages.
    Gang(std::string title, std::size_t size, Duration patience)
        : title_(std::move(title)), patience_(patience), members_(size) {}

    /// A member is under way. Members are numbered as the tasks of the attempt.
    void seated(std::size_t index, const RunningTask& task, rdd::TaskId id);

    // What to tell members that waited.
    struct Word {
        rdd::ExecutorId executor;
        rdd::BarrierAnswer answer;
    };
    /// A member wants to wait for all others. Repeated requests count once.
    std::vector<Word> wait(TimePoint now, std::size_t index, const rdd::BarrierRequest& request);
    /// A member is done; whoever waits for it waits in vain.
    std::vector<Word> done(std::size_t index, rdd::TaskResult result);
    /// The patience is over.
    std::vector<Word> expire(TimePoint now);
    /// When expire() has something to say.
    TimePoint deadline() const { return deadline_; }

    /// Results of members, in the order of their numbers. Requires that all are done.
    std::vector<std::pair<RunningTask, rdd::TaskResult>> take_results();
    /// Map output that only counts when all are done lies there.
    bool rests_on(rdd::ExecutorId executor) const;

private:
    struct Member {
        RunningTask task;
        rdd::TaskId id;
        std::int32_t epoch = 0;  // in which it waits
        bool seated = false;
        std::optional<rdd::Bytes> said;  // waits
        std::optional<rdd::TaskResult> result;
    };
    std::vector<Word> answer(const rdd::BarrierMessages& messages, const std::string& error);
    std::vector<Word> give_up(std::string why);
    std::string partitions_without(bool waiting) const;

    std::string title_;
    Duration patience_;
    std::vector<Member> members_;
    std::int32_t epoch_ = 0;    // how often all have waited
    bool gather_ = false;       // what those that wait do
    std::size_t gathered_ = 0;  // bytes, of those that wait
    std::size_t waiting_ = 0;
    std::size_t done_ = 0;
    TimePoint deadline_ = TimePoint::never();
    std::string broken_;  // why nobody can wait any more; empty: they can
};

}  // namespace heddle::driver
