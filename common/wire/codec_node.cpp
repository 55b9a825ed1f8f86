// What node agents and the manager say to each other.

#include "common/wire/codec_frame.h"
#include "common/wire/proto/node.pb.h"

// Found by argument-dependent lookup on the protobuf side, also from the templates of
// codec_model.h; static, because they belong to this file.
namespace heddle::wire::proto {

constexpr std::size_t kIdentityMax = 128;

static void write(const heddle::NodeRegister& value, proto::NodeToManager& out) {
    proto::NodeRegister& message = *out.mutable_registration();
    write(value.info, *message.mutable_info());
    message.set_incarnation(value.incarnation);
    message.set_epoch_seen(value.epoch_seen);
    write_all(value.containers, *message.mutable_containers());
    message.set_agent(value.agent);
    message.set_boot(value.boot);
    message.set_opportunistic_queue_max(value.opportunistic_queue_max);
}

static void write(const heddle::NodeStatus& value, proto::NodeToManager& out) {
    proto::NodeStatus& message = *out.mutable_status();
    message.set_session(value.session);
    message.set_sequence(value.sequence);
    message.set_orders_seen(value.orders_seen);
    message.set_complete(value.complete);
    write_all(value.containers, *message.mutable_containers());
    write(value.usage, *message.mutable_usage());
}

static void write(const heddle::NodeLeaving& value, proto::NodeToManager& out) {
    out.mutable_leaving()->set_session(value.session);
}

static Status read(const proto::NodeRegister& in, heddle::NodeRegister& value) {
    TRY(read(in.info(), value.info));
    TRY(read_all(in.containers(), value.containers));
    if (in.epoch_seen() < 0) {
        return bad("epoch out of range");
    }
    if (in.opportunistic_queue_max() < 0) {
        return bad("queue of opportunistic containers out of range");
    }
    value.opportunistic_queue_max = in.opportunistic_queue_max();
    if (in.agent().size() > kIdentityMax || in.boot().size() > kIdentityMax) {
        return bad("the agent's or the machine's identity is too long");
    }
    value.agent = in.agent();
    value.boot = in.boot();
    value.incarnation = in.incarnation();
    value.epoch_seen = in.epoch_seen();
    return {};
}

static Status read(const proto::NodeStatus& in, heddle::NodeStatus& value) {
    TRY(read_all(in.containers(), value.containers));
    TRY(read(in.usage(), value.usage));
    value.session = in.session();
    value.sequence = in.sequence();
    value.orders_seen = in.orders_seen();
    value.complete = in.complete();
    return {};
}

static void write(const heddle::ContainerStop& value, proto::ContainerStop& out) {
    write(value.container, *out.mutable_container());
    out.set_grace_us(value.grace.microseconds);
    out.set_reason(value.reason);
}

static Status read(const proto::ContainerStop& in, heddle::ContainerStop& value) {
    TRY(read(in.container(), value.container));
    TRY(read_duration(in.grace_us(), "grace", value.grace));
    value.reason = in.reason();
    return {};
}

static void write(const heddle::ContainerSignal& value, proto::ContainerSignal& out) {
    write(value.container, *out.mutable_container());
    out.set_kind(static_cast<std::uint32_t>(value.kind));
}

static Status read(const proto::ContainerSignal& in, heddle::ContainerSignal& value) {
    TRY(read(in.container(), value.container));
    return read_enum(in.kind(), SignalKind::Kill, "signal", value.kind);
}

static void write(const heddle::SizeOrder& value, proto::SizeOrder& out) {
    write(value.container, *out.mutable_container());
    out.set_version(value.version);
    write(value.size, *out.mutable_size());
}

static Status read(const proto::SizeOrder& in, heddle::SizeOrder& value) {
    TRY(read(in.container(), value.container));
    value.version = in.version();
    return read(in.size(), value.size);
}

static void write(const heddle::NodeWelcome& value, proto::ManagerToNode& out) {
    proto::NodeWelcome& message = *out.mutable_welcome();
    message.set_session(value.session);
    message.set_epoch(value.epoch);
    message.set_heartbeat_interval_us(value.heartbeat_interval.microseconds);
}

static void write(const heddle::NodeRefused& value, proto::ManagerToNode& out) {
    out.mutable_refused()->set_reason(value.reason);
}

static void write(const heddle::NodeOrders& value, proto::ManagerToNode& out) {
    proto::NodeOrders& message = *out.mutable_orders();
    message.set_session(value.session);
    message.set_sequence(value.sequence);
    message.set_epoch(value.epoch);
    write_all(value.starts, *message.mutable_starts());
    write_all(value.releases_hold, *message.mutable_releases_hold());
    write_all(value.stops, *message.mutable_stops());
    write_all(value.acknowledged, *message.mutable_acknowledged());
    write_all(value.signals, *message.mutable_signals());
    write_all(value.take_backs, *message.mutable_take_backs());
    write_all(value.execution_changes, *message.mutable_execution_changes());
    write_all(value.sizes, *message.mutable_sizes());
}

static Status read(const proto::NodeWelcome& in, heddle::NodeWelcome& value) {
    TRY(read_duration(in.heartbeat_interval_us(), "heartbeat interval", value.heartbeat_interval));
    if (in.epoch() < 1) {
        return bad("welcome without an epoch");
    }
    value.session = in.session();
    value.epoch = in.epoch();
    return {};
}

static Status read(const proto::NodeOrders& in, heddle::NodeOrders& value) {
    TRY(read_all(in.starts(), value.starts));
    TRY(read_all(in.releases_hold(), value.releases_hold));
    TRY(read_all(in.stops(), value.stops));
    TRY(read_all(in.acknowledged(), value.acknowledged));
    TRY(read_all(in.signals(), value.signals));
    TRY(read_all(in.take_backs(), value.take_backs));
    TRY(read_all(in.execution_changes(), value.execution_changes));
    TRY(read_all(in.sizes(), value.sizes));
    if (in.epoch() < 1) {
        return bad("orders without an epoch");
    }
    value.session = in.session();
    value.sequence = in.sequence();
    value.epoch = in.epoch();
    return {};
}

static Status append(const proto::NodeToManager& in, std::vector<heddle::NodeToManager>& messages) {
    switch (in.message_case()) {
        case proto::NodeToManager::kRegistration:
            return read(in.registration(), std::get<heddle::NodeRegister>(
                                               messages.emplace_back(heddle::NodeRegister{})));
        case proto::NodeToManager::kStatus:
            return read(in.status(),
                        std::get<heddle::NodeStatus>(messages.emplace_back(heddle::NodeStatus{})));
        case proto::NodeToManager::kLeaving:
            messages.emplace_back(heddle::NodeLeaving{in.leaving().session()});
            return {};
        case proto::NodeToManager::MESSAGE_NOT_SET:
            return {};
    }
    return {};
}

static Status append(const proto::ManagerToNode& in, std::vector<heddle::ManagerToNode>& messages) {
    switch (in.message_case()) {
        case proto::ManagerToNode::kWelcome:
            return read(in.welcome(), std::get<heddle::NodeWelcome>(
                                          messages.emplace_back(heddle::NodeWelcome{})));
        case proto::ManagerToNode::kRefused:
            messages.emplace_back(heddle::NodeRefused{in.refused().reason()});
            return {};
        case proto::ManagerToNode::kOrders:
            return read(in.orders(),
                        std::get<heddle::NodeOrders>(messages.emplace_back(heddle::NodeOrders{})));
        case proto::ManagerToNode::MESSAGE_NOT_SET:
            return {};
    }
    return {};
}

}  // namespace heddle::wire::proto

