// The client's half of the handshake; what follows is the same as on the server.

#include <algorithm>
#include <utility>

#include "common/net/http_client.h"
#include "common/net/http_parser.h"
#include "common/net/http_syntax.h"
#include "common/net/transport.h"
#include "common/net/web_socket_session.h"

namespace heddle::net {

namespace {

constexpr std::size_t kAnswerLimit = 64 * 1024;
constexpr std::size_t kWordsLimit = 500;  // of a refusal, in the error's message

ErrorCode code_of(int status) {
    switch (status) {
        case 401:
            return ErrorCode::Unauthenticated;
        case 403:
            return ErrorCode::PermissionDenied;
        case 404:
            return ErrorCode::NotFound;
        case 409:
            return ErrorCode::Conflict;
        default:
            return ErrorCode::Unavailable;
    }
}

class Handshake final : public TransportUser, public std::enable_shared_from_this<Handshake> {
public:
    Handshake(std::shared_ptr<LoopCore> core, Endpoint server, WebSocketOptions options,
              std::function<void(Result<WebSocketPtr>)> done)
        : core_(std::move(core)),
          server_(std::move(server)),
          options_(options),
          done_(std::move(done)),
          deadline_(core_,
                    [this] {
                        finish(Error{ErrorCode::Timeout,
                                     "no WebSocket at " + server_.text() + " in time"});
                    }),
          parser_(MessageParser::Kind::Response, [this](std::string_view bytes) {
              words_ += bytes.substr(0, kWordsLimit - std::min(kWordsLimit, words_.size()));
          }) {}

    // The connect under way keeps it alive, then the transport.
    void start(const std::string& target, const Headers& headers, Duration timeout) {
        deadline_.set_after(timeout);
        request_ = "GET " + target + " HTTP/1.1\r\nHost: " + server_.authority() +
                   "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                   "Sec-WebSocket-Key: " +
                   key_ + "\r\n";
        for (const auto& [name, value] : headers) {
            request_ += name + ": " + value + "\r\n";
        }
        request_ += "\r\n";
        connecting_ = connect_transport(core_, server_, timeout,
                                        [self = shared_from_this()](Result<TransportPtr> result) {
                                            if (!result) {
                                                self->finish(result.error());
                                            } else {
                                                self->connected(std::move(*result));
                                            }
                                        });
    }

    void on_bytes(std::string_view bytes) override {
        in_ += bytes;
        const auto self = shared_from_this();
        while (done_ && !in_.empty() && !parser_.done()) {
            const bool in_head = !parser_.head_done();
            const Result<std::size_t> used = parser_.feed(in_);
            if (!used) {
                finish(used.error());
                return;
            }
            in_.erase(0, *used);
            if (in_head && parser_.head_done() && parser_.head().status == 101) {
                upgraded();
                return;
            }
            if (*used == 0) {
                break;
            }
        }
        if (in_.size() > kAnswerLimit) {
            finish(Error{ErrorCode::DataLoss, "the answer to the WebSocket request is too large"});
        } else if (parser_.done()) {
            refused();
        }
    }

    void on_end() override {
        if (parser_.head_done()) {
            refused();
        } else {
            finish(Error{ErrorCode::Unavailable,
                         server_.text() + " ended the connection without an answer"});
        }
    }
    void on_lost(Error why) override { finish(std::move(why)); }
    void on_written(std::size_t, bool) override {}
    void on_abandon() override { done_ = nullptr; }

private:
    void connected(TransportPtr transport) {
        if (!done_) {
            transport->close();
            return;
        }
        transport_ = std::move(transport);
        transport_->set_user(shared_from_this());
        transport_->start_reading();
        transport_->write(std::move(request_));
    }

    void upgraded() {
        const Headers& headers = parser_.head().headers;
        if (headers.get("Sec-WebSocket-Accept") != web_socket_accept(key_) ||
            !has_token(headers.get("Upgrade"), "websocket")) {
            finish(Error{ErrorCode::DataLoss, server_.text() + " is no WebSocket server"});
            return;
        }
        const TransportPtr transport = std::exchange(transport_, nullptr);
        transport->pause_reading();
        const auto session =
            std::make_shared<WebSocketSession>(transport, options_, WebSocketSession::Side::Client);
        transport->set_user(session);
        finish(session->make_handle(std::move(in_)));
    }

    void refused() {
        const int status = parser_.head().status;
        while (words_.ends_with('\n')) {
            words_.pop_back();
        }
        finish(Error{code_of(status),
                     server_.text() + " answered " + std::to_string(status) + ": " + words_});
    }

    void finish(Result<WebSocketPtr> result) {
        const auto self = shared_from_this();
        deadline_.clear();
        connecting_.reset();
        if (const TransportPtr transport = std::exchange(transport_, nullptr)) {
            transport->close();
        }
        if (const auto done = std::exchange(done_, nullptr)) {
            done(std::move(result));
        }
    }

    std::shared_ptr<LoopCore> core_;  // shared with the loop, which may be gone
    Endpoint server_;
    WebSocketOptions options_;
    std::function<void(Result<WebSocketPtr>)> done_;
    Deadline deadline_;
    MessageParser parser_;
    std::string key_ = web_socket_key();
    std::string request_;
    std::string words_;  // the body of a refusal
    std::string in_;
    std::shared_ptr<Connecting> connecting_;  // dropping it cancels
    TransportPtr transport_;
};

}  // namespace

void connect_web_socket(EventLoop& loop, const Endpoint& server, const std::string& target,
                        const Headers& headers, WebSocketOptions options, Duration timeout,
                        std::function<void(Result<WebSocketPtr>)> done) {
    loop.core()->post([core = loop.core(), server, target, headers, options, timeout,
                       done = std::move(done)] {
        std::make_shared<Handshake>(core, server, options, done)->start(target, headers, timeout);
    });
}

}  // namespace heddle::net
