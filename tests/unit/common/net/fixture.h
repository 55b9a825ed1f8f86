#pragma once

// A loop on its own thread, a raw socket client, and a handler made of functions.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "common/base/check.h"
#include "common/net/digest.h"
#include "common/net/event_loop.h"
#include "common/net/http_server.h"

namespace heddle::net {

class RunningLoop {
public:
    RunningLoop() : thread_([this] { loop.run(); }) {}
    ~RunningLoop() { stop(); }

    void stop() {
        if (thread_.joinable()) {
            loop.stop();
            thread_.join();
        }
    }

    EventLoop loop;

private:
    std::thread thread_;
};

// What a callback reports to the test, which waits for it.
template <typename T>
class Box {
public:
    void put(T value) { promise_->set_value(std::move(value)); }
    T get() {
        auto future = promise_->get_future();
        CHECK(future.wait_for(std::chrono::seconds(20)) == std::future_status::ready);
        return future.get();
    }

private:
    std::shared_ptr<std::promise<T>> promise_ = std::make_shared<std::promise<T>>();
};

// Blocking TCP, to send what no proper client would.
class RawClient {
public:
    explicit RawClient(std::uint16_t port, int receive_buffer = 0) {
        socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (receive_buffer != 0) {
            setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
        }
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        CHECK(::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    }
    RawClient(const RawClient&) = delete;
    RawClient& operator=(const RawClient&) = delete;
    ~RawClient() { ::close(socket_); }

    bool send(std::string_view bytes) {
        while (!bytes.empty()) {
            const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent <= 0) {
                return false;
            }
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
        return true;
    }

    // Until the peer closes; "<timeout>" at the end if it does not.
    std::string read_all() {
        return read_while([](const std::string&) { return true; });
    }

    std::string read_until(std::string_view part) {
        return read_while(
            [&](const std::string& got) { return got.find(part) == std::string::npos; });
    }

private:
    std::string read_while(const std::function<bool(const std::string&)>& more) {
        std::string got;
        while (more(got)) {
            pollfd waiting{socket_, POLLIN, 0};
            if (poll(&waiting, 1, 15'000) <= 0) {
                return got + "<timeout>";
            }
            char buffer[4096];
            const ssize_t size = recv(socket_, buffer, sizeof buffer, 0);
            if (size <= 0) {
                break;
            }
            got.append(buffer, static_cast<std::size_t>(size));
        }
        return got;
    }

    int socket_ = -1;
};

class FunctionHandler : public HttpHandler {
public:
    std::function<Admission(const HttpRequest&)> on_admit = [](const HttpRequest&) {
        return Admission(BodyInMemory{});
    };
    std::function<void(HttpRequest, Responder)> on_handle = [](HttpRequest request,
                                                               Responder responder) {
        responder.send(HttpResponse::text(
            200, request.method + " " + request.path + " [" + request.body + "]"));
    };
    std::function<void(WebSocketPtr)> on_socket;

    Admission admit(const HttpRequest& head) override { return on_admit(head); }
    void handle(HttpRequest request, Responder responder) override {
        on_handle(std::move(request), std::move(responder));
    }
    void on_web_socket(HttpRequest, WebSocketPtr socket) override { on_socket(std::move(socket)); }
};

// A folder of its own that goes away.
struct TemporaryFolder {
    std::string path =
        (std::filesystem::temp_directory_path() / ("heddle-net-" + random_token(8))).string();
    TemporaryFolder() { std::filesystem::create_directory(path); }
    ~TemporaryFolder() { std::filesystem::remove_all(path); }
};

}  // namespace heddle::net
