#pragma once

// Byte streams over TCP and Unix sockets on a loop: reading into the user's hands, a write queue
// with gathering, and how connections come about. Loop thread only.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "common/base/time.h"
#include "common/net/address.h"
#include "common/net/loop_core.h"
#include "common/net/send_queue.h"

namespace heddle::net {

class TransportUser {
public:
    virtual ~TransportUser() = default;

    /// Bytes arrived. The user may close, pause or hand over the transport from here.
    virtual void on_bytes(std::string_view bytes) = 0;
    /// Where the next bytes should go directly; empty: into a buffer of the loop, and on_bytes().
    virtual std::span<std::byte> direct_space() { return {}; }
    /// `size` bytes were put into the direct space.
    virtual void on_direct(std::size_t size) { static_cast<void>(size); }
    /// The peer will send no more (after its last bytes). The transport stays open for writing.
    virtual void on_end() = 0;
    /// The connection broke; the transport is closed already.
    virtual void on_lost(Error why) = 0;
    /// The system took `size` more bytes; `drained`: nothing is left.
    virtual void on_written(std::size_t size, bool drained) = 0;
    /// The loop goes away; the transport is closed already.
    virtual void on_abandon() {}
};

class Transport final : public IoListener, public std::enable_shared_from_this<Transport> {
public:
    Transport(std::shared_ptr<LoopCore> core, int descriptor, Peer peer);
    /// Registers with the loop; before anything else.
    void open();

    /// The user is kept alive until the transport is closed or gets another user.
    void set_user(std::shared_ptr<TransportUser> user) { user_ = std::move(user); }

    void start_reading();
    void pause_reading() { reading_ = false; }

    void write(std::vector<OutPiece> pieces);
    void write(std::string bytes);
    std::size_t pending() const { return pending_; }

    /// No more bytes to the peer; call when nothing is pending.
    void shut_down_writing();
    /// At once. No callback follows.
    void close();
    /// As set_peer_timeout().
    void set_timeout(Duration timeout);
    bool is_open() const { return handle_ != nullptr; }

    const Peer& peer() const { return peer_; }
    const std::shared_ptr<LoopCore>& core() const { return core_; }

    void on_readable() override;
    void on_writable() override;
    void on_abandon() override;

private:
    void flush();
    bool write_some(std::size_t& written);
    void lose(Error why);

    std::shared_ptr<LoopCore> core_;
    int descriptor_;
    Peer peer_;
    std::unique_ptr<IoHandle> handle_;     // null: closed
    std::shared_ptr<TransportUser> user_;  // a cycle by intent: ends with close()
    std::deque<OutPiece> out_;
    std::size_t out_offset_ = 0;  // bytes of the first piece that are written
    std::size_t pending_ = 0;
    bool reading_ = false;
    bool flushing_ = false;
    bool ended_ = false;
};

using TransportPtr =
    std::shared_ptr<Transport>;  // shared by its user and the callbacks on the stack

/// Marks half-open peers: keepalive probes on idle connections, TCP_USER_TIMEOUT on sent bytes.
void set_peer_timeout(int descriptor, Duration timeout);

/// Accepts until destroyed. Running out of descriptors neither spins nor leaves clients hanging: a
/// reserved descriptor is given up to accept and close.
class Listener final : public IoListener, public std::enable_shared_from_this<Listener> {
public:
    using OnAccept = std::function<void(int descriptor, Peer peer)>;

    static Result<std::shared_ptr<Listener>> tcp(std::shared_ptr<LoopCore> core,
                                                 const std::string& address, std::uint16_t port,
                                                 OnAccept on_accept);
    static Result<std::shared_ptr<Listener>> unix_socket(std::shared_ptr<LoopCore> core,
                                                         const std::string& path, unsigned mode,
                                                         OnAccept on_accept);

    Listener(std::shared_ptr<LoopCore> core, OnAccept on_accept);
    ~Listener() override;

    std::uint16_t port() const { return port_; }
    void close();

    void on_readable() override;
    void on_writable() override {}
    void on_abandon() override { close(); }

private:
    void start(int descriptor);
    bool accept_one();
    bool shed_one();

    std::shared_ptr<LoopCore> core_;
    OnAccept on_accept_;
    int descriptor_ = -1;
    bool paused_ = false;
    int reserve_ = -1;  // opened on nothing, to be given up when descriptors run out
    std::uint16_t port_ = 0;
    std::string unix_path_;
    std::unique_ptr<IoHandle> handle_;
};

/// A connect under way, cancelled by dropping it.
class Connecting {
public:
    virtual ~Connecting() = default;
};

/// Connects to the first address of `server` that answers. `done` is called once, unless cancelled.
/// Errors: Unavailable with the endpoint, Timeout.
std::shared_ptr<Connecting> connect_transport(const std::shared_ptr<LoopCore>& core,
                                              const Endpoint& server, Duration timeout,
                                              std::function<void(Result<TransportPtr>)> done);

}  // namespace heddle::net
