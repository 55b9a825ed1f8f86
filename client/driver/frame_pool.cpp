// The framed transport, driver's side.
#include "client/driver/frame_pool.h"

#include <utility>
#include <vector>

#include "common/base/ids.h"
#include "common/base/log.h"
#include "common/blocks/block_message.h"
#include "common/net/digest.h"
#include "common/rdd/executor_frames.h"
#include "common/rdd/registry.h"

namespace heddle::driver {

namespace {

constexpr Duration kHeartbeat = seconds(1);
constexpr Duration kHelloTimeout = seconds(20);
constexpr std::size_t kSecretBytes = 32;
constexpr std::size_t kFrameBytes = 1U << 20U;

}  // namespace

FramePool::FramePool() : secret_(net::random_token(kSecretBytes)) {}

FramePool::~FramePool() {
    close();
}

Status FramePool::open(const std::string& address, Post post) {
    address_ = address;
    post_ = std::move(post);
    server_ = std::make_unique<net::FrameServer>(
        loop_, net::FrameOptions{},
        [this](net::FrameConnectionPtr frames) { accept(std::move(frames)); });
    TRY(port_, server_->listen(address, 0));
    thread_ = std::thread([this] { loop_.run(); });
    return {};
}

void FramePool::hang_up() {
    loop_.post([this] {
        server_.reset();
        const std::lock_guard lock(mutex_);
        for (const auto& [key, connection] : connections_) {
            connection->frames->close();
        }
    });
}

void FramePool::close() {
    if (!thread_.joinable()) {
        return;
    }
    hang_up();
    loop_.post([this] { loop_.stop(); });
    thread_.join();
}

void FramePool::accept(net::FrameConnectionPtr frames) {
    auto connection = std::make_shared<Connection>();
    connection->frames = std::move(frames);
    {
        const std::lock_guard lock(mutex_);
        connections_.emplace(connection.get(), connection);
    }
    std::weak_ptr<Connection> weak = connection;
    net::FrameConnection::Events events;
    events.on_frame = [this, weak](const net::Frame& frame) {
        if (const auto self = weak.lock()) {
            take(self, frame);
        }
    };
    events.on_close = [this, weak](const Status& why) {
        if (const auto self = weak.lock()) {
            ended(self, why);
        }
    };
    connection->frames->start(std::move(events));
    loop_.post_after(kHelloTimeout, [weak] {
        const auto self = weak.lock();
        if (self != nullptr && self->executor == rdd::kNoExecutor && !self->blocks) {
            self->frames->close();
        }
    });
}

void FramePool::take(const ConnectionPtr& connection, const net::Frame& frame) {
    if (!connection->trusted) {
        const auto hello = rdd::decode_handshake(frame.payload.text());
        connection->trusted = hello && net::constant_time_equal(hello->secret, secret_);
        connection->blocks = connection->trusted && hello->purpose == rdd::Purpose::Blocks;
        if (!connection->trusted) {
            log::warning("refused a connection that is none of our executors",
                         {{"peer", connection->frames->peer().text()}});
            connection->frames->close();
        }
        return;
    }
    if (connection->blocks) {
        answer_blocks(connection, frame);
        return;
    }
    const auto messages = rdd::split_messages(frame.payload.text());
    Status good = messages ? Status() : Status(messages.error());
    for (std::size_t i = 0; good && i < messages->size(); ++i) {
        good = take_message(connection, (*messages)[i]);
    }
    if (!good) {
        connection->reason = good.error().message;
        connection->frames->close();
    }
}

// On the loop's file thread: packing a chunk takes longer than messages may wait.
void FramePool::answer_blocks(const ConnectionPtr& connection, const net::Frame& frame) {
    const auto wanted = rdd::decode_blocks_wanted(frame.payload.text());
    if (!wanted) {
        connection->reason = wanted.error().message;
        connection->frames->close();
        return;
    }
    const auto answer = [broadcasts = broadcasts_, frames = connection->frames, wanted = *wanted,
                         correlation = frame.correlation] {
        std::vector<blocks::BlockPtr> found;
        for (const rdd::BlockId& id : wanted.blocks) {
            found.push_back(broadcasts == nullptr ? nullptr : broadcasts->get(id));
        }
        // Shared by the parts that are being written.
        const auto message = std::make_shared<const blocks::BlockMessage>(found, wanted.codec);
        frames->send(static_cast<std::uint8_t>(rdd::FrameKind::BlockAnswer), correlation, {},
                     net::SharedBytes::of(message, message->parts()));
    };
    loop_.run_blocking(answer, [] {});
}

Status FramePool::take_message(const ConnectionPtr& connection, std::string_view bytes) {
    TRY(rdd::FromExecutor message, rdd::decode_from_executor(bytes));
    if (const auto* hello = std::get_if<rdd::ExecutorHello>(&message)) {
        return register_executor(connection, *hello);
    }
    if (connection->executor == rdd::kNoExecutor) {
        return Error{ErrorCode::Conflict, "an executor spoke before it said hello"};
    }
    post_(ExecutorSaid{connection->executor, std::move(message)});
    return {};
}

Status FramePool::register_executor(const ConnectionPtr& connection,
                                    const rdd::ExecutorHello& hello) {
    const Status same = rdd::check_same_program(rdd::program_identity(), hello.program);
    if (!same || hello.slots < 1 || connection->executor != rdd::kNoExecutor) {
        const std::string reason = same ? "an impossible hello" : same.error().message;
        rdd::ByteWriter frame;
        rdd::append_message(frame, rdd::encode(rdd::ToExecutor(rdd::ExecutorRefused{reason})));
        connection->frames->send(static_cast<std::uint8_t>(rdd::FrameKind::Messages), 0,
                                 frame.view());
        return Error{ErrorCode::Conflict, reason};
    }
    {
        const std::lock_guard lock(mutex_);
        connection->executor = rdd::ExecutorId{next_executor_++};
        connection->container = hello.container;
        containers_.insert(hello.container);
        executors_.emplace(connection->executor, connection);
        rdd::ExecutorWelcome first = welcome();
        first.executor = connection->executor;
        first.heartbeat_interval = kHeartbeat;
        rdd::append_message(connection->outbox, rdd::encode(rdd::ToExecutor(std::move(first))));
    }
    joined(hello.container);
    ExecutorRegistered registered;
    registered.executor = connection->executor;
    registered.host = host_of(hello);
    if (parse_container_id(hello.container)) {
        registered.container = hello.container;  // else it is a process of our own
    }
    registered.address = hello.address;
    registered.port = hello.port;
    registered.slots = hello.slots;
    registered.memory = hello.memory;
    post_(std::move(registered));
    return {};
}

void FramePool::ended(const ConnectionPtr& connection, const Status& why) {
    const ConnectionPtr keep = connection;
    {
        const std::lock_guard lock(mutex_);
        connections_.erase(connection.get());
        executors_.erase(connection->executor);
    }
    const std::string reason = !keep->reason.empty() ? keep->reason
                               : why                 ? "the executor closed its connection"
                                                     : why.error().message;
    if (keep->executor != rdd::kNoExecutor || (keep->trusted && !keep->blocks)) {
        gone(keep->container,
             ExecutorLost{keep->executor, reason, keep->crashed, keep->out_of_memory},
             !keep->reason.empty());
    }
}

void FramePool::send(rdd::ExecutorId executor, const rdd::ToExecutor& message) {
    const rdd::Bytes bytes = rdd::encode(message);
    const std::lock_guard lock(mutex_);
    const auto it = executors_.find(executor);
    if (it == executors_.end()) {
        return;
    }
    Connection& connection = *it->second;
    rdd::append_message(connection.outbox, bytes);
    if (connection.outbox.size() > kFrameBytes) {
        connection.frames->send(static_cast<std::uint8_t>(rdd::FrameKind::Messages), 0, {},
                                {net::SharedBytes::of(connection.outbox.take())});
    }
}

void FramePool::flush() {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, connection] : executors_) {
        if (connection->outbox.size() > 0) {
            connection->frames->send(static_cast<std::uint8_t>(rdd::FrameKind::Messages), 0, {},
                                     {net::SharedBytes::of(connection->outbox.take())});
        }
    }
}

