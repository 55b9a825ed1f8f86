#pragma once

// One WebSocket connection on either side, after the handshake. Loop thread only; WebSocket handles
// reach it by posting.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/net/transport.h"
#include "common/net/web_socket.h"
#include "common/net/web_socket_codec.h"

namespace heddle::net {

class WebSocketSession final : public TransportUser,
                               public std::enable_shared_from_this<WebSocketSession> {
public:
    enum class Side { Server, Client };

    WebSocketSession(TransportPtr transport, WebSocketOptions options, Side side);

    /// Once. `received`: bytes that came behind the handshake.
    WebSocketPtr make_handle(std::string received);

    void start(WebSocket::Events events);
    void flush();
    void begin_close(std::uint16_t code, const std::string& reason);
    void forget() { events_ = nullptr; }
    void drop_slow();

    void on_bytes(std::string_view bytes) override;
    void on_end() override;
    void on_lost(Error why) override;
    void on_written(std::size_t size, bool drained) override;
    void on_abandon() override;

private:
    void parse();
    bool parse_frame(std::string_view& rest);
    bool accept_head(const FrameHead& head);
    void take_data(std::string_view bytes);
    void on_control(Opcode opcode, std::string payload);
    void on_close_frame(std::string_view payload);
    void message_done();
    void send_control(Opcode opcode, std::string payload);
    void fail(std::uint16_t code, Error why);
    void finish();
    void last_words_said();
    void end(Status why);
    void idle();

    TransportPtr transport_;
    WebSocketOptions options_;
    Side side_;
    std::shared_ptr<SendQueue> queue_;                 // shared with the handle
    std::shared_ptr<const WebSocket::Events> events_;  // shared with callbacks on the stack
    Deadline deadline_;
    TimePoint last_received_;
    bool pinged_ = false;
    bool started_ = false;
    bool close_sent_ = false;
    bool close_received_ = false;
    bool finishing_ = false;         // the last bytes are being written, then the connection ends
    std::optional<Status> outcome_;  // for on_close
    bool ended_ = false;

    std::string in_;
    std::optional<FrameHead> frame_;  // the data frame whose payload is arriving
    std::uint64_t frame_read_ = 0;
    std::string message_;
    Opcode message_kind_ = Opcode::Continuation;  // Continuation: no message is open
};

}  // namespace heddle::net