namespace heddle::wire {

std::string encode_frame(std::span<const NodeToManager> messages) {
    proto::NodeToManagerFrame frame;
    for (const NodeToManager& message : messages) {
        std::visit([&](const auto& value) { write(value, *frame.add_messages()); }, message);
    }
    return to_bytes(frame);
}

std::string encode_frame(std::span<const ManagerToNode> messages) {
    proto::ManagerToNodeFrame frame;
    for (const ManagerToNode& message : messages) {
        std::visit([&](const auto& value) { write(value, *frame.add_messages()); }, message);
    }
    return to_bytes(frame);
}

template <>
Result<std::vector<NodeToManager>> decode_frame(std::string_view bytes) {
    proto::NodeToManagerFrame frame;
    TRY(parse(bytes, frame));
    std::vector<NodeToManager> messages;
    for (const proto::NodeToManager& message : frame.messages()) {
        TRY(append(message, messages));
    }
    return messages;
}

template <>
Result<std::vector<ManagerToNode>> decode_frame(std::string_view bytes) {
    proto::ManagerToNodeFrame frame;
    TRY(parse(bytes, frame));
    std::vector<ManagerToNode> messages;
    for (const proto::ManagerToNode& message : frame.messages()) {
        TRY(append(message, messages));
    }
    return messages;
}

}  // namespace heddle::wire
