// Frames over a transport: gathered on the way out, read in place when large on the way in.

#include "common/net/frame_channel.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <utility>

#include "common/net/transport.h"

namespace heddle::net {

namespace {

constexpr std::size_t kHeadSize = 4 + 1 + 8;
constexpr std::size_t kDirect = 16 * 1024;  // rests of payloads above this are received in place

template <typename T>
void put_little_endian(char* to, T value) {
    for (std::size_t at = 0; at < sizeof value; ++at) {
        to[at] = static_cast<char>(value >> (8 * at) & 0xff);
    }
}

template <typename T>
T get_little_endian(const char* from) {
    T value = 0;
    for (std::size_t at = sizeof value; at > 0; --at) {
        value = static_cast<T>(value << 8 | static_cast<unsigned char>(from[at - 1]));
    }
    return value;
}

struct Head {
    std::uint32_t size = 0;
    std::uint8_t kind = 0;
    std::uint64_t correlation = 0;
};

std::array<char, kHeadSize> encode(const Head& head) {
    std::array<char, kHeadSize> bytes{};
    put_little_endian(bytes.data(), head.size);
    bytes[4] = static_cast<char>(head.kind);
    put_little_endian(bytes.data() + 5, head.correlation);
    return bytes;
}

Head decode(const char* bytes) {
    return {get_little_endian<std::uint32_t>(bytes), static_cast<std::uint8_t>(bytes[4]),
            get_little_endian<std::uint64_t>(bytes + 5)};
}

class Session final : public TransportUser, public std::enable_shared_from_this<Session> {
public:
    Session(TransportPtr transport, FrameOptions options)
        : transport_(std::move(transport)),
          options_(options),
          queue_(std::make_shared<SendQueue>(options.send_limit)) {}

    const std::shared_ptr<SendQueue>& queue() const { return queue_; }
    const TransportPtr& transport() const { return transport_; }

    void start(FrameConnection::Events events) {
        if (ended_) {
            if (events.on_close) {
                events.on_close(*ended_);
            }
            return;
        }
        events_ = std::make_shared<const FrameConnection::Events>(std::move(events));
        read_on();
    }

    void flush() {
        if (!ended_) {
            transport_->write(queue_->take());
        }
    }

    void pause() {
        paused_ = true;
        transport_->pause_reading();
    }

    void resume() {
        paused_ = false;
        read_on();
    }

    void close() {
        queue_->close();
        flush();
        closing_ = true;
        if (!ended_ && transport_->pending() == 0) {
            end({});
        }
    }

    void drop(Error why) { end(std::move(why)); }
    void forget() { events_ = nullptr; }

    void on_bytes(std::string_view bytes) override {
        const auto self = shared_from_this();
        std::string joined;
        if (!in_.empty()) {
            joined = std::exchange(in_, {});
            joined += bytes;
            bytes = joined;
        }
        parse(bytes);
        if (!ended_ && !bytes.empty()) {
            in_.assign(bytes);
        }
    }

    std::span<std::byte> direct_space() override {
        if (!payload_ || frame_.size - have_ < kDirect) {
            return {};
        }
        return {payload_.get() + have_, frame_.size - have_};
    }

    void on_direct(std::size_t size) override {
        have_ += size;
        if (have_ == frame_.size) {
            deliver();
        }
    }

    void on_end() override {
        if (payload_ || !in_.empty()) {
            end(Error{ErrorCode::Unavailable, "the peer ended the connection within a frame"});
        } else {
            end({});
        }
    }
    void on_lost(Error why) override { end(std::move(why)); }

    void on_written(std::size_t size, bool drained) override {
        queue_->written(size);
        if (!drained) {
            return;
        }
        if (closing_) {
            end({});
            return;
        }
        const auto heard_by = events_;
        if (heard_by && heard_by->on_drained && queue_->waiting() == 0) {
            heard_by->on_drained();
        }
    }

