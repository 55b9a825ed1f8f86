// What application masters and the manager say to each other.

#include "common/wire/codec_frame.h"
#include "common/wire/proto/master.pb.h"

// Found by argument-dependent lookup on the protobuf side, also from the templates of
// codec_model.h; static, because they belong to this file.
namespace heddle::wire::proto {

constexpr std::int32_t kAskCountMax = 10'000'000;

static void write(const heddle::LaunchTemplate& value, proto::LaunchTemplate& out) {
    out.set_id(value.id);
    write(value.spec, *out.mutable_spec());
}

static Status read(const proto::LaunchTemplate& in, heddle::LaunchTemplate& value) {
    value.id = in.id();
    return read(in.spec(), value.spec);
}

static void write(const heddle::Ask& value, proto::Ask& out) {
    out.set_id(value.id);
    out.set_generation(value.generation);
    out.set_launch_template(value.launch_template);
    out.set_priority(value.priority);
    write(value.size, *out.mutable_size());
    out.set_count(value.count);
    for (const NodeId& node : value.nodes) {
        out.add_nodes(node.name);
    }
    out.set_strict_locality(!value.relax_locality);
    out.set_hold(value.hold);
    write_texts(value.racks, *out.mutable_racks());
    out.set_label(value.label);
    out.set_gang(value.gang);
    out.set_gang_min(value.gang_min);
    out.set_gang_deadline_us(value.gang_deadline.microseconds);
    write_texts(value.tags, *out.mutable_tags());
    out.set_constraint(value.constraint);
    out.set_execution(static_cast<std::uint32_t>(value.execution));
    out.set_enforce_execution(value.enforce_execution);
}

static Status read(const proto::Ask& in, heddle::Ask& value) {
    if (in.id() < 1 || in.generation() < 0 || in.count() < 0 || in.count() > kAskCountMax) {
        return bad("ask out of range");
    }
    value.id = in.id();
    value.generation = in.generation();
    value.launch_template = in.launch_template();
    value.priority = in.priority();
    TRY(read(in.size(), value.size));
    value.count = in.count();
    for (const std::string& node : in.nodes()) {
        TRY(read_node_id(node, value.nodes.emplace_back()));
    }
    value.relax_locality = !in.strict_locality();
    value.hold = in.hold();
    value.racks.assign(in.racks().begin(), in.racks().end());
    value.label = in.label();
    value.gang = in.gang();
    value.gang_min = in.gang_min();
    value.gang_deadline = Duration{in.gang_deadline_us()};
    value.tags.assign(in.tags().begin(), in.tags().end());
    value.constraint = in.constraint();
    value.enforce_execution = in.enforce_execution();
    return read_execution(in.execution(), value.execution);
}

static void write(const heddle::MasterRegister& value, proto::MasterToManager& out) {
    proto::MasterRegister& message = *out.mutable_registration();
    write(value.attempt, *message.mutable_attempt());
    message.set_host(value.host);
    message.set_rpc_port(value.rpc_port);
    message.set_tracking_url(value.tracking_url);
}

static void write(const heddle::ContainerResize& value, proto::ContainerResize& out) {
    write(value.container, *out.mutable_container());
    out.set_version(value.version);
    write(value.size, *out.mutable_size());
}

static Status read(const proto::ContainerResize& in, heddle::ContainerResize& value) {
    TRY(read(in.container(), value.container));
    value.version = in.version();
    return read(in.size(), value.size);
}

static void write(const heddle::MasterUpdate& value, proto::MasterToManager& out) {
    proto::MasterUpdate& message = *out.mutable_update();
    message.set_session(value.session);
    message.set_sequence(value.sequence);
    message.set_news_seen(value.news_seen);
    message.set_complete(value.complete);
    write_all(value.templates, *message.mutable_templates());
    write_all(value.asks, *message.mutable_asks());
    write_all(value.known, *message.mutable_known());
    write_all(value.starts, *message.mutable_starts());
    write_all(value.releases, *message.mutable_releases());
    message.set_progress_percent(value.progress_percent);
    write_all(value.execution_changes, *message.mutable_execution_changes());
    if (value.blacklist) {
        proto::Blacklist& blacklist = *message.mutable_blacklist();
        for (const NodeId& node : *value.blacklist) {
            blacklist.add_nodes(node.name);
        }
    }
    write_all(value.resizes, *message.mutable_resizes());
    message.set_headroom_wanted(value.headroom_wanted);
}

static void write(const heddle::MasterFinish& value, proto::MasterToManager& out) {
    proto::MasterFinish& message = *out.mutable_finish();
    message.set_session(value.session);
    message.set_status(static_cast<std::uint32_t>(value.status));
    message.set_diagnostics(value.diagnostics);
    message.set_tracking_url(value.tracking_url);
}

static Status read(const proto::MasterRegister& in, heddle::MasterRegister& value) {
    TRY(read(in.attempt(), value.attempt));
    TRY(read_port(in.rpc_port(), value.rpc_port));
    value.host = in.host();
    value.tracking_url = in.tracking_url();
    return {};
}

static Status read(const proto::MasterUpdate& in, heddle::MasterUpdate& value) {
    TRY(read_all(in.templates(), value.templates));
    TRY(read_all(in.asks(), value.asks));
    TRY(read_all(in.known(), value.known));
    TRY(read_all(in.starts(), value.starts));
    TRY(read_all(in.releases(), value.releases));
    TRY(read_all(in.execution_changes(), value.execution_changes));
    TRY(read_all(in.resizes(), value.resizes));
    if (in.progress_percent() < 0 || in.progress_percent() > 100) {
        return bad("progress is not a percentage");
    }
    value.session = in.session();
    value.sequence = in.sequence();
    value.news_seen = in.news_seen();
    value.complete = in.complete();
    value.progress_percent = in.progress_percent();
    value.headroom_wanted = in.headroom_wanted();
    if (in.has_blacklist()) {
        std::vector<NodeId>& blacklist = value.blacklist.emplace();
        for (const std::string& node : in.blacklist().nodes()) {
            TRY(read_node_id(node, blacklist.emplace_back()));
        }
    }
    return {};
}

static Status read(const proto::MasterFinish& in, heddle::MasterFinish& value) {
    TRY(read_enum(in.status(), FinalStatus::Killed, "final status", value.status));
    value.session = in.session();
    value.diagnostics = in.diagnostics();
    value.tracking_url = in.tracking_url();
    return {};
}

static void write(const heddle::Grant& value, proto::Grant& out) {
    write(value.container, *out.mutable_container());
    write(value.key, *out.mutable_key());
    out.set_node(value.node.name);
    out.set_address(value.address);
    out.set_http_port(value.http_port);
    write(value.size, *out.mutable_size());
    out.set_execution(static_cast<std::uint32_t>(value.execution));
    out.set_version(value.version);
}

static Status read(const proto::Grant& in, heddle::Grant& value) {
    TRY(read(in.container(), value.container));
    TRY(read(in.key(), value.key));
    TRY(read_node_id(in.node(), value.node));
    TRY(read_port(in.http_port(), value.http_port));
    TRY(read(in.size(), value.size));
    value.version = in.version();
    value.address = in.address();
    return read_execution(in.execution(), value.execution);
}

static void write(const heddle::ContainerEnded& value, proto::ContainerEnded& out) {
    write(value.container, *out.mutable_container());
    write(value.exit, *out.mutable_exit());
}

static Status read(const proto::ContainerEnded& in, heddle::ContainerEnded& value) {
    TRY(read(in.container(), value.container));
    return read(in.exit(), value.exit);
}

static void write(const heddle::AskRefused& value, proto::AskRefused& out) {
    out.set_ask(value.ask);
    out.set_generation(value.generation);
    out.set_reason(value.reason);
}

static Status read(const proto::AskRefused& in, heddle::AskRefused& value) {
    if (in.ask() < 1 || in.generation() < 0) {
        return bad("refused ask out of range");
    }
    value = {in.ask(), in.generation(), in.reason()};
    return {};
}

static void write(const heddle::PreemptionNotice& value, proto::PreemptionNotice& out) {
    write(value.container, *out.mutable_container());
    out.set_ask(value.ask);
    out.set_node(value.node.name);
    write(value.size, *out.mutable_size());
    out.set_until_ms(value.until.milliseconds);
    out.set_strict(value.strict);
    out.set_reason(value.reason);
}

static Status read(const proto::PreemptionNotice& in, heddle::PreemptionNotice& value) {
    TRY(read(in.container(), value.container));
    TRY(read_node_id(in.node(), value.node));
    TRY(read(in.size(), value.size));
    if (in.ask() < 0) {
        return bad("notice of an ask out of range");
    }
    value.ask = in.ask();
    value.until = {in.until_ms()};
    value.strict = in.strict();
    value.reason = in.reason();
    return {};
}

static void write(const heddle::ResizeRefused& value, proto::ResizeRefused& out) {
    write(value.container, *out.mutable_container());
    out.set_version(value.version);
    out.set_reason(value.reason);
}

static Status read(const proto::ResizeRefused& in, heddle::ResizeRefused& value) {
    TRY(read(in.container(), value.container));
    value.version = in.version();
    value.reason = in.reason();
    return {};
}

static void write(const heddle::MasterWelcome& value, proto::ManagerToMaster& out) {
    proto::MasterWelcome& message = *out.mutable_welcome();
    message.set_session(value.session);
    message.set_epoch(value.epoch);
    message.set_heartbeat_interval_us(value.heartbeat_interval.microseconds);
    write(value.size_max, *message.mutable_size_max());
    write_all(value.containers, *message.mutable_containers());
}

static void write(const heddle::MasterNews& value, proto::ManagerToMaster& out) {
    proto::MasterNews& message = *out.mutable_news();
    message.set_session(value.session);
    message.set_sequence(value.sequence);
    write_all(value.granted, *message.mutable_granted());
    write_all(value.ended, *message.mutable_ended());
    write_all(value.refused, *message.mutable_refused());
    write_all(value.preempting, *message.mutable_preempting());
    write_all(value.spared, *message.mutable_spared());
    write_all(value.draining, *message.mutable_draining());
    write_all(value.drains_no_more, *message.mutable_drains_no_more());
    write_all(value.resized, *message.mutable_resized());
    write_all(value.resizes_refused, *message.mutable_resizes_refused());
    if (value.headroom) {
        write(*value.headroom, *message.mutable_headroom());
    }
}

static void write(const heddle::MasterFinished& value, proto::ManagerToMaster& out) {
    out.mutable_finished()->set_session(value.session);
}

static void write(const heddle::MasterRejected& value, proto::ManagerToMaster& out) {
    out.mutable_rejected()->set_reason(value.reason);
}

static Status read(const proto::MasterWelcome& in, heddle::MasterWelcome& value) {
    TRY(read_duration(in.heartbeat_interval_us(), "heartbeat interval", value.heartbeat_interval));
    TRY(read(in.size_max(), value.size_max));
    TRY(read_all(in.containers(), value.containers));
    if (in.epoch() < 1) {
        return bad("welcome without an epoch");
    }
    value.session = in.session();
    value.epoch = in.epoch();
    return {};
}

static Status read(const proto::MasterNews& in, heddle::MasterNews& value) {
    TRY(read_all(in.granted(), value.granted));
    TRY(read_all(in.ended(), value.ended));
    TRY(read_all(in.refused(), value.refused));
    TRY(read_all(in.preempting(), value.preempting));
    TRY(read_all(in.spared(), value.spared));
    TRY(read_all(in.draining(), value.draining));
    TRY(read_all(in.drains_no_more(), value.drains_no_more));
    TRY(read_all(in.resized(), value.resized));
    TRY(read_all(in.resizes_refused(), value.resizes_refused));
    if (in.has_headroom()) {
        TRY(read(in.headroom(), value.headroom.emplace()));
    }
    value.session = in.session();
    value.sequence = in.sequence();
    return {};
}

static Status append(const proto::MasterToManager& in,
                     std::vector<heddle::MasterToManager>& messages) {
    switch (in.message_case()) {
        case proto::MasterToManager::kRegistration:
            return read(in.registration(), std::get<heddle::MasterRegister>(
                                               messages.emplace_back(heddle::MasterRegister{})));
        case proto::MasterToManager::kUpdate:
            return read(in.update(), std::get<heddle::MasterUpdate>(
                                         messages.emplace_back(heddle::MasterUpdate{})));
        case proto::MasterToManager::kFinish:
            return read(in.finish(), std::get<heddle::MasterFinish>(
                                         messages.emplace_back(heddle::MasterFinish{})));
        case proto::MasterToManager::MESSAGE_NOT_SET:
            return {};
    }
    return {};
}

static Status append(const proto::ManagerToMaster& in,
                     std::vector<heddle::ManagerToMaster>& messages) {
    switch (in.message_case()) {
        case proto::ManagerToMaster::kWelcome:
            return read(in.welcome(), std::get<heddle::MasterWelcome>(
                                          messages.emplace_back(heddle::MasterWelcome{})));
        case proto::ManagerToMaster::kNews:
            return read(in.news(),
                        std::get<heddle::MasterNews>(messages.emplace_back(heddle::MasterNews{})));
        case proto::ManagerToMaster::kFinished:
            messages.emplace_back(heddle::MasterFinished{in.finished().session()});
            return {};
        case proto::ManagerToMaster::kRejected:
            messages.emplace_back(heddle::MasterRejected{in.rejected().reason()});
            return {};
        case proto::ManagerToMaster::MESSAGE_NOT_SET:
            return {};
    }
    return {};
}

}  // namespace heddle::wire::proto

