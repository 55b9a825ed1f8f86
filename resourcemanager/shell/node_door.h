#pragma once

// The port of the node agents: one WebSocket per agent, opened with the cluster's token, and
// nothing else.

#include "common/net/http_server.h"
#include "resourcemanager/shell/auth.h"
#include "resourcemanager/shell/connections.h"

namespace heddle::rm {

class NodeDoor final : public net::HttpHandler {
public:
    NodeDoor(const Authenticator& auth, Connections& connections,
             std::vector<std::string> host_names)
        : auth_(auth), connections_(connections), host_names_(std::move(host_names)) {}

    net::Admission admit(const net::HttpRequest& head) override;
    void handle(net::HttpRequest request, net::Responder responder) override;
    void on_web_socket(net::HttpRequest head, net::WebSocketPtr socket) override;

private:
    const Authenticator& auth_;
    Connections& connections_;
    std::vector<std::string> host_names_;
};

}  // namespace heddle::rm
