// Reading frames into messages, answering control frames, and the two ways to end: agreed and
// broken.

#include "common/net/web_socket_session.h"

#include <algorithm>
#include <utility>

#include "common/base/clock.h"
#include "common/net/http_syntax.h"

namespace heddle::net {

namespace {

constexpr std::uint16_t kNormal = 1000;
constexpr std::uint16_t kProtocolError = 1002;
constexpr std::uint16_t kBadText = 1007;
constexpr std::uint16_t kTooBig = 1009;
constexpr Duration kCloseWait = seconds(5);  // for the peer's part of an agreed end
constexpr Duration kLinger = seconds(1);

class Handle final : public WebSocket {
public:
    Handle(std::shared_ptr<LoopCore> core, std::weak_ptr<WebSocketSession> session,
           std::shared_ptr<SendQueue> queue, Peer peer, bool masks)
        : core_(std::move(core)),
          session_(std::move(session)),
          queue_(std::move(queue)),
          peer_(std::move(peer)),
          masks_(masks) {}

    ~Handle() override {
        queue_->close();
        post([](WebSocketSession& session) {
            session.forget();
            session.begin_close(kNormal, {});
        });
    }

    void start(Events events) override {
        post([events = std::move(events)](WebSocketSession& session) { session.start(events); });
    }

    bool send(std::string message) override { return push(Opcode::Binary, std::move(message)); }
    bool send_text(std::string message) override { return push(Opcode::Text, std::move(message)); }
    std::size_t pending_bytes() const override { return queue_->waiting(); }