void FramePool::drop(rdd::ExecutorId executor, const std::string& reason) {
    const std::lock_guard lock(mutex_);
    const auto it = executors_.find(executor);
    if (it != executors_.end()) {
        Connection& connection = *it->second;
        connection.reason = reason;
        rdd::append_message(connection.outbox,
                            rdd::encode(rdd::ToExecutor(rdd::ExecutorRefused{reason})));
        connection.frames->send(static_cast<std::uint8_t>(rdd::FrameKind::Messages), 0, {},
                                {net::SharedBytes::of(connection.outbox.take())});
        connection.frames->close();
    }
}

void FramePool::drop_container(const std::string& container, const std::string& reason,
                               bool crashed, bool out_of_memory) {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, connection] : executors_) {
        if (connection->container == container) {
            connection->reason = reason;
            connection->crashed = crashed;
            connection->out_of_memory = out_of_memory;
            connection->frames->close();
        }
    }
}

std::string FramePool::container_of(rdd::ExecutorId executor) {
    const std::lock_guard lock(mutex_);
    const auto it = executors_.find(executor);
    return it == executors_.end() ? std::string() : it->second->container;
}

bool FramePool::has_container(const std::string& container) {
    return executor_in(container).has_value();
}

std::optional<rdd::ExecutorId> FramePool::executor_in(const std::string& container) {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, connection] : executors_) {
        if (connection->container == container) {
            return id;
        }
    }
    return std::nullopt;
}

bool FramePool::was_container(const std::string& container) {
    const std::lock_guard lock(mutex_);
    return containers_.count(container) != 0;
}

}  // namespace heddle::driver
