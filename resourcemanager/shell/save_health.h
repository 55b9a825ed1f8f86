#pragma once

// Whether what the manager decides reaches the disk: said by /readyz, and in the log once, not for
// every request that fails of it.

#include <mutex>
#include <optional>
#include <string>

#include "common/base/time.h"

namespace heddle::rm {

class SaveHealth {
public:
    /// A batch is on disk, or not and why. True: the log is to hear of it.
    bool note(const std::optional<std::string>& failure, TimePoint now);

    /// Why the last batch did not reach the disk; nothing when it did.
    std::optional<std::string> trouble() const;

    /// True, at most once a second while there is trouble: time to try whether it has gone, for
    /// nobody else may write.
    bool look_again(TimePoint now);

private:
    mutable std::mutex mutex_;  // the store's thread notes, the loop's asks
    std::optional<std::string> trouble_;
    TimePoint said_;
    TimePoint looked_;
};

}  // namespace heddle::rm