    void on_abandon() override {
        ended_ = Error{ErrorCode::Cancelled, "the event loop has ended"};
        queue_->close();
        events_ = nullptr;
    }

private:
    void read_on() {
        if (ended_ || paused_ || !events_) {
            return;
        }
        if (!in_.empty()) {
            const auto self = shared_from_this();
            on_bytes({});  // frames that came while paused
            if (ended_ || paused_) {
                return;
            }
        }
        transport_->start_reading();
    }

    // Takes whole frames, and the beginning of the last one, off the front of `bytes`.
    void parse(std::string_view& bytes) {
        while (!ended_ && !paused_) {
            if (!payload_) {
                if (bytes.size() < kHeadSize) {
                    return;
                }
                frame_ = decode(bytes.data());
                bytes.remove_prefix(kHeadSize);
                if (frame_.size > options_.frame_limit) {
                    end(Error{ErrorCode::ResourceExhausted,
                              "a frame of " + std::to_string(frame_.size) +
                                  " bytes is over the limit of " +
                                  std::to_string(options_.frame_limit)});
                    return;
                }
                // Not make_shared: plain new aligns to 16, and does not clear.
                payload_ = std::shared_ptr<std::byte[]>(new std::byte[frame_.size]);
                have_ = 0;
            }
            const std::size_t size = std::min(bytes.size(), frame_.size - have_);
            if (size != 0) {
                std::memcpy(payload_.get() + have_, bytes.data(), size);
                bytes.remove_prefix(size);
                have_ += size;
            }
            if (have_ < frame_.size) {
                return;
            }
            deliver();
        }
    }

    void deliver() {
        std::shared_ptr<const std::byte[]> payload = std::exchange(payload_, nullptr);
        const std::byte* data = payload.get();
        const auto heard_by = events_;
        if (heard_by && heard_by->on_frame) {
            heard_by->on_frame(
                {frame_.kind, frame_.correlation, {std::move(payload), data, frame_.size}});
        }
    }

    void end(Status why) {
        if (ended_) {
            return;
        }
        const auto self = shared_from_this();
        ended_ = std::move(why);
        queue_->close();
        transport_->shut_down_writing();
        transport_->close();
        payload_ = nullptr;
        const auto heard_by = std::exchange(events_, nullptr);
        if (heard_by && heard_by->on_close) {
            heard_by->on_close(*ended_);
        }
    }

    TransportPtr transport_;
    FrameOptions options_;
    std::shared_ptr<SendQueue> queue_;                       // shared with the handle
    std::shared_ptr<const FrameConnection::Events> events_;  // shared with callbacks on the stack
    std::string in_;  // the beginning of a head, or frames that came while paused
    Head frame_;
    std::shared_ptr<std::byte[]> payload_;  // of the frame that is arriving; becomes the receiver's
    std::size_t have_ = 0;
    bool paused_ = false;
    bool closing_ = false;
    std::optional<Status> ended_;
};

class Handle final : public FrameConnection {
public:
    Handle(const std::shared_ptr<Session>& session, FrameOptions options)
        : core_(session->transport()->core()),
          session_(session),
          queue_(session->queue()),
          peer_(session->transport()->peer()),
          frame_limit_(options.frame_limit) {}

    ~Handle() override {
        queue_->close();
        post([](Session& session) {
            session.forget();
            session.close();
        });
    }

    void start(Events events) override {
        post([events = std::move(events)](Session& session) { session.start(events); });
    }

    bool send(std::uint8_t kind, std::uint64_t correlation, std::string_view head,
              std::vector<SharedBytes> parts) override {
        std::size_t size = head.size();
        for (const SharedBytes& part : parts) {
            size += part.size;
        }
        if (size > frame_limit_) {
            return false;
        }
        const auto prefix = encode({static_cast<std::uint32_t>(size), kind, correlation});
        const auto pushed = queue_->push(kHeadSize + size, [&](OutPieces& pieces) {
            pieces.add(std::string_view(prefix.data(), prefix.size()));
            pieces.add(head);
            for (SharedBytes& part : parts) {
                pieces.add(std::move(part));
            }
        });
        if (pushed == SendQueue::Pushed::First) {
            post([](Session& session) { session.flush(); });
        } else if (pushed == SendQueue::Pushed::Full) {
            post([](Session& session) {
                session.drop({ErrorCode::ResourceExhausted, "the peer reads too slowly"});
            });
        }
        return pushed == SendQueue::Pushed::First || pushed == SendQueue::Pushed::Queued;
    }

