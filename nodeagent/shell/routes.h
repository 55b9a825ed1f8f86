#pragma once

// The agent's REST: a table of routes, everything else refused. All of it reads; all of it but the
// two probes needs the cluster's token. Browsers are not served (no request with an Origin).

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/net/event_loop.h"
#include "common/net/http_server.h"
#include "nodeagent/core/node_agent.h"
#include "nodeagent/shell/node_json.h"
#include "nodeagent/shell/node_paths.h"

namespace heddle::node {

class Routes : public net::HttpHandler {
public:
    struct Parts {
        net::EventLoop& loop;
        NodePaths paths;
        const NodeFacts& facts;
        std::string token;
        std::vector<std::string> host_names;
        bool anonymous_read = false;
    };
    enum class Access { Public, Token };
    struct Route {
        std::string_view pattern;  // "/ws/v1/node/apps/*"; '*' stands for one segment
        Access access = Access::Token;
        void (Routes::*handle)(const net::HttpRequest&, net::Responder) = nullptr;
    };

    explicit Routes(Parts parts) : parts_(std::move(parts)) {}

    /// Requires: before the first request is taken, which is before the loop runs.
    void show(const NodeAgent& agent) { agent_ = &agent; }

    net::Admission admit(const net::HttpRequest& head) override;
    void handle(net::HttpRequest request, net::Responder responder) override;

    /// For tests that walk all of them.
    static std::span<const Route> table();

private:
    net::Admission decide(const net::HttpRequest& head) const;
    bool authenticated(const net::HttpRequest& head) const;
    const Container* find_container(std::string_view id) const;
    void send_log(const net::HttpRequest& request, net::Responder responder,
                  std::string_view container, const std::string& file);

    void info(const net::HttpRequest& request, net::Responder responder);
    void apps(const net::HttpRequest& request, net::Responder responder);
    void app(const net::HttpRequest& request, net::Responder responder);
    void containers(const net::HttpRequest& request, net::Responder responder);
    void container(const net::HttpRequest& request, net::Responder responder);
    void logs(const net::HttpRequest& request, net::Responder responder);
    void container_log(const net::HttpRequest& request, net::Responder responder);
    void log_by_short_path(const net::HttpRequest& request, net::Responder responder);
    void metrics(const net::HttpRequest& request, net::Responder responder);
    void health(const net::HttpRequest& request, net::Responder responder);
    void readiness(const net::HttpRequest& request, net::Responder responder);

    Parts parts_;
    const NodeAgent* agent_ = nullptr;
};

}  // namespace heddle::node
