#pragma once

// A resource manager as a node agent sees one: it takes one registration at a time, answers what a
// test says, and remembers the latest report of every container. It also serves artifacts.

#include <sys/types.h>

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "common/model/node_protocol.h"
#include "common/net/event_loop.h"
#include "common/net/http_server.h"

namespace heddle::node {

class FakeManager {
public:
    FakeManager();
    ~FakeManager();

    std::uint16_t port() const { return port_; }

    /// Waits until a node has registered and was welcomed, `registrations` times in all.
    NodeRegister wait_registered(int registrations = 1);
    /// Waits until the latest report of `id` satisfies `wanted`. Fails the test after 20 s.
    ContainerReport wait_report(const ContainerId& id,
                                const std::function<bool(const ContainerReport&)>& wanted);
    ContainerReport wait_running(const ContainerId& id);
    /// Waits for the end, acknowledges it, and returns it.
    ContainerExit wait_end(const ContainerId& id);

    void start(const ContainerStart& start);
    void stop(const ContainerId& id, Duration grace);
    void send(NodeOrders orders);  // session, sequence and epoch are filled in

    /// An order for a command with this id number.
    ContainerStart order(std::int64_t number, std::vector<std::string> argv) const;

    void put_artifact(const std::string& sha256, const std::string& contents);
    int artifact_requests() const;
    /// The next requests for artifacts find a manager that is away.
    void be_away(int requests);

    std::int64_t epoch = 1;

private:
    class Handler;
    void on_frame(const std::string& frame);
    void note(const std::vector<ContainerReport>& reports);

    net::EventLoop loop_;
    std::unique_ptr<net::HttpServer> server_;
    std::uint16_t port_ = 0;
    mutable std::mutex mutex_;  // guards what follows
    std::condition_variable changed_;
    net::WebSocketPtr socket_;
    std::uint64_t session_ = 0;
    std::uint64_t sequence_ = 0;
    int registrations_ = 0;
    NodeRegister registration_;
    std::map<ContainerId, ContainerReport> reports_;
    std::map<std::string, std::string> artifacts_;
    int artifact_requests_ = 0;
    int away_ = 0;
    std::thread thread_;
};

constexpr const char* kTestToken = "0123456789abcdef0123456789abcdef";

/// A directory that is removed again.
class TemporaryDirectory {
public:
    TemporaryDirectory();
    ~TemporaryDirectory();
    const std::string& path() const { return path_; }

private:
    std::string path_;
};

/// A node agent process in `directory`, killed at the end if it still runs. Its containers are
/// killed too.
class AgentProcess {
public:
    AgentProcess(const FakeManager& manager, std::string directory,
                 std::vector<std::string> prefix = {}, std::vector<std::string> more = {});
    ~AgentProcess();

    void start();
    void kill_hard();  // as a crash does
    int terminate();   // SIGTERM; its exit code
    pid_t pid() const { return pid_; }
    const std::string& directory() const { return directory_; }

private:
    std::uint16_t manager_port_;
    std::string directory_;
    std::vector<std::string> prefix_;
    std::vector<std::string> more_;  // words of its command line
    pid_t pid_ = 0;
};

/// The directory of the programs of this build.
std::string programs_directory();

/// Polls until `condition` holds; false after 20 s.
bool eventually(const std::function<bool()>& condition);

ContainerId test_container(std::int64_t number);

}  // namespace heddle::node
