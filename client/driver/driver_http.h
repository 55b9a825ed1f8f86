#pragma once

// The driver's own HTTP: what its jobs do, for the resource manager's pages and for people. Every
// request shows the token; answers are composed on the core thread, where the books are.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "client/driver/rest_json.h"
#include "common/base/result.h"
#include "common/net/event_loop.h"
#include "common/net/http_server.h"

namespace heddle::driver {

class DriverHttp {
public:
    /// Runs a function on the core thread, or not at all when that has ended.
    using Inspect = std::function<void(std::function<void(const Driver&)>)>;

    DriverHttp(net::EventLoop& loop, std::string token, RestApplication application,
               Inspect inspect);
    ~DriverHttp();

    /// An ephemeral port.
    Result<std::uint16_t> listen(const std::string& address);

private:
    class Handler;
    std::shared_ptr<Handler> handler_;  // shared with connections that end a little later
    net::HttpServer server_;
};

}  // namespace heddle::driver
