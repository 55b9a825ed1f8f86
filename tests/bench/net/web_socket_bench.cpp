// What a message costs the thread of a WebSocket server: common/net against Boost.Beast, whose
// place it takes. Connections as node agents have them: a message of 235 bytes, answered by 12. The
// client is the same for both; each connection sends its next message when it has its answer, or a
// train of messages, as a turn of a busy core sends them.
//
//   web_socket_bench [SECONDS]

#include <pthread.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "common/base/check.h"
#include "common/net/event_loop.h"
#include "common/net/http_client.h"
#include "common/net/http_server.h"
#include "tests/bench/net/beast_server.h"

namespace heddle::bench {
namespace {

constexpr std::size_t kMessageBytes = 235;
constexpr std::size_t kAnswerBytes = 12;

class OurHandler final : public net::HttpHandler {
public:
    net::Admission admit(const net::HttpRequest&) override { return net::AcceptWebSocket{}; }
    void handle(net::HttpRequest, net::Responder) override {}
    void on_web_socket(net::HttpRequest, net::WebSocketPtr socket) override {
        net::WebSocket::Events events;
        events.on_message = [socket = socket.get()](const std::string&, bool) {
            socket->send(std::string(kAnswerBytes, 'a'));
        };
        events.on_close = [](const Status&) {};
        socket->start(std::move(events));
        sockets_.push_back(std::move(socket));
    }

private:
    std::vector<net::WebSocketPtr> sockets_;
};

class OurServer {
public:
    OurServer() : server_(loop_, std::make_shared<OurHandler>()) {
        port_ = server_.listen("127.0.0.1", 0).value();
        thread_ = std::thread([this] { loop_.run(); });
    }
    ~OurServer() {
        loop_.stop();
        thread_.join();
    }
    std::uint16_t port() const { return port_; }
    double cpu_seconds() {
        clockid_t clock{};
        timespec time{};
        pthread_getcpuclockid(thread_.native_handle(), &clock);
        clock_gettime(clock, &time);
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
    }

private:
    net::EventLoop loop_;
    net::HttpServer server_;
    std::uint16_t port_ = 0;
    std::thread thread_;
};

struct Figures {
    double per_second = 0;
    double cpu_microseconds = 0;  // of the server's thread, per message
};

// Keeps `train` messages of each connection under way for some time.
template <typename Server>
Figures measure(Server& server, int connections, int train, double seconds) {
    net::EventLoop loop;
    std::vector<net::WebSocketPtr> sockets;
    std::int64_t answers = 0;
    const auto say = [](net::WebSocket& socket) { socket.send(std::string(kMessageBytes, 'm')); };
    for (int i = 0; i < connections; ++i) {
        net::connect_web_socket(loop, net::Endpoint::tcp("127.0.0.1", server.port()), "/", {}, {},
                                heddle::seconds(10), [&](Result<net::WebSocketPtr> made) {
                                    CHECK(made.ok());
                                    net::WebSocket* socket =
                                        sockets.emplace_back(std::move(made).value()).get();
                                    net::WebSocket::Events events;
                                    events.on_message = [&, socket](const std::string&, bool) {
                                        ++answers;
                                        say(*socket);
                                    };
                                    events.on_close = [](const Status&) {};
                                    socket->start(std::move(events));
                                    for (int message = 0; message < train; ++message) {
                                        say(*socket);
                                    }
                                });
    }
    Figures figures;
    std::int64_t before = 0;
    double cpu = 0;
    std::chrono::steady_clock::time_point start;
    // Begins when all are connected, and warm.
    const std::function<void()> begin = [&] {
        if (static_cast<int>(sockets.size()) < connections) {
            loop.post_after(milliseconds(50), begin);
            return;
        }
        before = answers;
        cpu = server.cpu_seconds();
        start = std::chrono::steady_clock::now();
        loop.post_after(microseconds(static_cast<std::int64_t>(seconds * 1e6)),
                        [&] { loop.stop(); });
    };
    loop.post_after(milliseconds(300), begin);
    loop.run();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    const auto made = static_cast<double>(answers - before);
    figures.per_second = made / took.count();
    figures.cpu_microseconds = (server.cpu_seconds() - cpu) * 1e6 / made;
    return figures;
}

void compare(int connections, int train, double seconds) {
    Figures ours;
    Figures beast;
    {
        BeastServer server(std::string(kAnswerBytes, 'a'));
        beast = measure(server, connections, train, seconds);
    }
    {
        OurServer server;
        ours = measure(server, connections, train, seconds);
    }
    std::printf(
        "%4d connections, %2d messages under way on each: %7.0f/s at %5.2f us of the server's "
        "thread; "
        "Beast %7.0f/s at %5.2f us: %.2f times the messages, %.2f of the time a message\n",
        connections, train, ours.per_second, ours.cpu_microseconds, beast.per_second,
        beast.cpu_microseconds, ours.per_second / beast.per_second,
        ours.cpu_microseconds / beast.cpu_microseconds);
}

}  // namespace
}  // namespace heddle::bench

int main(int argc, char** argv) {
    const double seconds = argc > 1 ? std::atof(argv[1]) : 2.0;
    heddle::bench::compare(1, 1, seconds);
    heddle::bench::compare(100, 1, seconds);
    heddle::bench::compare(100, 16, seconds);
    return 0;
}
