// Connections to other executors' block servers.
#include "executor/shell/block_client.h"

#include <chrono>
#include <optional>
#include <utility>

#include "common/base/log.h"
#include "common/blocks/block_message.h"
#include "common/rdd/executor_frames.h"
#include "common/rdd/registry.h"

namespace heddle::executor {

namespace {

constexpr Duration kConnectTimeout = seconds(10);
constexpr std::chrono::seconds kAnswerTimeout{120};
constexpr std::chrono::milliseconds kCancelPoll{50};
constexpr std::size_t kBlockFrameLimit = std::size_t{3} << 30U;

// Executors reach each other by the address by which they reach the driver, so two of one host have
// the same, which is also the one from which the other is reached.
bool on_another_host(const net::Peer& peer) {
    if (peer.address.empty() || net::is_loopback(peer.address)) {
        return false;
    }
    const auto own =
        net::local_address_towards({peer.address, peer.port, {}});  // numeric: no look-up
    return !own || *own != peer.address;
}

}  // namespace

// Blocks that were asked for: filled by the loop thread, awaited by a task thread.
class BlockClient::Request final {
public:
    explicit Request(std::vector<rdd::BlockId> ids) : blocks(std::move(ids)) {}

    /// The message as it came, or why none did.
    void finish(Result<net::SharedBytes> answer) {
        {
            const std::lock_guard lock(mutex_);
            if (!answer_) {
                answer_.emplace(std::move(answer));
            }
        }
        ready_.notify_all();
    }

    Result<Answer> wait(const std::atomic<bool>& cancelled) {
        TRY(const net::SharedBytes bytes, wait_for_bytes(cancelled));
        TRY(std::vector<heddle::blocks::BlockPtr> found,
            heddle::blocks::parse_message(bytes.text(), bytes.owner, blocks.size()));
        return Answer{std::move(found), bytes.size};
    }

    const std::vector<rdd::BlockId> blocks;

private:
    Result<net::SharedBytes> wait_for_bytes(const std::atomic<bool>& cancelled) {
        const auto give_up = std::chrono::steady_clock::now() + kAnswerTimeout;
        std::unique_lock lock(mutex_);
        while (!ready_.wait_for(lock, kCancelPoll, [this] { return answer_.has_value(); })) {
            if (cancelled.load(std::memory_order_relaxed)) {
                return Error{ErrorCode::Cancelled, "the task is cancelled"};
            }
            if (std::chrono::steady_clock::now() >= give_up) {
                return Error{ErrorCode::Timeout, "no answer from the executor in 120 s"};
            }
        }
        return *std::exchange(answer_, std::nullopt);
    }

    std::mutex mutex_;
    std::condition_variable ready_;
    std::optional<Result<net::SharedBytes>> answer_;
};

struct BlockClient::Shared {
    Shared(net::EventLoop& event_loop, std::string application_secret)
        : loop(event_loop), secret(std::move(application_secret)) {}

