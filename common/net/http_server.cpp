// Listeners and limits of a server, and the doors by which other threads reach its sessions.

#include "common/net/http_server.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/base/log.h"
#include "common/net/http_session.h"

namespace heddle::net {

void HttpHandler::on_web_socket(HttpRequest, WebSocketPtr) {}

// -- streams ------------------------------------------------------------------------------------

namespace {

class StreamHandle final : public ResponseStream {
public:
    StreamHandle(std::shared_ptr<LoopCore> core, std::weak_ptr<HttpSession> session,
                 std::shared_ptr<StreamState> state)
        : core_(std::move(core)), session_(std::move(session)), state_(std::move(state)) {}

    ~StreamHandle() override {
        {
            const std::lock_guard lock(state_->mutex);
            state_->on_closed = nullptr;
            state_->on_drained = nullptr;
        }
        if (state_->queue.close()) {
            end(Error{ErrorCode::Cancelled, "the stream was dropped"});
        }
    }

    Write write(std::string bytes) override {
        const std::size_t size = bytes.size();
        const auto pushed =
            state_->queue.push(size, [&](OutPieces& pieces) { pieces.add(std::move(bytes)); });
        switch (pushed) {
            case SendQueue::Pushed::Closed:
                return Write::Closed;
            case SendQueue::Pushed::Full:
                end(Error{ErrorCode::ResourceExhausted, "the reader is too slow"});
                return Write::Closed;
            case SendQueue::Pushed::First:
                post([state = state_](HttpSession& session) { session.flush_stream(state); });
                break;
            case SendQueue::Pushed::Queued:
                break;
        }
        return state_->queue.waiting() > state_->queue.limit() / 2 ? Write::Slow : Write::Accepted;
    }

    std::size_t pending_bytes() const override { return state_->queue.waiting(); }

    void close() override {
        if (state_->queue.close()) {
            end({});
        }
    }
    void abort() override {
        state_->queue.close();
        end(Error{ErrorCode::Cancelled, "the stream was aborted"});
    }

    void on_closed(std::function<void(Status)> callback) override {
        bool late = false;
        {
            const std::lock_guard lock(state_->mutex);
            late = state_->ended.has_value() && !state_->told;
            state_->told = state_->told || late;
            if (!late) {
                state_->on_closed = std::move(callback);
            }
        }
        if (late) {
            core_->post(
                [state = state_, callback = std::move(callback)] { callback(*state->ended); });
        }
    }

    void on_drained(std::function<void()> callback) override {
        const std::lock_guard lock(state_->mutex);
        state_->on_drained = std::move(callback);
    }

private:
    template <typename Action>
    void post(Action action) {
        core_->post([session = session_, action = std::move(action)] {
            if (const auto alive = session.lock()) {
                action(*alive);
            }
        });
    }
    void end(Status how) {
        post([state = state_, how = std::move(how)](HttpSession& session) {
            session.end_stream(state, how);
        });
    }

    std::shared_ptr<LoopCore> core_;  // shared with the loop, which may be gone
    std::weak_ptr<HttpSession> session_;
    std::shared_ptr<StreamState> state_;  // shared with the session
};

// Runs at once when the caller is on the loop thread, which saves a turn of the loop.
template <typename Action>
void reach(const std::shared_ptr<LoopCore>& core, const std::weak_ptr<HttpSession>& session,
           Action action) {
    auto task = [session, action = std::move(action)]() mutable {
        if (const auto alive = session.lock()) {
            action(*alive);
        }
    };
    if (core->in_loop_thread()) {
        task();
    } else {
        core->post(std::move(task));
    }
}

}  // namespace

// -- Responder ----------------------------------------------------------------------------------

Responder::Responder(std::shared_ptr<LoopCore> core, std::weak_ptr<HttpSession> session,
                     std::uint64_t request)
    : core_(std::move(core)), session_(std::move(session)), request_(request) {}

Responder& Responder::operator=(Responder&& other) noexcept {
    std::swap(core_, other.core_);
    std::swap(session_, other.session_);
    std::swap(request_, other.request_);
    std::swap(change_, other.change_);
    return *this;
}

Responder::~Responder() {
    if (core_) {
        send(HttpResponse::text(500, "the request was dropped\n"));
    }
}

void Responder::send(HttpResponse response) {
    const std::shared_ptr<LoopCore> core = std::exchange(core_, nullptr);
    CHECK(core != nullptr);
    if (const auto change = std::exchange(change_, nullptr)) {
        change(response);
    }
    reach(core, session_,
          [request = request_, response = std::move(response)](HttpSession& session) mutable {
              session.answer(request, std::move(response));
          });
}

void Responder::send_made(std::function<HttpResponse()> make) {
    const std::shared_ptr<LoopCore> core = std::exchange(core_, nullptr);
    CHECK(core != nullptr);
    reach(core, session_,
          [request = request_, make = std::move(make),
           change = std::exchange(change_, nullptr)](HttpSession& session) {
              HttpResponse response = make();
              if (change) {
                  change(response);
              }
              session.answer(request, std::move(response));
          });
}

ResponseStreamPtr Responder::stream(int status, Headers headers, StreamOptions options) {
    const std::shared_ptr<LoopCore> core = std::exchange(core_, nullptr);
    CHECK(core != nullptr);
    auto state = std::make_shared<StreamState>(options.buffer_limit);
    auto handle = std::make_shared<StreamHandle>(core, session_, state);
    reach(core, session_,
          [request = request_, status, headers = std::move(headers), state](HttpSession& session) {
              session.begin_stream(request, status, headers, state);
          });
    return handle;
}

// -- HttpServer ---------------------------------------------------------------------------------

class HttpServer::Impl : public std::enable_shared_from_this<HttpServer::Impl> {
public:
    Impl(std::shared_ptr<LoopCore> core, std::shared_ptr<HttpHandler> handler,
         HttpServerOptions options)
        : core_(std::move(core)), handler_(std::move(handler)), options_(options) {}

