#include "tests/bench/net/beast_server.h"

#include <pthread.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/websocket.hpp>

#include <ctime>
#include <thread>
#include <utility>

namespace heddle::bench {

namespace asio = boost::asio;
namespace beast = boost::beast;
using tcp = asio::ip::tcp;

namespace {

class Session : public std::enable_shared_from_this<Session> {
public:
    Session(tcp::socket socket, const std::string& answer)
        : socket_(std::move(socket)), answer_(answer) {
        socket_.next_layer().set_option(tcp::no_delay(true));
        socket_.binary(true);
    }
    void start() {
        socket_.async_accept([self = shared_from_this()](beast::error_code error) {
            if (!error) {
                self->read();
            }
        });
    }

private:
    void read() {
        socket_.async_read(buffer_,
                           [self = shared_from_this()](beast::error_code error, std::size_t) {
                               if (!error) {
                                   self->buffer_.consume(self->buffer_.size());
                                   self->write();
                               }
                           });
    }
    void write() {
        socket_.async_write(asio::buffer(answer_),
                            [self = shared_from_this()](beast::error_code error, std::size_t) {
                                if (!error) {
                                    self->read();
                                }
                            });
    }

    beast::websocket::stream<tcp::socket> socket_;
    beast::flat_buffer buffer_;
    const std::string& answer_;
};

}  // namespace

class BeastServer::Impl {
public:
    explicit Impl(std::string answer)
        : answer_(std::move(answer)),
          acceptor_(context_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)) {
        accept();
        thread_ = std::thread([this] { context_.run(); });
    }
    ~Impl() {
        context_.stop();
        thread_.join();
    }
    std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
    double cpu_seconds() {
        clockid_t clock{};
        timespec time{};
        pthread_getcpuclockid(thread_.native_handle(), &clock);
        clock_gettime(clock, &time);
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
    }

private:
    void accept() {
        acceptor_.async_accept([this](beast::error_code error, tcp::socket socket) {
            if (!error) {
                std::make_shared<Session>(std::move(socket), answer_)->start();
                accept();
            }
        });
    }

    std::string answer_;
    asio::io_context context_{1};
    tcp::acceptor acceptor_;
    std::thread thread_;
};

BeastServer::BeastServer(std::string answer) : impl_(std::make_unique<Impl>(std::move(answer))) {}
BeastServer::~BeastServer() = default;
std::uint16_t BeastServer::port() const {
    return impl_->port();
}
double BeastServer::cpu_seconds() const {
    return impl_->cpu_seconds();
}

}  // namespace heddle::bench
