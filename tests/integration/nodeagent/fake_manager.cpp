// The fake manager and the agent's process.

#include "tests/integration/nodeagent/fake_manager.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "common/net/credential.h"
#include "common/wire/codec.h"
#include "nodeagent/shell/leftovers.h"
#include "nodeagent/shell/shim_host.h"

namespace heddle::node {

namespace {
constexpr auto kPatience = std::chrono::seconds(20);
}

class FakeManager::Handler : public net::HttpHandler {
public:
    explicit Handler(FakeManager& manager) : manager_(manager) {}

    net::Admission admit(const net::HttpRequest& head) override {
        if (net::presented_credential(head.headers) != kTestToken) {
            return net::HttpResponse::text(401, "no token");
        }
        if (head.wants_web_socket) {
            return head.path == kNodePath ? net::Admission(net::AcceptWebSocket{})
                                          : net::HttpResponse::text(404, "no such path");
        }
        return net::BodyInMemory{};
    }

    void handle(net::HttpRequest request, net::Responder responder) override {
        const std::lock_guard lock(manager_.mutex_);
        ++manager_.artifact_requests_;
        if (manager_.away_ > 0) {
            --manager_.away_;
            responder.stream(200, {})->abort();  // as one that is killed in the middle of it
            return;
        }
        const auto it = manager_.artifacts_.find(request.segments.back());
        responder.send(it == manager_.artifacts_.end()
                           ? net::HttpResponse::text(404, "no such artifact")
                           : net::HttpResponse{200, {}, it->second});
    }

    void on_web_socket(net::HttpRequest head, net::WebSocketPtr socket) override {
        (void)head;
        net::WebSocket::Events events;
        events.on_message = [this](std::string frame, bool) { manager_.on_frame(frame); };
        events.on_close = [](const Status&) {};
        {
            const std::lock_guard lock(manager_.mutex_);
            manager_.socket_ = socket;
        }
        socket->start(std::move(events));
    }

private:
    FakeManager& manager_;
};

FakeManager::FakeManager() {
    server_ = std::make_unique<net::HttpServer>(loop_, std::make_shared<Handler>(*this));
    auto port = server_->listen("127.0.0.1", 0);
    if (!port) {
        throw std::runtime_error(port.error().message);
    }
    port_ = *port;
    thread_ = std::thread([this] { loop_.run(); });
}

FakeManager::~FakeManager() {
    loop_.stop();
    thread_.join();
    socket_.reset();
    server_.reset();
}

void FakeManager::on_frame(const std::string& frame) {
    auto messages = wire::decode_frame<NodeToManager>(frame);
    ASSERT_TRUE(messages.ok());
    const std::lock_guard lock(mutex_);
    for (const NodeToManager& message : *messages) {
        if (const auto* registration = std::get_if<NodeRegister>(&message)) {
            registration_ = *registration;
            note(registration->containers);
            session_ = 1000 + static_cast<std::uint64_t>(++registrations_);
            sequence_ = 0;
            const ManagerToNode welcome = NodeWelcome{session_, epoch, seconds(1)};
            socket_->send(wire::encode_frame({&welcome, 1}));
        } else if (const auto* status = std::get_if<NodeStatus>(&message)) {
            note(status->containers);
        }
    }
    changed_.notify_all();
}

void FakeManager::note(const std::vector<ContainerReport>& reports) {
    for (const ContainerReport& report : reports) {
        reports_[report.container] = report;
    }
}

NodeRegister FakeManager::wait_registered(int registrations) {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(
        changed_.wait_for(lock, kPatience, [&] { return registrations_ >= registrations; }));
    return registration_;
}

ContainerReport FakeManager::wait_report(
    const ContainerId& id, const std::function<bool(const ContainerReport&)>& wanted) {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, kPatience,
                                  [&] { return reports_.contains(id) && wanted(reports_.at(id)); }))
        << "the last report of " << to_string(id) << " is "
        << (reports_.contains(id) ? to_string(reports_[id].phase) : "missing");
    return reports_[id];
}

ContainerReport FakeManager::wait_running(const ContainerId& id) {
    return wait_report(id, [](const auto& r) { return r.phase == ContainerPhase::Running; });
}

ContainerExit FakeManager::wait_end(const ContainerId& id) {
    const auto report =
        wait_report(id, [](const auto& r) { return r.phase == ContainerPhase::Done; });
    NodeOrders orders;
    orders.acknowledged = {id};
    send(orders);
    return report.exit.value_or(ContainerExit{});
}