    const std::shared_ptr<LoopCore>& core() const { return core_; }
    std::size_t connections() const { return count_; }

    Listener::OnAccept on_accept() {
        return [weak = weak_from_this()](int descriptor, Peer peer) {
            if (const auto self = weak.lock()) {
                self->accept(descriptor, std::move(peer));
            } else {
                ::close(descriptor);
            }
        };
    }

    void add(std::shared_ptr<Listener> listener) { listeners_.push_back(std::move(listener)); }

    void close() {
        closed_ = true;
        for (const auto& listener : listeners_) {
            listener->close();
        }
        listeners_.clear();
        // Closing a session takes it out of the table.
        std::vector<std::shared_ptr<HttpSession>> open;
        for (const auto& [id, session] : sessions_) {
            if (auto alive = session.lock()) {
                open.push_back(std::move(alive));
            }
        }
        for (const auto& session : open) {
            session->close();
        }
    }

private:
    void accept(int descriptor, Peer peer) {
        std::size_t& of_peer = peers_[peer.address];
        const bool too_many_of_peer =
            !peer.address.empty() && of_peer >= options_.connection_limit_per_peer;
        if (closed_ || count_ >= options_.connection_limit || too_many_of_peer) {
            ::close(descriptor);
            log::debug("connection refused: limit reached", {{"peer", peer.text()}});
            return;
        }
        ++of_peer;
        ++count_;
        const std::uint64_t id = ++last_id_;
        const std::string address = peer.address;
        const auto transport = std::make_shared<Transport>(core_, descriptor, std::move(peer));
        transport->open();
        const auto session = std::make_shared<HttpSession>(transport, handler_, options_,
                                                           [weak = weak_from_this(), id, address] {
                                                               if (const auto self = weak.lock()) {
                                                                   self->gone(id, address);
                                                               }
                                                           });
        sessions_.emplace(id, session);
        transport->set_user(session);
        session->start();
    }

    void gone(std::uint64_t id, const std::string& address) {
        sessions_.erase(id);
        --count_;
        const auto of_peer = peers_.find(address);
        if (of_peer != peers_.end() && --of_peer->second == 0) {
            peers_.erase(of_peer);
        }
    }

    std::shared_ptr<LoopCore> core_;        // shared with the loop, which may be gone
    std::shared_ptr<HttpHandler> handler_;  // shared with the sessions
    HttpServerOptions options_;
    std::vector<std::shared_ptr<Listener>> listeners_;  // shared with accepts on the stack
    std::map<std::uint64_t, std::weak_ptr<HttpSession>> sessions_;
    std::unordered_map<std::string, std::size_t> peers_;
    std::atomic<std::size_t> count_{0};
    std::uint64_t last_id_ = 0;
    bool closed_ = false;
};

HttpServer::HttpServer(EventLoop& loop, std::shared_ptr<HttpHandler> handler,
                       HttpServerOptions options)
    : impl_(std::make_shared<Impl>(loop.core(), std::move(handler), options)) {}

HttpServer::~HttpServer() {
    close();
}

Result<std::uint16_t> HttpServer::listen(const std::string& address, std::uint16_t port) {
    Result<std::uint16_t> result = Error{ErrorCode::Unavailable, "the event loop has ended"};
    impl_->core()->sync([&] {
        auto listener = Listener::tcp(impl_->core(), address, port, impl_->on_accept());
        if (!listener) {
            result = listener.error();
            return;
        }
        result = (*listener)->port();
        impl_->add(std::move(*listener));
    });
    return result;
}

Status HttpServer::listen_unix(const std::string& path, unsigned mode) {
    Status status = Error{ErrorCode::Unavailable, "the event loop has ended"};
    impl_->core()->sync([&] {
        auto listener = Listener::unix_socket(impl_->core(), path, mode, impl_->on_accept());
        if (!listener) {
            status = listener.error();
            return;
        }
        impl_->add(std::move(*listener));
        status = Status();
    });
    return status;
}

void HttpServer::close() {
    impl_->core()->sync([this] { impl_->close(); });
}

std::size_t HttpServer::connections() const {
    return impl_->connections();
}

}  // namespace heddle::net
