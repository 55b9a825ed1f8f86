#pragma once

// One open WebSocket, the same on both sides. Messages arrive whole and in order on the loop
// thread. Sending is possible from any thread.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "common/base/result.h"
#include "common/base/time.h"
#include "common/net/address.h"

namespace heddle::net {

struct WebSocketOptions {
    std::size_t message_limit = 16u << 20;  // a larger incoming message closes with code 1009
    std::size_t send_limit = 64u << 20;  // bytes that may wait for a slow peer before it is dropped
    // Without traffic for half of this a ping is sent; without any answer for all of it the peer
    // counts as lost. This is what notices half-open connections.
    Duration idle_timeout = seconds(20);
};

class WebSocket {
public:
    struct Events {
        // `text` tells a text message from a binary one.
        std::function<void(std::string message, bool text)> on_message;
        // Once, after the last message; success when the peer closed in the agreed way (or close()
        // was called here), else why the connection was lost.
        std::function<void(Status why)> on_close;
    };

    /// Dropping the last reference closes the connection.
    virtual ~WebSocket() = default;

    /// Sets the callbacks and begins to receive. Once. Until then nothing is read, and a closing is
    /// remembered.
    virtual void start(Events events) = 0;

    /// Queues a binary or text message. False when the socket is closed; a message that would pass
    /// `send_limit` drops the connection (ResourceExhausted in on_close) and is false, too.
    virtual bool send(std::string message) = 0;
    virtual bool send_text(std::string message) = 0;

    /// Bytes queued and not yet taken by the system.
    virtual std::size_t pending_bytes() const = 0;

    /// Sends what is queued, then the closing frame. `code` as in RFC 6455; 1000 is a normal end.
    virtual void close(std::uint16_t code = 1000, std::string reason = {}) = 0;

    virtual const Peer& peer() const = 0;
};

using WebSocketPtr =
    std::shared_ptr<WebSocket>;  // shared by its user and the callbacks of other sources

}  // namespace heddle::net
