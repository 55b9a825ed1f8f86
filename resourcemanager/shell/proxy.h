#pragma once

// Passes one GET on to another daemon and its answer back, piece by piece: to addresses that the
// manager itself assigned, without following redirects, one connection each.

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

/// Answers with what the other side says, or with Unavailable or Timeout naming it.
void pass_on(net::EventLoop& loop, ProxyRequest request, net::Responder responder);

}  // namespace heddle::rm