void FakeManager::start(const ContainerStart& start) {
    NodeOrders orders;
    orders.starts = {start};
    send(orders);
}

void FakeManager::stop(const ContainerId& id, Duration grace) {
    NodeOrders orders;
    orders.stops = {{id, grace, "stopped by the test"}};
    send(orders);
}

void FakeManager::send(NodeOrders orders) {
    const std::lock_guard lock(mutex_);
    orders.session = session_;
    orders.sequence = ++sequence_;
    orders.epoch = epoch;
    const ManagerToNode message = std::move(orders);
    socket_->send(wire::encode_frame({&message, 1}));
}

ContainerStart FakeManager::order(std::int64_t number, std::vector<std::string> argv) const {
    ContainerStart start;
    start.container = test_container(number);
    start.key = {start.container.attempt, 1, 1};
    start.epoch = epoch;
    start.size = {64, 1};
    start.user = "ann";
    start.spec.argv = std::move(argv);
    return start;
}

void FakeManager::put_artifact(const std::string& sha256, const std::string& contents) {
    const std::lock_guard lock(mutex_);
    artifacts_[sha256] = contents;
}

int FakeManager::artifact_requests() const {
    const std::lock_guard lock(mutex_);
    return artifact_requests_;
}

void FakeManager::be_away(int requests) {
    const std::lock_guard lock(mutex_);
    away_ = requests;
}

TemporaryDirectory::TemporaryDirectory() {
    std::string path = "/tmp/heddle-node-XXXXXX";
    if (::mkdtemp(path.data()) == nullptr) {
        throw std::runtime_error("cannot make a temporary directory");
    }
    path_ = path;
}

TemporaryDirectory::~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

AgentProcess::AgentProcess(const FakeManager& manager, std::string directory,
                           std::vector<std::string> prefix, std::vector<std::string> more)
    : manager_port_(manager.port()),
      directory_(std::move(directory)),
      prefix_(std::move(prefix)),
      more_(std::move(more)) {
    const std::string token = directory_ + "/token";
    std::filesystem::create_directories(directory_);
    std::ofstream(token) << kTestToken << "\n";
    ::chmod(token.c_str(), 0600);
    start();
}

AgentProcess::~AgentProcess() {
    if (pid_ > 0) {
        kill_hard();
    }
    std::error_code ignored;
    for (const auto& entry :
         std::filesystem::directory_iterator(directory_ + "/node/state", ignored)) {
        kill_leftovers(entry.path().filename().string(), {});
    }
}

void AgentProcess::start() {
    std::vector<std::string> words = prefix_;
    for (const std::string& word :
         {programs_directory() + "/nodeagent", std::string("--name=node-1"),
          "--dir=" + directory_ + "/node", std::string("--port=0"), std::string("--memory=1g"),
          std::string("--vcores=4"), "--token-file=" + directory_ + "/token",
          "--manager=127.0.0.1:" + std::to_string(manager_port_),
          "--manager-rest=http://127.0.0.1:" + std::to_string(manager_port_)}) {
        words.push_back(word);
    }
    words.insert(words.end(), more_.begin(), more_.end());
    std::vector<char*> argv;
    for (std::string& word : words) {
        argv.push_back(word.data());
    }
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 2, (directory_ + "/agent.log").c_str(),
                                     O_WRONLY | O_CREAT | O_APPEND, 0600);
    ASSERT_EQ(posix_spawnp(&pid_, argv[0], &actions, nullptr, argv.data(), environ), 0);
    posix_spawn_file_actions_destroy(&actions);
}

void AgentProcess::kill_hard() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
}

int AgentProcess::terminate() {
    int status = 0;
    ::kill(pid_, SIGTERM);
    ::waitpid(pid_, &status, 0);
    pid_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::string programs_directory() {
    return std::filesystem::read_symlink("/proc/self/exe").parent_path().parent_path().string() +
           "/bin";
}

bool eventually(const std::function<bool()>& condition) {
    const auto end = std::chrono::steady_clock::now() + kPatience;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end) {
            return false;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return true;
}

ContainerId test_container(std::int64_t number) {
    // Of this process: what is left over is ended by name, and another test may run beside this
    // one.
    return {{{1700000000000 + getpid(), 7}, 1}, 1, number};
}

}  // namespace heddle::node
