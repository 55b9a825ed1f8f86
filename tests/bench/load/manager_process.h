#pragma once

// A real resourcemanager of its own: a process on loopback with a temporary state directory, both
// gone at the end.

#include <sys/types.h>

#include <cstdint>
#include <string>

namespace heddle::bench {

class ManagerProcess {
public:
    /// `program`: the path of resourcemanager. Starts it and waits until it answers.
    explicit ManagerProcess(std::string program);
    ~ManagerProcess();
    ManagerProcess(const ManagerProcess&) = delete;
    ManagerProcess& operator=(const ManagerProcess&) = delete;

    void kill();   // SIGKILL
    void start();  // on the same ports and state; does not wait

    std::uint16_t port() const { return port_; }
    std::uint16_t node_port() const { return node_port_; }
    const std::string& token() const { return token_; }
    std::int64_t resident_kib() const;
    double cpu_seconds() const;

private:
    void end(int signal);

    std::string program_;
    std::string directory_;
    std::uint16_t port_ = 0;
    std::uint16_t node_port_ = 0;
    std::string token_;
    pid_t pid_ = -1;
};

}  // namespace heddle::bench
