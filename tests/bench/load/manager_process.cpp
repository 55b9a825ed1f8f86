#include "tests/bench/load/manager_process.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>
#include <vector>

#include "common/base/check.h"

namespace heddle::bench {
namespace {

// Free a moment ago; the kernel does not hand it out again soon.
std::uint16_t free_port() {
    const int probe = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* any = reinterpret_cast<sockaddr*>(&address);
    CHECK(bind(probe, any, size) == 0 && getsockname(probe, any, &size) == 0);
    close(probe);
    return ntohs(address.sin_port);
}

bool accepts(std::uint16_t port) {
    const int probe = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    const bool open =
        connect(probe, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    close(probe);
    return open;
}

std::string contents(const std::string& path) {
    std::ifstream file(path);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

}  // namespace

ManagerProcess::ManagerProcess(std::string program)
    : program_(std::move(program)), port_(free_port()), node_port_(free_port()) {
    std::string pattern = (std::filesystem::temp_directory_path() / "heddle-load-XXXXXX").string();
    CHECK(mkdtemp(pattern.data()) != nullptr);
    directory_ = pattern;
    start();
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!accepts(port_) || !accepts(node_port_)) {
        CHECK(std::chrono::steady_clock::now() < deadline);
        CHECK(waitpid(pid_, nullptr, WNOHANG) == 0);
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    token_ = contents(directory_ + "/token");
    while (!token_.empty() && token_.back() == '\n') {
        token_.pop_back();
    }
}

ManagerProcess::~ManagerProcess() {
    end(SIGTERM);
    std::filesystem::remove_all(directory_);
}

void ManagerProcess::start() {
    const std::vector<std::string> words = {program_,
                                            "--state-dir",
                                            directory_,
                                            "--port",
                                            std::to_string(port_),
                                            "--node-port",
                                            std::to_string(node_port_),
                                            "--set",
                                            "scheduler.heartbeat_interval=5s",
                                            "--set",
                                            "scheduler.node_expiry=60s",
                                            "--set",
                                            "scheduler.master_expiry=60s"};
    std::vector<char*> arguments;
    for (const std::string& word : words) {
        arguments.push_back(const_cast<char*>(word.c_str()));
    }
    arguments.push_back(nullptr);
    const std::string log = directory_ + "/log";
    pid_ = fork();
    CHECK(pid_ >= 0);
    if (pid_ == 0) {
        const int file = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        dup2(file, STDERR_FILENO);
        execv(arguments[0], arguments.data());
        _exit(127);
    }
}

void ManagerProcess::kill() {
    end(SIGKILL);
}

void ManagerProcess::end(int signal) {
    if (pid_ > 0) {
        ::kill(pid_, signal);
        waitpid(pid_, nullptr, 0);
        pid_ = -1;
    }
}

std::int64_t ManagerProcess::resident_kib() const {
    std::ifstream status("/proc/" + std::to_string(pid_) + "/status");
    std::string word;
    while (status >> word) {
        if (word == "VmRSS:") {
            std::int64_t kib = 0;
            status >> kib;
            return kib;
        }
    }
    return 0;
}

double ManagerProcess::cpu_seconds() const {
    std::string stat = contents("/proc/" + std::to_string(pid_) + "/stat");
    stat.erase(0, stat.rfind(')') + 2);
    std::istringstream fields(stat);
    std::string skipped;
    for (int field = 3; field < 14; ++field) {
        fields >> skipped;
    }
    std::int64_t user = 0;
    std::int64_t system = 0;
    fields >> user >> system;
    return static_cast<double>(user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

}  // namespace heddle::bench
