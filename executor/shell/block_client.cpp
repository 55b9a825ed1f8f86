// Connections to other executors' block servers.
#include "executor/shell/block_client.h"

#include <chrono>
#include <optional>
#include <utility>

#include "common/rdd/executor_frames.h"
#include "common/rdd/registry.h"

namespace heddle::executor {

namespace {

constexpr Duration kConnectTimeout = seconds(10);
constexpr std::chrono::seconds kAnswerTimeout{120};
constexpr std::chrono::milliseconds kCancelPoll{50};
constexpr std::size_t kBlockFrameLimit = std::size_t{3} << 30U;

}  // namespace

// One block that was asked for: filled by the loop thread, awaited by a task thread.
class BlockClient::Request final {
public:
    explicit Request(const rdd::BlockId& id) : block(id) {}

    void finish(Result<blocks::BlockPtr> answer) {
        {
            const std::lock_guard lock(mutex_);
            if (!answer_) {
                answer_.emplace(std::move(answer));
            }
        }
        ready_.notify_all();
    }

    Result<blocks::BlockPtr> wait(const std::atomic<bool>& cancelled) {
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
        return *answer_;
    }

    const rdd::BlockId block;

private:
    std::mutex mutex_;
    std::condition_variable ready_;
    std::optional<Result<blocks::BlockPtr>> answer_;
};

struct BlockClient::Shared {
    Shared(net::EventLoop& event_loop, std::string application_secret)
        : loop(event_loop), secret(std::move(application_secret)) {}

    net::EventLoop& loop;
    const std::string secret;
    std::mutex mutex;
    std::map<rdd::ExecutorId, Peer> peers;
};

namespace {

// A request as a task sees it.
template <typename Request>
class WaitingFor final : public BlockSource::Pending {
public:
    explicit WaitingFor(std::shared_ptr<Request> request) : request_(std::move(request)) {}
    Result<blocks::BlockPtr> take(const std::atomic<bool>& cancelled) override {
        return request_->wait(cancelled);
    }

private:
    std::shared_ptr<Request> request_;  // shared with the peer's table until it is answered
};

void send_request(net::FrameConnection& connection, std::uint64_t number,
                  const rdd::BlockId& block) {
    connection.send(static_cast<std::uint8_t>(rdd::FrameKind::BlockRequest), number,
                    rdd::encode(block));
}

}  // namespace

BlockClient::BlockClient(net::EventLoop& loop, std::string secret)
    : shared_(std::make_shared<Shared>(loop, std::move(secret))) {}

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
    ++peer.generation;
}

std::unique_ptr<BlockSource::Pending> BlockClient::fetch(rdd::ExecutorId from,
                                                         const rdd::BlockId& block) {
    auto request = std::make_shared<Request>(block);
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
        send_request(*peer.connection, number, block);
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
        fail_all(peer, made.error());
        return;
    }
    peer.connecting = false;
    peer.connection = std::move(made).value();
    net::FrameConnection::Events events;
    events.on_frame = [shared, id, generation](const net::Frame& frame) {
        answered(shared, id, generation, frame);
    };
    events.on_close = [shared, id, generation](const Status& why) {
        const std::lock_guard guard(shared->mutex);
        const auto at = shared->peers.find(id);
        if (at != shared->peers.end() && at->second.generation == generation) {
            fail_all(at->second,
                     why ? Error{ErrorCode::Unavailable, "the executor closed"} : why.error());
        }
    };
    peer.connection->start(std::move(events));
    peer.connection->send(
        static_cast<std::uint8_t>(rdd::FrameKind::Handshake), 0,
        rdd::encode(rdd::Handshake{rdd::kRuntimeVersion, rdd::Purpose::Blocks, shared->secret}));
    for (const auto& [number, request] : peer.requests) {
        send_request(*peer.connection, number, request->block);
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
    }
    if (frame.kind != static_cast<std::uint8_t>(rdd::FrameKind::BlockAnswer)) {
        request->finish(blocks::BlockPtr());
        return;
    }
    request->finish(blocks::parse_block(frame.payload.text(), frame.payload.owner));
}

}  // namespace heddle::executor
