#pragma once

// A log of what the manager decides, for a time that an operator asks for: a line per container
// that is started or stopped, per grant, end and refusal that a master hears of, and per answer to
// a client. Off, it costs one look per step.

#include <atomic>
#include <mutex>
#include <optional>
#include <string>

#include "common/base/result.h"
#include "common/base/scratch_file.h"
#include "common/base/time.h"
#include "resourcemanager/core/effect.h"

namespace heddle::rm {

class SchedulerLog {
public:
    /// `folder` is made when it is needed.
    explicit SchedulerLog(std::string folder) : folder_(std::move(folder)) {}

    /// Where its files are, made or not.
    const std::string& folder() const { return folder_; }

    /// Begins a file; its path. Errors: Conflict while one is being written, Internal. Any thread.
    Result<std::string> open(WallTime now, Duration period);

    // On the core thread.
    bool active() const { return active_.load(std::memory_order_relaxed); }
    /// Before they are carried out, which moves them away.
    void note(WallTime now, const Effects& effects);
    /// Writes what was gathered, and ends when time or room is over.
    void end_turn(WallTime now);

    static constexpr std::size_t kBytesMax = 64U << 20U;
    static constexpr Duration kPeriodMax = seconds(3600);

private:
    std::string folder_;
    std::atomic<bool> active_{false};
    std::mutex mutex_;  // guards what follows
    std::optional<GrowingFile> file_;
    WallTime until_;
    std::string gathered_;  // lines of this turn
};

/// The lines of one effect, each with a trailing newline; most effects have none.
std::string decision_lines(WallTime now, const Effect& effect);

}  // namespace heddle::rm
