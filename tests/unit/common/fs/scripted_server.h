#pragma once

// An HTTP server on the loopback interface that answers as a test says, one request at a time: for
// faults that real servers cannot be made to show.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "common/base/check.h"

namespace heddle::fs::test {

struct Asked {
    std::string method;
    std::string target;
    std::string body;
    std::string headers;  // whole lines, with their ends
};

struct Said {
    int status = 200;
    std::string body{};
    std::string headers{};  // whole lines, with their ends
    bool hang_up = false;   // instead of an answer
};

class ScriptedServer {
public:
    explicit ScriptedServer(std::function<Said(const Asked&)> answer)
        : answer_(std::move(answer)), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof(address);
        auto* const any = reinterpret_cast<sockaddr*>(&address);
        CHECK(::bind(listener_, any, size) == 0 && ::listen(listener_, 16) == 0);
        CHECK(::getsockname(listener_, any, &size) == 0);
        port_ = ntohs(address.sin_port);
        thread_ = std::thread([this] { serve(); });
    }
    ~ScriptedServer() {
        ::shutdown(listener_, SHUT_RDWR);
        thread_.join();
        ::close(listener_);
    }
    ScriptedServer(const ScriptedServer&) = delete;
    ScriptedServer& operator=(const ScriptedServer&) = delete;

    std::string host() const { return "127.0.0.1:" + std::to_string(port_); }
    /// "GET /x?y" of each request so far.
    std::vector<std::string> log() {
        const std::lock_guard lock(mutex_);
        return log_;
    }

private:
    void serve() {
        while (true) {
            const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
            if (connection < 0) {
                return;
            }
            exchange(connection);
            ::close(connection);
        }
    }
    void exchange(int connection) {
        std::string text;
        std::size_t body = std::string::npos;
        while (body == std::string::npos && receive(connection, text)) {
            body = text.find("\r\n\r\n");
        }
        if (body == std::string::npos) {
            return;
        }
        body += 4;
        const std::size_t length = text.find("Content-Length: ");
        const std::size_t size =
            length < body ? std::strtoul(text.c_str() + length + 16, nullptr, 10) : 0;
        if (text.find("100-continue") < body) {
            send(connection, "HTTP/1.1 100 Continue\r\n\r\n");
        }
        while (text.size() < body + size && receive(connection, text)) {
        }
        const std::size_t space = text.find(' ');
        Asked asked{text.substr(0, space),
                    text.substr(space + 1, text.find(' ', space + 1) - space - 1),
                    text.substr(body), text.substr(0, body - 2)};
        {
            const std::lock_guard lock(mutex_);
            log_.push_back(asked.method + " " + asked.target);
        }
        const Said said = answer_(asked);
        if (!said.hang_up) {
            const std::string content = asked.method == "HEAD" ? "" : said.body;
            send(connection, "HTTP/1.1 " + std::to_string(said.status) + " x\r\n" + said.headers +
                                 "Content-Length: " + std::to_string(content.size()) +
                                 "\r\nConnection: close\r\n\r\n" + content);
        }
    }
    static bool receive(int connection, std::string& text) {
        char buffer[4096];
        const ssize_t n = ::recv(connection, buffer, sizeof(buffer), 0);
        text.append(buffer, n > 0 ? static_cast<std::size_t>(n) : 0);
        return n > 0;
    }
    static void send(int connection, const std::string& text) {
        (void)::send(connection, text.data(), text.size(), MSG_NOSIGNAL);
    }

    std::function<Said(const Asked&)> answer_;
    int listener_;
    std::uint16_t port_ = 0;
    std::mutex mutex_;
    std::vector<std::string> log_;
    std::thread thread_;
};

}  // namespace heddle::fs::test
