#pragma once

// The door of the REST port: Host, Origin, credential, route and body checks, in this order and in
// one place, before any handler sees a request.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/net/http_server.h"
#include "resourcemanager/shell/access.h"
#include "resourcemanager/shell/artifact_store.h"
#include "resourcemanager/shell/auth.h"
#include "resourcemanager/shell/metrics.h"
#include "resourcemanager/shell/router.h"
#include "resourcemanager/shell/token_book.h"

namespace heddle::rm {

class Front final : public net::HttpHandler {
public:
    struct Parts {
        Router& router;
        Authenticator& auth;
        TokenBook& tokens;
        ArtifactStore& artifacts;
        Metrics& metrics;
        const AccessPolicy& access;
        std::vector<std::string> host_names;
        std::function<void(net::HttpRequest head, net::WebSocketPtr socket)> on_master_socket;
    };

    explicit Front(Parts parts) : parts_(std::move(parts)) {}

    net::Admission admit(const net::HttpRequest& head) override;
    void handle(net::HttpRequest request, net::Responder responder) override;
    void on_web_socket(net::HttpRequest head, net::WebSocketPtr socket) override;

private:
    net::Admission decide(const net::HttpRequest& head);

    Parts parts_;
};

}  // namespace heddle::rm
