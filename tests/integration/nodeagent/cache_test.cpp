// Artifacts with a real agent: what containers do to theirs, and what does not fit.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include "common/net/digest.h"
#include "tests/integration/nodeagent/fake_manager.h"

namespace heddle::node {

namespace {

class NodeCacheProcess : public ::testing::Test {
protected:
    explicit NodeCacheProcess(std::vector<std::string> prefix = {})
        : agent(manager, temporary.path(), std::move(prefix)) {
        manager.wait_registered();
    }

    /// A script that begins with `body`, made `size` bytes large; returns its digest.
    std::string put(const std::string& body, std::size_t size) {
        std::string program = "#!/bin/sh\n" + body + "\nexit\n";
        program.resize(std::max(size, program.size()), '#');
        const std::string digest = net::sha256_hex(program);
        manager.put_artifact(digest, program);
        return digest;
    }
    /// Runs the artifact as container `number`, its arguments behind it, to its end.
    ContainerExit run(std::int64_t number, const std::string& digest,
                      std::vector<std::string> arguments = {}) {
        arguments.insert(arguments.begin(), "program");
        ContainerStart order = manager.order(number, std::move(arguments));
        order.spec.artifacts = {{"program", "heddle:sha256/" + digest, "", 0, true}};
        manager.start(order);
        return manager.wait_end(test_container(number));
    }
    std::string cache(const std::string& name = "") const {
        return agent.directory() + "/node/cache/" + name;
    }
    bool cached(const std::string& digest) const { return std::filesystem::exists(cache(digest)); }
    std::size_t files_in(const std::string& name) const {
        return static_cast<std::size_t>(
            std::distance(std::filesystem::directory_iterator(cache(name)),
                          std::filesystem::directory_iterator()));
    }

