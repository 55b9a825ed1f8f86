#pragma once

// One GET over a real socket, with the time of its first byte and of its last one.

#include <cstddef>
#include <string>

#include "common/base/time.h"
#include "common/net/event_loop.h"
#include "tests/bench/load/manager_process.h"

namespace heddle::bench {

struct Listing {
    std::size_t bytes = 0;
    Duration first{};  // from the request to the first byte of the body
    Duration all{};
};

/// Asks for `target` on a connection of its own and waits; ends the program if it does not come.
Listing fetch_listing(net::EventLoop& loop, const ManagerProcess& manager,
                      const std::string& target);

}  // namespace heddle::bench
