// What the manager saves. The store adds a checksum of its own around these bytes.

#include "common/wire/codec_frame.h"
#include "common/wire/proto/record.pb.h"

// Found by argument-dependent lookup on the protobuf side, also from the templates of
// codec_model.h; static, because they belong to this file.
namespace heddle::wire::proto {

static void write(const heddle::AccessList& value, proto::AccessList& out) {
    out.set_everybody(value.everybody);
    write_texts(value.users, *out.mutable_users());
    write_texts(value.groups, *out.mutable_groups());
}

static void read(const proto::AccessList& in, heddle::AccessList& value) {
    value.everybody = in.everybody();
    value.users.assign(in.users().begin(), in.users().end());
    value.groups.assign(in.groups().begin(), in.groups().end());
}

static std::int64_t microseconds_of(const std::optional<Duration>& value) {
    return value ? value->microseconds : 0;
}

static Status read(std::int64_t microseconds, const char* what, std::optional<Duration>& value) {
    if (microseconds != 0) {
        TRY(read_duration(microseconds, what, value.emplace()));
    }
    return {};
}

static void write(const heddle::ApplicationSubmission& value, proto::ApplicationSubmission& out) {
    write(value.id, *out.mutable_id());
    out.set_name(value.name);
    out.set_type(value.type);
    out.set_kind(static_cast<std::uint32_t>(value.kind));
    out.set_queue(value.queue);
    out.set_user(value.user);
    out.set_priority(value.priority);
    out.set_attempts_max(value.attempts_max);
    write_texts(value.tags, *out.mutable_tags());
    write(value.master, *out.mutable_master());
    write(value.master_size, *out.mutable_master_size());
    out.set_unmanaged(value.unmanaged);
    out.set_keep_containers(value.keep_containers);
    out.set_label(value.label);
    out.set_master_label(value.master_label);
    out.set_failures_validity_us(microseconds_of(value.failures_validity));
    out.set_lifetime_us(microseconds_of(value.lifetime));
    out.set_pending_max_us(microseconds_of(value.pending_max));
    if (value.viewers != heddle::AccessList{}) {
        write(value.viewers, *out.mutable_viewers());
    }
    if (value.modifiers != heddle::AccessList{}) {
        write(value.modifiers, *out.mutable_modifiers());
    }
    out.set_master_blacklist_off(!value.master_blacklist);
    if (value.master_blacklist_below) {
        out.set_master_blacklist_below(*value.master_blacklist_below);
    }
    if (!value.log_patterns.empty()) {
        write(value.log_patterns, *out.mutable_log_patterns());
    }
}

static void write(const heddle::SentWishes& value, proto::SentWishes& out) {
    out.set_queue(value.queue);
    out.set_priority(value.priority);
    out.set_label(value.label);
    write(value.master_size, *out.mutable_master_size());
    out.set_attempts_max(value.attempts_max);
}

static Status read(const proto::SentWishes& in, heddle::SentWishes& value) {
    value.queue = in.queue();
    value.priority = in.priority();
    value.label = in.label();
    value.attempts_max = in.attempts_max();
    return read(in.master_size(), value.master_size);
}

static Status read(const proto::ApplicationSubmission& in, heddle::ApplicationSubmission& value) {
    TRY(read(in.id(), value.id));
    TRY(read_enum(in.kind(), ApplicationKind::Command, "application kind", value.kind));
    TRY(read(in.master(), value.master));
    TRY(read(in.master_size(), value.master_size));
    value.name = in.name();
    value.type = in.type();
    value.queue = in.queue();
    value.user = in.user();
    value.priority = in.priority();
    value.attempts_max = in.attempts_max();
    value.tags.assign(in.tags().begin(), in.tags().end());
    value.unmanaged = in.unmanaged();
    value.keep_containers = in.keep_containers();
    value.label = in.label();
    value.master_label = in.master_label();
    TRY(read(in.failures_validity_us(), "failures validity", value.failures_validity));
    TRY(read(in.lifetime_us(), "lifetime", value.lifetime));
    TRY(read(in.pending_max_us(), "pending limit", value.pending_max));
    read(in.viewers(), value.viewers);
    read(in.modifiers(), value.modifiers);
    value.master_blacklist = !in.master_blacklist_off();
    if (in.has_master_blacklist_below()) {
        value.master_blacklist_below = in.master_blacklist_below();
    }
    read(in.log_patterns(), value.log_patterns);
    return {};
}

}  // namespace heddle::wire::proto

