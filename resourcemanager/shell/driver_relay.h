#pragma once

// Where a running application's driver answers, and its stream of job events.

#include <functional>
#include <memory>
#include <string>

#include "common/base/result.h"
#include "common/net/event_loop.h"
#include "common/net/http_client.h"
#include "common/net/server_events.h"
#include "resourcemanager/core/views.h"
#include "resourcemanager/shell/token_book.h"
#include "resourcemanager/shell/view_board.h"

namespace heddle::rm {

struct DriverAddress {
    net::Endpoint endpoint;
    std::string token;  // the attempt's
};

/// The HTTP of the application's current driver: on the node where the manager itself placed its
/// master, or on this machine for one that runs outside the cluster; never where the driver says.
/// Errors: NotFound when it has none now.
Result<DriverAddress> driver_of(const View& view, const ApplicationView& app,
                                const TokenBook& tokens);

class DriverRelay {
public:
    using OnEvent = std::function<void(const net::ServerEvent&)>;

    /// Connects at once and again after losses, until destroyed; an event named `resync` says that
    /// some may have been missed. On the loop thread.
    DriverRelay(net::EventLoop& loop, const ViewBoard& board, const TokenBook& tokens,
                ApplicationId app, OnEvent on_event);
    ~DriverRelay();
    DriverRelay(const DriverRelay&) = delete;
    DriverRelay& operator=(const DriverRelay&) = delete;

private:
    void connect();
    void retry();

    net::EventLoop& loop_;
    const ViewBoard& board_;
    const TokenBook& tokens_;
    ApplicationId app_;
    OnEvent on_event_;
    bool again_ = false;  // this is not the first connection
    net::HttpExchangePtr exchange_;
    net::EventLoop::TimerId timer_ = 0;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // held weakly by callbacks
};

}  // namespace heddle::rm
