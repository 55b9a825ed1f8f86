#pragma once

// rmctl app move, update-priority, update-lifetime; container signal; attempt fail: what is changed
// of applications that live.

#include <string>

#include "client/rmctl/options.h"
#include "common/base/result.h"

namespace heddle::rmctl {

Result<int> app_move(const Options& options, const std::string& id, const std::string& queue);
Result<int> app_update_priority(const Options& options, const std::string& id, int priority);
/// `lifetime` from now on, for example "30m"; "none": it may go on.
Result<int> app_update_lifetime(const Options& options, const std::string& id,
                                const std::string& lifetime);
/// `command` as in YARN: OUTPUT_THREAD_DUMP, GRACEFUL_SHUTDOWN, FORCEFUL_SHUTDOWN.
Result<int> container_signal(const Options& options, const std::string& container,
                             const std::string& command);
Result<int> attempt_fail(const Options& options, const std::string& attempt);

}  // namespace heddle::rmctl
