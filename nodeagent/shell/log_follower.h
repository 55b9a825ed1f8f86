#pragma once

// Sends a log file while it grows, until its container has ended and all of it is sent.

#include <functional>
#include <memory>
#include <string>

#include "common/net/event_loop.h"
#include "common/net/http_server.h"
#include "nodeagent/shell/log_files.h"

namespace heddle::node {

struct Follow {
    std::function<Result<OpenLog>()> reopen;  // the file of that name now
    std::function<bool()> ended;              // nothing more will be written
    std::uint64_t offset = 0;
};

/// Takes care of itself from here on. When the file starts anew (rotation), what is left of the old
/// one is sent first.
void follow_log(net::EventLoop& loop, net::ResponseStreamPtr stream, OpenLog log, Follow follow);

}  // namespace heddle::node
