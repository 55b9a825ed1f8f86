#pragma once

// Length-framed connections for tasks and blocks. On the wire a frame is u32 payload length, u8
// kind, u64 correlation, then the payload; integers little-endian. What kinds and correlations mean
// is the user's affair; so are credentials (the first frame) and checksums.
//
// Many small frames are gathered into one write; large payloads are written from where they lie.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "common/base/time.h"
#include "common/net/address.h"
#include "common/net/event_loop.h"
#include "common/net/shared_bytes.h"

namespace heddle::net {

struct Frame {
    std::uint8_t kind = 0;
    std::uint64_t correlation = 0;
    SharedBytes payload;  // the receiver's own; data is aligned to 16 bytes
};

struct FrameOptions {
    std::size_t frame_limit = 256u << 20;  // a longer payload ends the connection
    std::size_t send_limit = 1u << 30;     // bytes that may wait before the connection is dropped
    // The peer counts as lost when sent bytes stay unacknowledged, or an idle connection's probes
    // unanswered, for this long (TCP_USER_TIMEOUT and keepalive; not on Unix sockets).
    Duration peer_timeout = seconds(20);
};

class FrameConnection {
public:
    struct Events {
        std::function<void(Frame)> on_frame;
        // Once, after the last frame. Success when the peer (or close()) ended between two frames.
        std::function<void(Status why)> on_close;
        std::function<void()> on_drained;  // nothing is queued any more; may be empty
    };

    virtual ~FrameConnection() = default;  // dropping the last reference closes

    /// Sets the callbacks, which run on the loop thread, and begins to receive. Once.
    virtual void start(Events events) = 0;

    /// Queues one frame whose payload is `head` (copied) followed by `parts` (held until written).
    /// False when closed, or when the frame passes a limit of the options. Any thread; frames of
    /// one thread keep their order.
    virtual bool send(std::uint8_t kind, std::uint64_t correlation, std::string_view head,
                      std::vector<SharedBytes> parts = {}) = 0;

    /// Bytes queued and not yet taken by the system. Any thread.
    virtual std::size_t pending_bytes() const = 0;

    /// Stops and continues reading, so that the peer's send queue fills instead of our memory.
    virtual void pause() = 0;
    virtual void resume() = 0;

    /// Writes what is queued, then ends the connection. Any thread.
    virtual void close() = 0;

    virtual const Peer& peer() const = 0;
};
using FrameConnectionPtr = std::shared_ptr<FrameConnection>;  // shared by all who send on it

/// Connects; `done` is called once on the loop thread. Errors: Unavailable, Timeout.
void connect_frames(EventLoop& loop, const Endpoint& server, FrameOptions options, Duration timeout,
                    std::function<void(Result<FrameConnectionPtr>)> done);

class FrameServer {
public:
    using OnConnection = std::function<void(FrameConnectionPtr)>;  // on the loop thread

    FrameServer(EventLoop& loop, FrameOptions options, OnConnection on_connection);
    ~FrameServer();  // stops listening; connections live on. on_connection is not called any more.
    FrameServer(const FrameServer&) = delete;
    FrameServer& operator=(const FrameServer&) = delete;

    /// As HttpServer::listen.
    Result<std::uint16_t> listen(const std::string& address, std::uint16_t port);
    Status listen_unix(const std::string& path, unsigned mode = 0600);

private:
    class Impl;
    std::shared_ptr<Impl> impl_;  // shared with pending operations of the loop
};

}  // namespace heddle::net
