#include "resourcemanager/shell/connections.h"

#include <algorithm>
#include <span>
#include <utility>

#include "common/base/log.h"
#include "common/wire/codec.h"

namespace heddle::rm {
namespace {

// WebSocket closing codes (RFC 6455).
constexpr std::uint16_t kNormal = 1000;
constexpr std::uint16_t kBadMessage = 1007;
constexpr std::uint16_t kPolicy = 1008;
constexpr std::uint16_t kTryAgain = 1013;

constexpr std::size_t kHeldMax = 1000;  // messages behind a registration

constexpr std::size_t kReasonMax = 120;  // a closing frame has room for 123 bytes

// What agents and masters read at least: net::WebSocketOptions::message_limit.
constexpr std::size_t kFrameSentMax = 16U << 20U;

// One frame, or several when the peer would refuse it unread. A message alone always fits
// (resourcemanager/core/outbox.h).
template <typename Message>
void send_frames(net::WebSocket& socket, std::span<const Message> messages) {
    std::string bytes = wire::encode_frame(messages);
    if (bytes.size() <= kFrameSentMax || messages.size() == 1) {
        socket.send(std::move(bytes));
        return;
    }
    const std::size_t half = messages.size() / 2;
    send_frames(socket, messages.first(half));
    send_frames(socket, messages.subspan(half));
}

}  // namespace

void Connections::accept_node(net::WebSocketPtr socket) {
    const ConnectionId id = add(Kind::Node, socket);
    net::WebSocket::Events events;
    events.on_message = [this, id](std::string bytes, bool) { on_node_message(id, bytes); };
    events.on_close = [this, id](const Status&) {
        remove(id);
        held_.erase(id);
        refused_.erase(id);
        door_.push(NodeDisconnected{id});
    };
    socket->start(std::move(events));
}

void Connections::accept_master(net::WebSocketPtr socket, std::string token) {
    const ConnectionId id = add(Kind::Master, socket);
    net::WebSocket::Events events;
    events.on_message = [this, id](std::string bytes, bool) { on_master_message(id, bytes); };
    events.on_close = [this, id](const Status&) {
        remove(id);
        refused_.erase(id);
        door_.end_of_master(id);
    };
    if (const Status taken = door_.offer_from_master(id, MasterConnected{id, std::move(token)}, 0);
        !taken) {
        refuse(id, kTryAgain, taken.error().message);
    }
    socket->start(std::move(events));
}

ConnectionId Connections::add(Kind kind, net::WebSocketPtr socket) {
    const std::lock_guard lock(mutex_);
    const ConnectionId id{++last_};
    open_.emplace(id, Open{kind, std::move(socket)});
    return id;
}

Connections::Open Connections::find(ConnectionId connection) const {
    const std::lock_guard lock(mutex_);
    const auto found = open_.find(connection);
    return found == open_.end() ? Open{} : found->second;
}

void Connections::remove(ConnectionId connection) {
    Open closed;  // destroyed after the lock: the last reference closes the socket
    const std::lock_guard lock(mutex_);
    const auto found = open_.find(connection);
    if (found != open_.end()) {
        closed = std::move(found->second);
        open_.erase(found);
    }
}

void Connections::on_node_message(ConnectionId connection, const std::string& bytes) {
    if (refused_.contains(connection)) {
        return;
    }
    auto messages = wire::decode_frame<NodeToManager>(bytes);
    if (!messages) {
        refuse(connection, kBadMessage, messages.error().message);
        return;
    }
    for (NodeToManager& message : *messages) {
        if (!hold(connection, message)) {
            offer(connection, std::move(message));
        }
    }
}

void Connections::offer(ConnectionId connection, NodeToManager message) {
    if (!door_.offer(NodeMessage{connection, std::move(message)})) {
        refuse(connection, kTryAgain, "the resource manager is busy");
    }
}

void Connections::ask_for_racks(RackFinder& racks,
                                std::function<void(std::function<void()>)> post) {
    racks_ = &racks;
    post_ = std::move(post);
}

// A registration waits for the machine's rack, and what follows it waits behind it. A name that a
// program would take for an option is not asked for.
bool Connections::hold(ConnectionId connection, NodeToManager& message) {
    if (const auto waiting = held_.find(connection); waiting != held_.end()) {
        if (waiting->second.size() >= kHeldMax) {
            refuse(connection, kTryAgain, "the resource manager does not know its rack yet");
            return true;
        }
        waiting->second.push_back(std::move(message));
        return true;
    }
    const auto* registration = std::get_if<NodeRegister>(&message);
    if (racks_ == nullptr || registration == nullptr) {
        return false;
    }
    const std::string host = registration->info.id.name;
    if (host.empty() || host.starts_with("-") || host.size() > kNodeTextMax ||
        racks_->knows(host)) {
        return false;
    }
    held_[connection].push_back(std::move(message));
    racks_->find(host, [this, connection] { post_([this, connection] { let_go(connection); }); });
    return true;
}

void Connections::let_go(ConnectionId connection) {
    auto waiting = held_.extract(connection);
    if (waiting.empty()) {
        return;  // it has closed
    }
    for (NodeToManager& message : waiting.mapped()) {
        offer(connection, std::move(message));
    }
}

void Connections::on_master_message(ConnectionId connection, const std::string& bytes) {
    if (refused_.contains(connection)) {
        return;
    }
    auto messages = wire::decode_frame<MasterToManager>(bytes);
    if (!messages) {
        refuse(connection, kBadMessage, messages.error().message);
        return;
    }
    const std::size_t bytes_of_each = bytes.size() / std::max<std::size_t>(1, messages->size());
    for (MasterToManager& message : *messages) {
        const Status taken = door_.offer_from_master(
            connection, MasterMessage{connection, std::move(message)}, bytes_of_each);
        if (!taken) {
            refuse(connection, kTryAgain, taken.error().message);
            return;
        }
    }
}

void Connections::refuse(ConnectionId connection, std::uint16_t code, const std::string& why) {
    refused_.insert(connection);
    const Open open = find(connection);
    if (open.socket) {
        log::warning("closing a connection", {{"peer", open.socket->peer().text()}, {"why", why}});
        open.socket->close(code, why.substr(0, kReasonMax));
    }
}

void Connections::send(ConnectionId connection, ManagerToNode message) {
    to_nodes_[connection].push_back(std::move(message));
}

void Connections::send(ConnectionId connection, ManagerToMaster message) {
    to_masters_[connection].push_back(std::move(message));
}

template <typename Message>
void Connections::send_frame(ConnectionId connection, const std::vector<Message>& messages) {
    const Open open = find(connection);
    if (open.socket) {
        send_frames(*open.socket, std::span<const Message>(messages));
    }
}

void Connections::flush() {
    for (const auto& [connection, messages] : to_nodes_) {
        send_frame(connection, messages);
    }
    for (const auto& [connection, messages] : to_masters_) {
        send_frame(connection, messages);
    }
    to_nodes_.clear();
    to_masters_.clear();
}

void Connections::close(ConnectionId connection, const Error& why) {
    const Open open = find(connection);
    if (!open.socket) {
        return;
    }
    if (open.kind == Kind::Master) {
        // Was not admitted: the core has sent it nothing. Every other master has its last words.
        if (why.code == ErrorCode::Unauthenticated) {
            send(connection, MasterRejected{why.message});
        }
        send_frame(connection, to_masters_[connection]);
        to_masters_.erase(connection);
    } else if (const auto gathered = to_nodes_.extract(connection)) {
        send_frame(connection, gathered.mapped());
    }
    open.socket->close(why.message.empty() ? kNormal : kPolicy, why.message.substr(0, kReasonMax));
    remove(connection);
}

void Connections::close_all() {
    std::map<ConnectionId, Open> open;
    {
        const std::lock_guard lock(mutex_);
        open.swap(open_);
    }
    for (auto& [id, one] : open) {
        one.socket->close(1001, "the resource manager stops");
    }
}

std::size_t Connections::size() const {
    const std::lock_guard lock(mutex_);
    return open_.size();
}

}  // namespace heddle::rm