    void close(std::uint16_t code, std::string reason) override {
        queue_->close();
        post([code, reason = std::move(reason)](WebSocketSession& session) {
            session.begin_close(code, reason);
        });
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

    bool push(Opcode opcode, std::string message) {
        std::optional<MaskKey> mask;
        if (masks_) {
            mask = random_mask();
            apply_mask(message.data(), message.size(), *mask, 0);
        }
        const std::string head = encode_frame_head(opcode, message.size(), mask);
        const auto pushed = queue_->push(head.size() + message.size(), [&](OutPieces& pieces) {
            pieces.add(std::string_view(head));
            pieces.add(std::move(message));
        });
        if (pushed == SendQueue::Pushed::First) {
            post([](WebSocketSession& session) { session.flush(); });
        } else if (pushed == SendQueue::Pushed::Full) {
            post([](WebSocketSession& session) { session.drop_slow(); });
        }
        return pushed == SendQueue::Pushed::First || pushed == SendQueue::Pushed::Queued;
    }

    std::shared_ptr<LoopCore> core_;  // shared with the loop, which may be gone
    std::weak_ptr<WebSocketSession> session_;
    std::shared_ptr<SendQueue> queue_;  // shared with the session
    Peer peer_;
    bool masks_;
};

}  // namespace

WebSocketSession::WebSocketSession(TransportPtr transport, WebSocketOptions options, Side side)
    : transport_(std::move(transport)),
      options_(options),
      side_(side),
      queue_(std::make_shared<SendQueue>(options.send_limit)),
      deadline_(transport_->core(), [this] { idle(); }) {}

WebSocketPtr WebSocketSession::make_handle(std::string received) {
    in_ = std::move(received);
    return std::make_shared<Handle>(transport_->core(), weak_from_this(), queue_,
                                    transport_->peer(), side_ == Side::Client);
}

void WebSocketSession::start(WebSocket::Events events) {
    if (std::exchange(started_, true)) {
        return;
    }
    const auto self = shared_from_this();
    if (ended_) {
        if (events.on_close) {
            events.on_close(*outcome_);
        }
        return;
    }
    events_ = std::make_shared<const WebSocket::Events>(std::move(events));
    last_received_ = monotonic_now();
    if (!close_sent_) {
        deadline_.set(last_received_ + options_.idle_timeout / 2);
    }
    parse();
    if (!ended_) {
        transport_->start_reading();
    }
}

// -- reading ------------------------------------------------------------------------------------

void WebSocketSession::on_bytes(std::string_view bytes) {
    last_received_ = monotonic_now();
    pinged_ = false;
    if (finishing_) {
        return;
    }
    in_ += bytes;
    parse();
}

void WebSocketSession::parse() {
    const auto self = shared_from_this();
    std::string bytes = std::exchange(in_, {});
    std::string_view rest = bytes;
    while (!ended_ && !finishing_) {
        if (frame_ && !frame_->is_control()) {
            const auto size = static_cast<std::size_t>(
                std::min<std::uint64_t>(rest.size(), frame_->size - frame_read_));
            take_data(rest.substr(0, size));
            rest.remove_prefix(size);
            if (frame_) {
                break;  // more to come
            }
            continue;
        }
        if (!parse_frame(rest)) {
            break;
        }
    }
    if (!ended_ && !finishing_) {
        bytes.erase(0, bytes.size() - rest.size());
        in_ = std::move(bytes);
    }
}

// Takes a frame's head, and a whole control frame. False: more bytes are needed.
bool WebSocketSession::parse_frame(std::string_view& rest) {
    const Result<std::optional<FrameHead>> decoded = decode_frame_head(rest);
    if (!decoded) {
        fail(kProtocolError, decoded.error());
        return false;
    }
    if (!*decoded) {
        return false;
    }
    const FrameHead head = **decoded;
    if (head.is_control() && rest.size() < head.head_size + head.size) {
        return false;
    }
    if (!accept_head(head)) {
        return false;
    }
    rest.remove_prefix(head.head_size);
    if (!head.is_control()) {
        frame_ = head;
        frame_read_ = 0;
        if (head.opcode != Opcode::Continuation) {
            message_kind_ = head.opcode;
        }
        return true;
    }
    std::string payload(rest.substr(0, static_cast<std::size_t>(head.size)));
    rest.remove_prefix(payload.size());
    if (head.mask) {
        apply_mask(payload.data(), payload.size(), *head.mask, 0);
    }
    on_control(head.opcode, std::move(payload));
    return true;
}

bool WebSocketSession::accept_head(const FrameHead& head) {
    if (head.mask.has_value() != (side_ == Side::Server)) {
        fail(kProtocolError, {ErrorCode::DataLoss, "WebSocket frame with wrong masking"});
        return false;
    }
    if (head.is_control()) {
        return true;
    }
    const bool open = message_kind_ != Opcode::Continuation;
    if (open != (head.opcode == Opcode::Continuation)) {
        fail(kProtocolError, {ErrorCode::DataLoss, "WebSocket message out of sequence"});
        return false;
    }
    if (head.size > options_.message_limit ||
        message_.size() + head.size > options_.message_limit) {
        fail(kTooBig,
             {ErrorCode::ResourceExhausted, "WebSocket message larger than " +
                                                std::to_string(options_.message_limit) + " bytes"});
        return false;
    }
    return true;
}

void WebSocketSession::take_data(std::string_view bytes) {
    const std::size_t before = message_.size();
    message_ += bytes;
    if (frame_->mask) {
        apply_mask(message_.data() + before, bytes.size(), *frame_->mask, frame_read_);
    }
    frame_read_ += bytes.size();
    if (frame_read_ != frame_->size) {
        return;
    }
    const bool final = frame_->final;
    frame_.reset();
    if (final) {
        message_done();
    }
}

void WebSocketSession::message_done() {
    std::string message = std::exchange(message_, {});
    const bool text = std::exchange(message_kind_, Opcode::Continuation) == Opcode::Text;
    if (text && !is_valid_utf8(message)) {
        fail(kBadText, {ErrorCode::DataLoss, "WebSocket text message that is not UTF-8"});
        return;
    }
    // Held here, because the callback may end the session, which lets them go.
    const auto heard_by = events_;
    if (heard_by && heard_by->on_message) {
        heard_by->on_message(std::move(message), text);
    }
}

void WebSocketSession::on_control(Opcode opcode, std::string payload) {
    switch (opcode) {
        case Opcode::Ping:
            if (!close_sent_) {
                send_control(Opcode::Pong, std::move(payload));
            }
            break;
        case Opcode::Pong:
            break;
        case Opcode::Close:
            on_close_frame(payload);
            break;
        case Opcode::Continuation:
        case Opcode::Text:
        case Opcode::Binary:
            CHECK(false);
    }
}

void WebSocketSession::on_close_frame(std::string_view payload) {
    std::uint16_t code = kNormal;
    if (payload.size() >= 2) {
        code = static_cast<std::uint16_t>(static_cast<unsigned char>(payload[0]) << 8 |
                                          static_cast<unsigned char>(payload[1]));
    }
    if (payload.size() == 1 || !is_close_code(code) ||
        (payload.size() > 2 && !is_valid_utf8(payload.substr(2)))) {
        fail(kProtocolError, {ErrorCode::DataLoss, "WebSocket closing with a bad code"});
        return;
    }
    close_received_ = true;
    constexpr std::uint16_t kGoingAway = 1001;
    constexpr std::uint16_t kApplicationFirst = 3000;
    if (code == kNormal || code == kGoingAway || code >= kApplicationFirst || close_sent_) {
        outcome_ = Status();
    } else {
        outcome_ =
            Error{ErrorCode::Unavailable, "the peer closed with code " + std::to_string(code) +
                                              " " + std::string(payload.substr(2))};
    }
    queue_->close();
    if (!std::exchange(close_sent_, true)) {
        flush();
        send_control(Opcode::Close, encode_close(code, {}));
    }
    finish();
}

// -- writing ------------------------------------------------------------------------------------

void WebSocketSession::flush() {
    if (!ended_ && !finishing_) {
        transport_->write(queue_->take());
    }
}

void WebSocketSession::send_control(Opcode opcode, std::string payload) {
    std::optional<MaskKey> mask;
    if (side_ == Side::Client) {
        mask = random_mask();
        apply_mask(payload.data(), payload.size(), *mask, 0);
    }
    transport_->write(encode_frame_head(opcode, payload.size(), mask) + payload);
}

void WebSocketSession::on_written(std::size_t size, bool drained) {
    queue_->written(size);
    if (drained && finishing_) {
        last_words_said();
    }
}

// -- ends ---------------------------------------------------------------------------------------

void WebSocketSession::begin_close(std::uint16_t code, const std::string& reason) {
    queue_->close();
    if (ended_ || close_sent_) {
        return;
    }
    const auto self = shared_from_this();
    flush();
    if (ended_) {
        return;
    }
    close_sent_ = true;
    send_control(Opcode::Close, encode_close(code, reason));
    if (ended_) {
        return;
    }
    deadline_.set_after(kCloseWait);
    parse();
    if (!ended_) {
        transport_->start_reading();
    }
}

void WebSocketSession::drop_slow() {
    end(Error{ErrorCode::ResourceExhausted, "the peer reads too slowly"});
}

// Says why, then ends without waiting for an answer.
void WebSocketSession::fail(std::uint16_t code, Error why) {
    if (ended_ || finishing_) {
        return;
    }
    outcome_ = std::move(why);
    queue_->close();
    if (!std::exchange(close_sent_, true)) {
        send_control(Opcode::Close, encode_close(code, outcome_->error().message));
    }
    finish();
}

// Ends when everything is written, the peer has said its last word or is not listened to any more.
void WebSocketSession::finish() {
    if (ended_) {
        return;
    }
    finishing_ = true;
    deadline_.set_after(kLinger);
    if (transport_->pending() == 0) {
        last_words_said();
    }
}

// Closing with unread bytes would reset the connection, and the reset may overtake our last frame.
void WebSocketSession::last_words_said() {
    if (close_received_) {
        end(*outcome_);
        return;
    }
    transport_->shut_down_writing();
    transport_->start_reading();
}

void WebSocketSession::end(Status why) {
    if (std::exchange(ended_, true)) {
        return;
    }
    const auto self = shared_from_this();
    queue_->close();
    deadline_.clear();
    transport_->shut_down_writing();
    transport_->close();
    outcome_ = std::move(why);
    const auto heard_by = std::exchange(events_, nullptr);
    if (heard_by && heard_by->on_close) {
        heard_by->on_close(*outcome_);
    }
}

void WebSocketSession::on_end() {
    if (finishing_) {
        end(*outcome_);
    } else if (close_sent_) {
        end({});
    } else {
        end(Error{ErrorCode::Unavailable, "the peer ended the connection"});
    }
}

void WebSocketSession::on_lost(Error why) {
    if (finishing_) {
        end(*outcome_);
    } else {
        end(std::move(why));
    }
}

void WebSocketSession::on_abandon() {
    ended_ = true;
    outcome_ = Error{ErrorCode::Cancelled, "the event loop has ended"};
    queue_->close();
    deadline_.clear();
    events_ = nullptr;
}

void WebSocketSession::idle() {
    const auto self = shared_from_this();
    if (finishing_) {
        end(*outcome_);
        return;
    }
    if (close_sent_) {
        end({});  // the peer did not answer our closing; it had its time
        return;
    }
    const TimePoint now = monotonic_now();
    const Duration quiet = now - last_received_;
    if (quiet >= options_.idle_timeout) {
        end(Error{ErrorCode::Timeout,
                  "the peer has been silent for " + std::to_string(quiet.milliseconds()) + " ms"});
        return;
    }
    if (quiet >= options_.idle_timeout / 2 && !std::exchange(pinged_, true)) {
        send_control(Opcode::Ping, {});
    }
    deadline_.set(last_received_ + (pinged_ ? options_.idle_timeout : options_.idle_timeout / 2));
}

}  // namespace heddle::net
