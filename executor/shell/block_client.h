#pragma once

// Fetches blocks from other executors: one connection per peer, made when it is first needed, and
// many requests under way on it. Task threads ask, wait, and unpack what came; the loop thread
// passes it on. The asker decides how blocks are packed: it knows whether a network lies between.
//
// Where a connection cannot be made or breaks, what has not been answered is asked for again on a
// new one, some time later and a number of times, until the driver says that the executor is lost.

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "common/net/event_loop.h"
#include "common/net/frame_channel.h"
#include "executor/shell/block_source.h"

namespace heddle::executor {

class BlockClient final : public BlockSource {
public:
    BlockClient(net::EventLoop& loop, std::string secret);

    /// Before the first fetch.
    void set_transfer(const rdd::BlockTransfer& transfer);
    void meet(const rdd::PeerJoined& peer);
    /// Requests under way fail at once.
    void lose(rdd::ExecutorId peer);

    std::unique_ptr<Pending> fetch(rdd::ExecutorId from, std::vector<rdd::BlockId> blocks) override;

private:
    class Request;
    struct Peer {
        net::Endpoint address;
        net::FrameConnectionPtr connection;  // null: not connected
        bool connecting = false;
        bool network = false;          // on another host
        std::uint64_t generation = 0;  // of the connection: a late end of an old one is dropped
        std::uint64_t next = 1;
        std::int32_t failures = 0;  // of connections, since something was answered
        std::map<std::uint64_t, std::shared_ptr<Request>> requests;  // shared with who waits
    };
    // Shared with callbacks of the loop.
    struct Shared;

    static void send(const Shared& shared, Peer& peer, std::uint64_t number,
                     const Request& request);
    static void connect(const std::shared_ptr<Shared>& shared, rdd::ExecutorId id, Peer& peer);
    static void connected(const std::shared_ptr<Shared>& shared, rdd::ExecutorId id,
                          std::uint64_t generation, Result<net::FrameConnectionPtr> made);
    static void answered(const std::shared_ptr<Shared>& shared, rdd::ExecutorId id,
                         std::uint64_t generation, const net::Frame& frame);
    static void fail_all(Peer& peer, const Error& error);
    static void try_later(const std::shared_ptr<Shared>& shared, rdd::ExecutorId id, Peer& peer,
                          const Error& error);

    std::shared_ptr<Shared> shared_;
};

}  // namespace heddle::executor