namespace heddle::wire {

std::string encode_frame(std::span<const MasterToManager> messages) {
    proto::MasterToManagerFrame frame;
    for (const MasterToManager& message : messages) {
        std::visit([&](const auto& value) { write(value, *frame.add_messages()); }, message);
    }
    return to_bytes(frame);
}

std::string encode_frame(std::span<const ManagerToMaster> messages) {
    proto::ManagerToMasterFrame frame;
    for (const ManagerToMaster& message : messages) {
        std::visit([&](const auto& value) { write(value, *frame.add_messages()); }, message);
    }
    return to_bytes(frame);
}

template <>
Result<std::vector<MasterToManager>> decode_frame(std::string_view bytes) {
    proto::MasterToManagerFrame frame;
    TRY(parse(bytes, frame));
    std::vector<MasterToManager> messages;
    for (const proto::MasterToManager& message : frame.messages()) {
        TRY(append(message, messages));
    }
    return messages;
}

template <>
Result<std::vector<ManagerToMaster>> decode_frame(std::string_view bytes) {
    proto::ManagerToMasterFrame frame;
    TRY(parse(bytes, frame));
    std::vector<ManagerToMaster> messages;
    for (const proto::ManagerToMaster& message : frame.messages()) {
        TRY(append(message, messages));
    }
    return messages;
}

}  // namespace heddle::wire
