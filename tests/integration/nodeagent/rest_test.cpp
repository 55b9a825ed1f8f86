// The agent's REST: shapes, log ranges, following, and what it refuses.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "common/net/http_client.h"
#include "nodeagent/shell/routes.h"
#include "tests/integration/nodeagent/fake_manager.h"

namespace heddle::node {

using namespace literals;

namespace {

class NodeRest : public ::testing::Test {
protected:
    void SetUp() override {
        const NodeRegister registration = manager.wait_registered();
        port = static_cast<std::uint16_t>(registration.info.http_port);
    }

    net::ClientResponse send(net::ClientRequest request) const {
        net::HttpClient client(net::Endpoint::tcp("127.0.0.1", port));
        auto response = client.send(std::move(request));
        EXPECT_TRUE(response.ok()) << response.error().message;
        return response ? *response : net::ClientResponse{};
    }
    net::ClientResponse get(const std::string& target) const {
        net::ClientRequest request;
        request.target = target;
        request.headers.set("Authorization", std::string("Bearer ") + kTestToken);
        return send(request);
    }
    std::string container_path(std::int64_t number) const {
        return "/ws/v1/node/containers/" + to_string(test_container(number));
    }
    void run(std::int64_t number, const std::string& script) {
        manager.start(manager.order(number, {"/bin/sh", "-c", script}));
        manager.wait_end(test_container(number));
    }