namespace heddle::wire {

std::string encode_record(const ApplicationRecord& record) {
    proto::ApplicationRecord out;
    write(record.submission, *out.mutable_submission());
    out.set_state(static_cast<std::uint32_t>(record.state));
    out.set_final_status(static_cast<std::uint32_t>(record.final_status));
    out.set_diagnostics(record.diagnostics);
    out.set_tracking_url(record.tracking_url);
    out.set_submitted_ms(record.submitted.milliseconds);
    out.set_launched_ms(record.launched.milliseconds);
    out.set_finished_ms(record.finished.milliseconds);
    out.set_kill_requested(record.kill_requested);
    out.set_memory_mib_seconds(record.memory_mib_seconds);
    out.set_vcore_seconds(record.vcore_seconds);
    out.set_kill_reason(record.kill_reason);
    out.set_expires_ms(record.expires.milliseconds);
    out.set_pending_until_ms(record.pending_until.milliseconds);
    write(record.sent, *out.mutable_sent());
    for (const NamedCounts::Entry& entry : record.named_seconds.entries()) {
        proto::NamedCount& count = *out.add_named_seconds();
        count.set_name(entry.name);
        count.set_count(entry.count);
    }
    return to_bytes(out);
}

template <>
Result<ApplicationRecord> decode_record(std::string_view bytes) {
    proto::ApplicationRecord in;
    TRY(parse(bytes, in));
    ApplicationRecord record;
    TRY(read(in.submission(), record.submission));
    TRY(read_enum(in.state(), AppState::Killed, "application state", record.state));
    TRY(read_enum(in.final_status(), FinalStatus::Killed, "final status", record.final_status));
    record.diagnostics = in.diagnostics();
    record.tracking_url = in.tracking_url();
    record.submitted = {in.submitted_ms()};
    record.launched = {in.launched_ms()};
    record.finished = {in.finished_ms()};
    record.kill_requested = in.kill_requested();
    record.memory_mib_seconds = in.memory_mib_seconds();
    record.vcore_seconds = in.vcore_seconds();
    record.kill_reason = in.kill_reason();
    record.expires = {in.expires_ms()};
    record.pending_until = {in.pending_until_ms()};
    if (in.has_sent()) {
        TRY(read(in.sent(), record.sent));
    } else {
        record.sent = wishes_of(record.submission);
    }
    for (const proto::NamedCount& count : in.named_seconds()) {
        const std::optional<std::string> name = resource_name(count.name());
        if (!name || count.count() < 0) {
            return bad("a named resource that was used has a name, and seconds of 0 or more");
        }
        record.named_seconds.set(*name, count.count());
    }
    return record;
}

std::string encode_record(const AttemptRecord& record) {
    proto::AttemptRecord out;
    write(record.id, *out.mutable_id());
    out.set_state(static_cast<std::uint32_t>(record.state));
    if (record.master_container) {
        write(*record.master_container, *out.mutable_master_container());
    }
    out.set_master_node(record.master_node.name);
    out.set_master_token(record.master_token);
    out.set_tracking_url(record.tracking_url);
    out.set_diagnostics(record.diagnostics);
    out.set_final_status(static_cast<std::uint32_t>(record.final_status));
    out.set_started_ms(record.started.milliseconds);
    out.set_finished_ms(record.finished.milliseconds);
    out.set_master_origin(record.master_origin);
    return to_bytes(out);
}

template <>
Result<AttemptRecord> decode_record(std::string_view bytes) {
    proto::AttemptRecord in;
    TRY(parse(bytes, in));
    AttemptRecord record;
    TRY(read(in.id(), record.id));
    TRY(read_enum(in.state(), AttemptState::LaunchedUnmanagedSaving, "attempt state",
                  record.state));
    if (in.has_master_container()) {
        TRY(read(in.master_container(), record.master_container.emplace()));
    }
    TRY(read_node_id(in.master_node(), record.master_node, true));
    TRY(read_enum(in.final_status(), FinalStatus::Killed, "final status", record.final_status));
    record.master_origin = in.master_origin();
    record.master_token = in.master_token();
    record.tracking_url = in.tracking_url();
    record.diagnostics = in.diagnostics();
    record.started = {in.started_ms()};
    record.finished = {in.finished_ms()};
    return record;
}

static void write(const heddle::NodeSettings& settings, proto::NodeSettings& out) {
    out.set_service(static_cast<std::uint32_t>(settings.service));
    out.set_drain_until_ms(settings.drain_until.milliseconds);
    if (settings.label.has_value()) {
        out.set_label(*settings.label);
    }
    if (settings.total.has_value()) {
        write(*settings.total, *out.mutable_total());
    }
    out.set_overcommit_until_ms(settings.overcommit_until.milliseconds);
    for (const auto& [name, value] : settings.attributes) {
        proto::Pair& pair = *out.add_attributes();
        pair.set_key(name);
        pair.set_value(value);
    }
}

static Status read(const proto::NodeSettings& in, heddle::NodeSettings& settings) {
    TRY(read_enum(in.service(), NodeService::Decommissioned, "service of a node",
                  settings.service));
    settings.drain_until = {in.drain_until_ms()};
    if (in.has_label()) {
        settings.label = in.label();
    }
    if (in.has_total()) {
        TRY(read(in.total(), settings.total.emplace()));
    }
    settings.overcommit_until = {in.overcommit_until_ms()};
    for (const proto::Pair& pair : in.attributes()) {
        settings.attributes[pair.key()] = pair.value();
    }
    return {};
}

std::string encode_record(const NodeRecord& record) {
    proto::NodeRecord out;
    write(record.info, *out.mutable_info());
    out.set_registered_ms(record.registered.milliseconds);
    out.set_lost_ms(record.lost.milliseconds);
    write(record.settings, *out.mutable_settings());
    return to_bytes(out);
}

template <>
Result<NodeRecord> decode_record(std::string_view bytes) {
    proto::NodeRecord in;
    TRY(parse(bytes, in));
    NodeRecord record;
    TRY(read(in.info(), record.info));
    record.registered = {in.registered_ms()};
    record.lost = {in.lost_ms()};
    TRY(read(in.settings(), record.settings));
    return record;
}

}  // namespace heddle::wire