    std::size_t pending_bytes() const override { return queue_->waiting(); }

    void pause() override {
        if (core_->in_loop_thread()) {
            if (const auto session = session_.lock()) {
                session->pause();
            }
        } else {
            post([](Session& session) { session.pause(); });
        }
    }
    void resume() override {
        post([](Session& session) { session.resume(); });
    }
    void close() override {
        queue_->close();
        post([](Session& session) { session.close(); });
    }
    const Peer& peer() const override { return peer_; }

private:
    template <typename Action>
    void post(Action action) {
        core_->post([session = session_, action = std::move(action)] {
            if (const auto alive = session.lock()) {
                action(*alive);
            }
        });
    }

    std::shared_ptr<LoopCore> core_;  // shared with the loop, which may be gone
    std::weak_ptr<Session> session_;
    std::shared_ptr<SendQueue> queue_;  // shared with the session
    Peer peer_;
    std::size_t frame_limit_;
};

FrameConnectionPtr make_connection(const TransportPtr& transport, const FrameOptions& options) {
    const auto session = std::make_shared<Session>(transport, options);
    transport->set_user(session);
    return std::make_shared<Handle>(session, options);
}

}  // namespace

void connect_frames(EventLoop& loop, const Endpoint& server, FrameOptions options, Duration timeout,
                    std::function<void(Result<FrameConnectionPtr>)> done) {
    loop.core()->post([core = loop.core(), server, options, timeout, done = std::move(done)] {
        // Kept by the callback that ends it.
        const auto connecting = std::make_shared<std::shared_ptr<Connecting>>();
        *connecting = connect_transport(core, server, timeout,
                                        [connecting, options, done](Result<TransportPtr> result) {
                                            connecting->reset();
                                            if (!result) {
                                                done(result.error());
                                                return;
                                            }
                                            (*result)->set_timeout(options.peer_timeout);
                                            done(make_connection(*result, options));
                                        });
    });
}

class FrameServer::Impl : public std::enable_shared_from_this<FrameServer::Impl> {
public:
    Impl(std::shared_ptr<LoopCore> core, FrameOptions options, OnConnection on_connection)
        : core_(std::move(core)), options_(options), on_connection_(std::move(on_connection)) {}

    const std::shared_ptr<LoopCore>& core() const { return core_; }

    Listener::OnAccept on_accept() {
        return [weak = weak_from_this()](int descriptor, Peer peer) {
            const auto self = weak.lock();
            if (!self) {
                ::close(descriptor);
                return;
            }
            const auto transport =
                std::make_shared<Transport>(self->core_, descriptor, std::move(peer));
            transport->open();
            transport->set_timeout(self->options_.peer_timeout);
            self->on_connection_(make_connection(transport, self->options_));
        };
    }

    void add(std::shared_ptr<Listener> listener) { listeners_.push_back(std::move(listener)); }

    void close() {
        for (const auto& listener : listeners_) {
            listener->close();
        }
        listeners_.clear();
    }

private:
    std::shared_ptr<LoopCore> core_;  // shared with the loop, which may be gone
    FrameOptions options_;
    OnConnection on_connection_;
    std::vector<std::shared_ptr<Listener>> listeners_;  // shared with accepts on the stack
};

FrameServer::FrameServer(EventLoop& loop, FrameOptions options, OnConnection on_connection)
    : impl_(std::make_shared<Impl>(loop.core(), options, std::move(on_connection))) {}

FrameServer::~FrameServer() {
    impl_->core()->sync([this] { impl_->close(); });
}

Result<std::uint16_t> FrameServer::listen(const std::string& address, std::uint16_t port) {
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

Status FrameServer::listen_unix(const std::string& path, unsigned mode) {
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

}  // namespace heddle::net