    FakeManager manager;
    TemporaryDirectory temporary;
    AgentProcess agent{manager, temporary.path()};
    std::uint16_t port = 0;
};

}  // namespace

TEST_F(NodeRest, ShowsNodeApplicationsAndContainersInYarnsShape) {
    EXPECT_EQ(get("/ws/v1/node/apps").body, "{\"apps\":{}}");
    EXPECT_NE(get("/ws/v1/node").body.find("{\"nodeInfo\":{\"healthReport\":"), std::string::npos);
    run(1, "echo hello; echo first >&2; echo 'oh no' >&2; exit 2");
    const std::string app = to_string(test_container(1).attempt.application);
    EXPECT_EQ(get("/ws/v1/node/apps/" + app).body,
              "{\"app\":{\"id\":\"" + app +
                  "\",\"state\":\"FINISHED\",\"user\":\"ann\",\"containerids\":[\"" +
                  to_string(test_container(1)) + "\"]}}");
    const std::string one = get(container_path(1)).body;
    EXPECT_NE(
        one.find("\"state\":\"DONE\",\"exitCode\":2,\"diagnostics\":\"exited with code 2: oh no\""),
        std::string::npos)
        << one;
    EXPECT_NE(one.find("\"containerLogFiles\":[\"stderr\",\"stdout\"]"), std::string::npos) << one;
    EXPECT_NE(get(container_path(1) + "/logs").body.find("{\"fileName\":\"stdout\",\"fileSize\":6"),
              std::string::npos);
    EXPECT_EQ(get("/ws/v1/node/containers/container_1_0001_01_000009").status, 404);
    EXPECT_NE(get("/metrics").body.find("heddle_node_containers{state=\"done\"} 1"),
              std::string::npos);
}

TEST_F(NodeRest, ServesRangesOfALog) {
    run(1, "printf 0123456789");
    const std::string file = container_path(1) + "/logs/stdout";
    EXPECT_EQ(get(file).body, "0123456789");
    EXPECT_EQ(get(file + "?size=-3").body, "789");
    EXPECT_EQ(get(file + "?size=3").body, "012");
    EXPECT_EQ(get(file + "?size=-100").body, "0123456789");
    EXPECT_EQ(get(file + "?tail=3").body, "789");
    EXPECT_EQ(get(file + "?tail=100").body, "0123456789");
    EXPECT_EQ(get(file + "?tail=3").headers.get("X-Log-Offset"), "7");
    const net::ClientResponse part = get(file + "?offset=4&limit=2");
    EXPECT_EQ(part.body, "45");
    EXPECT_EQ(part.headers.get("X-Log-Offset"), "4");
    EXPECT_EQ(part.headers.get("X-Log-Size"), "10");
    EXPECT_EQ(part.headers.get("X-Content-Type-Options"), "nosniff");
    EXPECT_EQ(part.headers.get("Content-Type"), "text/plain; charset=utf-8");
    EXPECT_EQ(get(file + "?offset=99").body, "");
    // The largest numbers, and one more.
    const std::string most = "18446744073709551615";
    EXPECT_EQ(get(file + "?size=-" + most).body, "0123456789");
    EXPECT_EQ(get(file + "?size=" + most).body, "0123456789");
    EXPECT_EQ(get(file + "?size=-0").body, "");
    EXPECT_EQ(get(file + "?tail=" + most).body, "0123456789");
    EXPECT_EQ(get(file + "?offset=" + most + "&limit=" + most).body, "");
    EXPECT_EQ(get(file + "?offset=1&limit=" + most).body, "123456789");
    for (const char* wrong : {"size=18446744073709551616", "size=-", "size=--1",
                              "size=", "offset=-1", "limit=1e3", "offset=0x1", "limit=%201"}) {
        EXPECT_EQ(get(file + "?" + wrong).status, 400) << wrong;
    }
    EXPECT_EQ(get(file + "?size=x").status, 400);
    EXPECT_EQ(get(file + "?tail=-3").status, 400);
    EXPECT_EQ(get("/ws/v1/node/containerlogs/" + to_string(test_container(1)) + "/stdout").body,
              "0123456789");
}

TEST_F(NodeRest, ServesRegularFilesOfTheLogDirectoryOnly) {
    run(1,
        "ln -s /etc/passwd $LOG_DIRS/link; mkfifo $LOG_DIRS/fifo; mkdir $LOG_DIRS/folder; "
        "rm $LOG_DIRS/stdout; ln -s /etc/passwd $LOG_DIRS/stdout; echo x");
    for (const char* name : {"link", "fifo", "folder", "stdout", "missing", "%2e%2e",
                             "..%2f..%2f..%2fepoch", "%252e%252e%252fepoch"}) {
        const int status = get(container_path(1) + "/logs/" + name).status;
        EXPECT_TRUE(status == 404 || status == 400) << name << " " << status;
    }
    EXPECT_NE(get(container_path(1)).body.find("\"containerLogFiles\":[\"stderr\"]"),
              std::string::npos);
}

TEST_F(NodeRest, FollowsALogUntilItsContainerEnds) {
    manager.start(manager.order(
        1,
        {"/bin/sh", "-c", "echo one; while [ ! -e $LOG_DIRS/go ]; do sleep 0.01; done; echo two"}));
    manager.wait_running(test_container(1));
    net::HttpClient client(net::Endpoint::tcp("127.0.0.1", port),
                           {{"Authorization", std::string("Bearer ") + kTestToken}});
    net::ClientRequest request;
    request.target = container_path(1) + "/logs/stdout?follow=true";
    std::string seen;
    const auto response = client.stream(request, [&](std::string_view bytes) {
        seen += bytes;
        if (seen == "one\n") {
            const ContainerId id = test_container(1);
            std::ofstream(agent.directory() + "/node/logs/" + to_string(id.attempt.application) +
                          "/" + to_string(id) + "/go")
                << "\n";
        }
        return true;
    });
    EXPECT_TRUE(response.ok());
    EXPECT_EQ(seen, "one\ntwo\n");
}

TEST_F(NodeRest, RefusesEveryRouteWithoutTheTokenFromElsewhereAndForWriting) {
    int tried = 0;
    for (const Routes::Route& route : Routes::table()) {
        const bool is_public = route.access == Routes::Access::Public;
        net::ClientRequest request;
        request.target = route.pattern;
        EXPECT_TRUE(send(request).status == 401 || is_public) << request.target;
        request.headers.set("Authorization", "Bearer wrong");
        EXPECT_TRUE(send(request).status == 401 || is_public) << request.target;
        request.headers.set("Authorization", std::string("Bearer ") + kTestToken);
        request.headers.set("Origin", "http://evil.test");
        EXPECT_EQ(send(request).status, 403) << request.target;
        request.headers = {{"Authorization", std::string("Bearer ") + kTestToken}};
        for (const char* method : {"POST", "PUT", "DELETE", "PATCH", "OPTIONS"}) {
            request.method = method;
            EXPECT_EQ(send(request).status, 405) << method << " " << request.target;
        }
        ++tried;
    }
    EXPECT_EQ(tried, 12);
    EXPECT_EQ(get("/no/such/path").status, 404);
    net::ClientRequest unknown;
    unknown.target = "/no/such/path";
    EXPECT_EQ(send(unknown).status, 401);
}

}  // namespace heddle::node