    net::EventLoop& loop;
    const std::string secret;
    std::mutex mutex;
    rdd::BlockTransfer transfer;
    std::map<rdd::ExecutorId, Peer> peers;
};

namespace {

// A request as a task sees it.
template <typename Request>
class WaitingFor final : public BlockSource::Pending {
public:
    explicit WaitingFor(std::shared_ptr<Request> request) : request_(std::move(request)) {}
    Result<BlockSource::Answer> take(const std::atomic<bool>& cancelled) override {
        return request_->wait(cancelled);
    }

private:
    std::shared_ptr<Request> request_;  // shared with the peer's table until it is answered
};

}  // namespace

BlockClient::BlockClient(net::EventLoop& loop, std::string secret)
    : shared_(std::make_shared<Shared>(loop, std::move(secret))) {}

void BlockClient::set_transfer(const rdd::BlockTransfer& transfer) {
    const std::lock_guard lock(shared_->mutex);
    shared_->transfer = transfer;
    set_tries(1 + transfer.fetch_retries);
}

void BlockClient::send(const Shared& shared, Peer& peer, std::uint64_t number,
                       const Request& request) {
    const rdd::BlockId::Kind kind =
        request.blocks.empty() ? rdd::BlockId::Kind::Rdd : request.blocks.front().kind;
    peer.connection->send(static_cast<std::uint8_t>(rdd::FrameKind::BlockRequest), number,
                          rdd::encode(rdd::BlocksWanted{
                              codec_for(shared.transfer, kind, peer.network), request.blocks}));
}

void BlockClient::meet(const rdd::PeerJoined& peer) {
    const std::lock_guard lock(shared_->mutex);
    shared_->peers[peer.executor].address =
        net::Endpoint::tcp(peer.address, static_cast<std::uint16_t>(peer.port));
}

void BlockClient::lose(rdd::ExecutorId id) {
    const std::lock_guard lock(shared_->mutex);
    const auto it = shared_->peers.find(id);
    if (it != shared_->peers.end()) {
        fail_all(it->second, Error{ErrorCode::Unavailable, "the executor is lost"});
        shared_->peers.erase(it);
    }
}

void BlockClient::fail_all(Peer& peer, const Error& error) {
    for (const auto& [number, request] : peer.requests) {
        request->finish(error);
    }
    peer.requests.clear();
    peer.connection = nullptr;
    peer.connecting = false;
    peer.failures = 0;
    ++peer.generation;
}

// The connection is no more. New requests wait with the old ones.
void BlockClient::try_later(const std::shared_ptr<Shared>& shared, rdd::ExecutorId id, Peer& peer,
                            const Error& error) {
    const rdd::BlockTransfer& transfer = shared->transfer;
    if (peer.requests.empty() || peer.failures >= transfer.fetch_retries) {
        const std::string tries =
            peer.failures > 0 ? ", " + std::to_string(peer.failures + 1) + " times" : "";
        fail_all(peer, Error{error.code, error.message + tries});
        return;
    }
    ++peer.failures;
    log::warning("blocks are asked for again after a failure",
                 {{"executor", rdd::to_string(id)},
                  {"requests", std::to_string(peer.requests.size())},
                  {"reason", error.message}});
    peer.connection = nullptr;
    peer.connecting = true;
    const std::uint64_t generation = ++peer.generation;
    shared->loop.post_after(transfer.fetch_retry_wait, [shared, id, generation] {
        const std::lock_guard lock(shared->mutex);
        const auto it = shared->peers.find(id);
        if (it != shared->peers.end() && it->second.generation == generation) {
            connect(shared, id, it->second);
        }
    });
}

std::unique_ptr<BlockSource::Pending> BlockClient::fetch(rdd::ExecutorId from,
                                                         std::vector<rdd::BlockId> blocks) {
    auto request = std::make_shared<Request>(std::move(blocks));
    auto pending = std::make_unique<WaitingFor<Request>>(request);
    const std::lock_guard lock(shared_->mutex);
    const auto it = shared_->peers.find(from);
    if (it == shared_->peers.end()) {
        request->finish(Error{ErrorCode::Unavailable, "the executor is lost"});
        return pending;
    }
    Peer& peer = it->second;
    const std::uint64_t number = peer.next++;
    peer.requests.emplace(number, request);
    if (peer.connection != nullptr) {
        send(*shared_, peer, number, *request);
    } else if (!peer.connecting) {
        connect(shared_, from, peer);
    }
    return pending;
}

void BlockClient::connect(const std::shared_ptr<Shared>& shared, rdd::ExecutorId id, Peer& peer) {
    net::FrameOptions options;
    options.frame_limit = kBlockFrameLimit;
    peer.connecting = true;
    const std::uint64_t generation = ++peer.generation;
    shared->loop.post([shared, id, generation, address = peer.address, options] {
        net::connect_frames(shared->loop, address, options, kConnectTimeout,
                            [shared, id, generation](Result<net::FrameConnectionPtr> made) {
                                connected(shared, id, generation, std::move(made));
                            });
    });
}

void BlockClient::connected(const std::shared_ptr<Shared>& shared, rdd::ExecutorId id,
                            std::uint64_t generation, Result<net::FrameConnectionPtr> made) {
    const std::lock_guard lock(shared->mutex);
    const auto it = shared->peers.find(id);
    if (it == shared->peers.end() || it->second.generation != generation) {
        return;
    }
    Peer& peer = it->second;
    if (!made) {
        try_later(shared, id, peer, made.error());
        return;
    }
    peer.connecting = false;
    peer.connection = std::move(made).value();
    peer.network = on_another_host(peer.connection->peer());
    net::FrameConnection::Events events;
    events.on_frame = [shared, id, generation](const net::Frame& frame) {
        answered(shared, id, generation, frame);
    };
    events.on_close = [shared, id, generation](const Status& why) {
        const std::lock_guard guard(shared->mutex);
        const auto at = shared->peers.find(id);
        if (at != shared->peers.end() && at->second.generation == generation) {
            try_later(shared, id, at->second,
                      why ? Error{ErrorCode::Unavailable, "the executor closed"} : why.error());
        }
    };
    peer.connection->start(std::move(events));
    peer.connection->send(
        static_cast<std::uint8_t>(rdd::FrameKind::Handshake), 0,
        rdd::encode(rdd::Handshake{rdd::kRuntimeVersion, rdd::Purpose::Blocks, shared->secret}));
    for (const auto& [number, request] : peer.requests) {
        send(*shared, peer, number, *request);
    }
}

void BlockClient::answered(const std::shared_ptr<Shared>& shared, rdd::ExecutorId id,
                           std::uint64_t generation, const net::Frame& frame) {
    std::shared_ptr<Request> request;
    {
        const std::lock_guard lock(shared->mutex);
        const auto it = shared->peers.find(id);
        if (it == shared->peers.end() || it->second.generation != generation) {
            return;
        }
        const auto at = it->second.requests.find(frame.correlation);
        if (at == it->second.requests.end()) {
            return;
        }
        request = std::move(at->second);
        it->second.requests.erase(at);
        it->second.failures = 0;
    }
    if (frame.kind != static_cast<std::uint8_t>(rdd::FrameKind::BlockAnswer)) {
        request->finish(Error{ErrorCode::DataLoss, "the executor answered with something else"});
        return;
    }
    request->finish(frame.payload);
}

}  // namespace heddle::executor