    FakeManager manager;
    TemporaryDirectory temporary;
    AgentProcess agent;
};

class SmallNodeCache : public NodeCacheProcess {
protected:
    SmallNodeCache() : NodeCacheProcess({"env", "HEDDLE__NODE__CACHE_BYTES_MAX=250k"}) {}
};

constexpr const char* kOverwrite =
    "[ -z \"$1\" ] && exit 4; chmod 755 \"$1\" && printf '#!/bin/sh\\nexit 9\\n' > \"$1\"; exit 5";

}  // namespace

TEST_F(NodeCacheProcess, LetsNoContainerChangeWhatAnotherRuns) {
    std::int64_t number = 0;
    for (const std::size_t size : {std::size_t{0}, std::size_t{1} << 20}) {
        const std::string digest = put(kOverwrite, size);
        EXPECT_EQ(run(++number, digest, {"program"}).code, 5);  // overwrites its own file
        EXPECT_EQ(run(++number, digest).code, 4);
        EXPECT_EQ(run(++number, digest, {"program"}).code, 5);
        EXPECT_EQ(run(++number, digest).code, 4);
    }
    EXPECT_EQ(manager.artifact_requests(), 2);
}

TEST_F(NodeCacheProcess, FetchesAgainWhatWasChangedInTheCache) {
    const std::string digest = put(kOverwrite, 0);
    EXPECT_EQ(run(1, digest, {cache(digest)}).code, 5);
    EXPECT_EQ(run(2, digest).code, 4);
    EXPECT_EQ(manager.artifact_requests(), 2);
    EXPECT_EQ(run(3, digest).code, 4);
    EXPECT_EQ(manager.artifact_requests(), 2);
    // While no agent runs, and as large and as old as before.
    struct stat status {};
    ASSERT_EQ(::stat(cache(digest).c_str(), &status), 0);
    agent.terminate();
    std::filesystem::permissions(cache(digest), std::filesystem::perms::owner_all);
    std::fstream(cache(digest), std::ios::in | std::ios::out) << "#!/bin/sh\nexit 9\n";
    const timespec times[] = {status.st_atim, status.st_mtim};
    ::utimensat(AT_FDCWD, cache(digest).c_str(), times, 0);
    agent.start();
    manager.wait_registered(2);
    EXPECT_EQ(run(4, digest).code, 4);
    EXPECT_EQ(manager.artifact_requests(), 3);
}

TEST_F(NodeCacheProcess, HasACopyOfALargeArtifactReadyForTheNextContainer) {
    const std::string digest = put(kOverwrite, 1 << 20);
    EXPECT_EQ(run(1, digest).code, 4);
    EXPECT_TRUE(eventually([&] { return files_in("spare") == 1; }));
    const auto spare = std::filesystem::directory_iterator(cache("spare"))->path();
    std::filesystem::permissions(spare, std::filesystem::perms::owner_all);
    std::ofstream(spare) << "#!/bin/sh\nexit 9\n";
    EXPECT_EQ(run(2, digest).code, 4);  // a spare that was changed is not used
    EXPECT_TRUE(eventually([&] { return files_in("spare") == 1; }));
    EXPECT_EQ(manager.artifact_requests(), 1);
}

TEST_F(NodeCacheProcess, KeepsNothingOfADownloadThatStopsMidway) {
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ASSERT_EQ(::bind(listener, reinterpret_cast<sockaddr*>(&address), size), 0);
    ASSERT_EQ(::listen(listener, 1), 0);
    ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
    std::thread server([listener] {
        const int connection = ::accept(listener, nullptr, nullptr);
        char request[4096];
        EXPECT_GT(::read(connection, request, sizeof request), 0);
        const std::string half = "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nhalf";
        EXPECT_EQ(::write(connection, half.data(), half.size()), static_cast<ssize_t>(half.size()));
        ::close(connection);
    });
    ContainerStart order = manager.order(1, {"/bin/true"});
    const std::string port = std::to_string(ntohs(address.sin_port));
    order.spec.artifacts = {
        {"data", "http://127.0.0.1:" + port + "/data", std::string(64, 'a'), 1'000'000, false}};
    manager.start(order);
    const ContainerExit exit = manager.wait_end(test_container(1));
    server.join();
    ::close(listener);
    EXPECT_EQ(exit.reason, ExitReason::LaunchFailed);
    EXPECT_NE(exit.message.find("artifact 'data' (1000000 bytes) from http://127.0.0.1:" + port),
              std::string::npos)
        << exit.message;
    EXPECT_EQ(files_in("partial"), 0u);
    EXPECT_FALSE(cached(std::string(64, 'a')));
    EXPECT_EQ(run(2, put("exit 7", 0)).code, 7);
}

TEST_F(NodeCacheProcess, FetchesOnceMoreWhatTheManagerCouldNotSendToItsEnd) {
    manager.be_away(2);
    EXPECT_EQ(run(1, put("exit 7", 0)).code, 7);
    EXPECT_EQ(manager.artifact_requests(), 3);
    EXPECT_EQ(files_in("partial"), 0u);
}

TEST_F(SmallNodeCache, DropsTheLeastRecentlyUsedAlsoAcrossARestart) {
    std::vector<std::string> digests;
    for (int i = 0; i < 4; ++i) {
        digests.push_back(put("exit " + std::to_string(i), 100 << 10));
    }
    EXPECT_EQ(run(1, digests[0]).code, 0);
    EXPECT_EQ(run(2, digests[1]).code, 1);
    EXPECT_EQ(run(3, digests[0]).code, 0);  // used again, after its neighbour
    EXPECT_TRUE(cached(digests[0]) && cached(digests[1]));
    agent.terminate();
    agent.start();
    manager.wait_registered(2);
    EXPECT_EQ(run(4, digests[2]).code, 2);
    EXPECT_TRUE(eventually([&] { return !cached(digests[1]); }));
    EXPECT_TRUE(cached(digests[0]) && cached(digests[2]));
    EXPECT_EQ(run(5, digests[1]).code, 1);  // fetched again
    EXPECT_EQ(manager.artifact_requests(), 4);
}

}  // namespace heddle::node
