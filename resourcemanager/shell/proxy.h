#pragma once

// Passes one GET on to another daemon and its answer back, piece by piece: to addresses that the
// manager itself assigned, without following redirects, one connection each.

#include <functional>
#include <string>
#include <vector>

#include "common/base/time.h"
#include "common/net/event_loop.h"
#include "common/net/http_client.h"
#include "common/net/http_server.h"

namespace heddle::rm {

struct ProxyRequest {
    net::Endpoint server;
    std::string target;
    std::string token;              // sent as Bearer
    Duration deadline;              // zero: a stream, which may take as long as it likes
    std::string what;               // for messages: "the node agent node-1"
    std::vector<std::string> keep;  // header fields of the answer that are passed on
};

/// `on_missing`, if given, is called instead of answering when the other side says 404.
void pass_on(net::EventLoop& loop, ProxyRequest request, net::Responder responder,
             std::function<void(net::Responder)> on_missing = {});

}  // namespace heddle::rm
