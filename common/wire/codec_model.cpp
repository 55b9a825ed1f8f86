// Ids, resources, launch specifications, containers and nodes.

#include "common/wire/codec_model.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "common/wire/codec.h"
#include "common/wire/proto/model.pb.h"

namespace heddle::wire {
namespace {

constexpr std::int64_t kYearMicroseconds = std::int64_t{366} * 24 * 3600 * 1'000'000;

bool is_node_name(std::string_view name) {
    return !name.empty() && name.size() <= 253 && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '.' || c == '-' || c == '_';
    });
}

bool is_sha256(std::string_view text) {
    return text.size() == 64 && std::ranges::all_of(text, [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
           });
}

// What a node or a container writes under this name must stay in its own directory.
bool is_file_name(std::string_view name) {
    return !name.empty() && name.size() <= 255 && name != "." && name != ".." &&
           name.find('/') == std::string_view::npos && name.find('\0') == std::string_view::npos;
}

}  // namespace

Error bad(std::string_view what) {
    return Error{ErrorCode::InvalidArgument, "malformed message: " + std::string(what)};
}

namespace proto {

void write(const heddle::ApplicationId& id, proto::ApplicationId& out) {
    out.set_cluster_timestamp(id.cluster_timestamp);
    out.set_sequence(id.sequence);
}

Status read(const proto::ApplicationId& in, heddle::ApplicationId& id) {
    if (in.cluster_timestamp() < 0 || in.sequence() < 1) {
        return bad("application id out of range");
    }
    id = {in.cluster_timestamp(), in.sequence()};
    return {};
}

void write(const heddle::AttemptId& id, proto::AttemptId& out) {
    write(id.application, *out.mutable_application());
    out.set_number(id.number);
}

Status read(const proto::AttemptId& in, heddle::AttemptId& id) {
    TRY(read(in.application(), id.application));
    if (in.number() < 1) {
        return bad("attempt number out of range");
    }
    id.number = in.number();
    return {};
}

void write(const heddle::ContainerId& id, proto::ContainerId& out) {
    write(id.attempt, *out.mutable_attempt());
    out.set_epoch(id.epoch);
    out.set_sequence(id.sequence);
}

Status read(const proto::ContainerId& in, heddle::ContainerId& id) {
    TRY(read(in.attempt(), id.attempt));
    if (in.epoch() < 1 || in.sequence() < 1) {
        return bad("container id out of range");
    }
    id.epoch = in.epoch();
    id.sequence = in.sequence();
    return {};
}

void write(const heddle::Resource& resource, proto::Resource& out) {
    out.set_memory_mib(resource.memory_mib);
    out.set_vcores(resource.vcores);
    for (const NamedCounts::Entry& entry : resource.named.entries()) {
        proto::NamedCount& count = *out.add_named();
        count.set_name(entry.name);
        count.set_count(entry.count);
    }
}

Status read(const proto::Resource& in, heddle::Resource& resource) {
    if (in.memory_mib() < 0 || in.memory_mib() > kMemoryMibMax || in.vcores() < 0 ||
        in.vcores() > kVcoresMax) {
        return bad("resource out of range");
    }
    if (static_cast<std::size_t>(in.named_size()) > kNamedResourcesMax) {
        return bad("more than " + std::to_string(kNamedResourcesMax) + " named resources");
    }
    resource = {in.memory_mib(), in.vcores()};
    for (const proto::NamedCount& count : in.named()) {
        const std::optional<std::string> name = resource_name(count.name());
        if (!name || count.count() < 1 || count.count() > kNamedCountMax ||
            resource.named.get(*name) != 0) {
            return bad("a named resource has a name of its own and a count of 1 to " +
                       std::to_string(kNamedCountMax));
        }
        resource.named.set(*name, count.count());
    }
    return {};
}

void write(const heddle::LaunchSpec& spec, proto::LaunchSpec& out) {
    write_texts(spec.argv, *out.mutable_argv());
    for (const auto& [key, value] : spec.environment) {
        proto::Pair& pair = *out.add_environment();
        pair.set_key(key);
        pair.set_value(value);
    }
    for (const heddle::Artifact& artifact : spec.artifacts) {
        proto::Artifact& message = *out.add_artifacts();
        message.set_name(artifact.name);
        message.set_source(artifact.source);
        message.set_sha256(artifact.sha256);
        message.set_size(artifact.size);
        message.set_executable(artifact.executable);
    }
    for (const heddle::SecretFile& secret : spec.secrets) {
        proto::SecretFile& message = *out.add_secrets();
        message.set_name(secret.name);
        message.set_contents(secret.contents);
    }
}

Status read(const proto::LaunchSpec& in, heddle::LaunchSpec& spec) {
    spec.argv.assign(in.argv().begin(), in.argv().end());
    for (const proto::Pair& pair : in.environment()) {
        spec.environment[pair.key()] = pair.value();
    }
    for (const proto::Artifact& message : in.artifacts()) {
        if (!is_file_name(message.name())) {
            return bad("artifact name is not a plain file name");
        }
        if (!message.sha256().empty() && !is_sha256(message.sha256())) {
            return bad("artifact digest is not a SHA-256 in lower-case hex");
        }
        spec.artifacts.push_back({message.name(), message.source(), message.sha256(),
                                  message.size(), message.executable()});
    }
    for (const proto::SecretFile& message : in.secrets()) {
        if (!is_file_name(message.name())) {
            return bad("secret name is not a plain file name");
        }
        spec.secrets.push_back({message.name(), message.contents()});
    }
    return {};
}

void write(const heddle::AskKey& key, proto::AskKey& out) {
    write(key.attempt, *out.mutable_attempt());
    out.set_ask(key.ask);
    out.set_generation(key.generation);
}

Status read(const proto::AskKey& in, heddle::AskKey& key) {
    TRY(read(in.attempt(), key.attempt));
    if (in.ask() < 0 || in.generation() < 0) {
        return bad("ask key out of range");
    }
    key.ask = in.ask();
    key.generation = in.generation();
    return {};
}

void write(const heddle::ContainerExit& exit, proto::ContainerExit& out) {
    out.set_reason(static_cast<std::uint32_t>(exit.reason));
    out.set_code(exit.code);
    out.set_signal(exit.signal);
    out.set_message(exit.message);
    out.set_memory_peak_mib(exit.memory_peak_mib);
    out.set_finished_ms(exit.finished.milliseconds);
}

Status read(const proto::ContainerExit& in, heddle::ContainerExit& exit) {
    TRY(read_enum(in.reason(), ExitReason::Displaced, "exit reason", exit.reason));
    exit.code = in.code();
    exit.signal = in.signal();
    exit.message = in.message();
    exit.memory_peak_mib = in.memory_peak_mib();
    exit.finished = {in.finished_ms()};
    return {};
}

void write(const heddle::ExecutionChange& change, proto::ExecutionChange& out) {
    write(change.container, *out.mutable_container());
    out.set_to(static_cast<std::uint32_t>(change.to));
}

Status read(const proto::ExecutionChange& in, heddle::ExecutionChange& change) {
    TRY(read(in.container(), change.container));
    return read_execution(in.to(), change.to);
}

void write(const heddle::LogPatterns& patterns, proto::LogPatterns& out) {
    out.set_include(patterns.include);
    out.set_exclude(patterns.exclude);
    out.set_rolled_include(patterns.rolled_include);
    out.set_rolled_exclude(patterns.rolled_exclude);
}

void read(const proto::LogPatterns& in, heddle::LogPatterns& patterns) {
    patterns = {in.include(), in.exclude(), in.rolled_include(), in.rolled_exclude()};
}

void write(const heddle::ContainerStart& start, proto::ContainerStart& out) {
    write(start.container, *out.mutable_container());
    write(start.key, *out.mutable_key());
    out.set_epoch(start.epoch);
    write(start.size, *out.mutable_size());
    out.set_user(start.user);
    out.set_hold(start.hold);
    write(start.spec, *out.mutable_spec());
    write_texts(start.tags, *out.mutable_tags());
    out.set_execution(static_cast<std::uint32_t>(start.execution));
    if (!start.log_patterns.empty()) {
        write(start.log_patterns, *out.mutable_log_patterns());
    }
}

Status read(const proto::ContainerStart& in, heddle::ContainerStart& start) {
    TRY(read(in.container(), start.container));
    TRY(read(in.key(), start.key));
    TRY(read(in.size(), start.size));
    TRY(read(in.spec(), start.spec));
    if (in.epoch() < 1) {
        return bad("start order without an epoch");
    }
    start.epoch = in.epoch();
    start.user = in.user();
    start.hold = in.hold();
    read(in.log_patterns(), start.log_patterns);
    start.tags.assign(in.tags().begin(), in.tags().end());
    return read_execution(in.execution(), start.execution);
}

void write(const heddle::ContainerReport& report, proto::ContainerReport& out) {
    write(report.container, *out.mutable_container());
    write(report.key, *out.mutable_key());
    write(report.size, *out.mutable_size());
    out.set_user(report.user);
    out.set_phase(static_cast<std::uint32_t>(report.phase));
    out.set_pid(report.pid);
    out.set_started_ms(report.started.milliseconds);
    write_texts(report.tags, *out.mutable_tags());
    out.set_execution(static_cast<std::uint32_t>(report.execution));
    if (report.exit) {
        write(*report.exit, *out.mutable_exit());
    }
    out.set_version(report.version);
}

Status read(const proto::ContainerReport& in, heddle::ContainerReport& report) {
    TRY(read(in.container(), report.container));
    TRY(read(in.key(), report.key));
    TRY(read(in.size(), report.size));
    TRY(read_enum(in.phase(), ContainerPhase::Done, "container phase", report.phase));
    TRY(read_execution(in.execution(), report.execution));
    report.user = in.user();
    report.pid = in.pid();
    report.started = {in.started_ms()};
    report.tags.assign(in.tags().begin(), in.tags().end());
    if (in.has_exit() != (report.phase == ContainerPhase::Done)) {
        return bad("a container report has an exit exactly when it is done");
    }
    if (in.has_exit()) {
        TRY(read(in.exit(), report.exit.emplace()));
    }
    report.version = in.version();
    return {};
}

void write(const heddle::NodeInfo& info, proto::NodeInfo& out) {
    out.set_id(info.id.name);
    out.set_address(info.address);
    out.set_http_port(info.http_port);
    out.set_rack(info.rack);
    write(info.total, *out.mutable_total());
    out.set_version(info.version);
    write_texts(info.isolation, *out.mutable_isolation());
    out.set_label(info.label);
    for (const auto& [key, value] : info.attributes) {
        proto::Pair& pair = *out.add_attributes();
        pair.set_key(key);
        pair.set_value(value);
    }
}

Status read(const proto::NodeInfo& in, heddle::NodeInfo& info) {
    TRY(read_node_id(in.id(), info.id));
    TRY(read(in.total(), info.total));
    TRY(read_port(in.http_port(), info.http_port));
    info.address = in.address();
    info.rack = in.rack();
    info.version = in.version();
    info.isolation.assign(in.isolation().begin(), in.isolation().end());
    info.label = in.label();
    for (const proto::Pair& pair : in.attributes()) {
        info.attributes[pair.key()] = pair.value();
    }
    return {};
}

void write(const heddle::NodeUsage& usage, proto::NodeUsage& out) {
    out.set_memory_used_mib(usage.memory_used_mib);
    out.set_containers_memory_mib(usage.containers_memory_mib);
    out.set_cpu_vcores(usage.cpu_vcores);
    out.set_health(usage.health);
}

Status read(const proto::NodeUsage& in, heddle::NodeUsage& usage) {
    if (in.memory_used_mib() < 0 || in.containers_memory_mib() < 0 ||
        !std::isfinite(in.cpu_vcores()) || in.cpu_vcores() < 0) {
        return bad("node usage out of range");
    }
    usage = {in.memory_used_mib(), in.containers_memory_mib(), in.cpu_vcores(), in.health()};
    return {};
}

}  // namespace proto

Status read_node_id(const std::string& in, NodeId& id, bool optional) {
    if (!(optional && in.empty()) && !is_node_name(in)) {
        return bad("a node's name is 1 to 253 letters, digits, '.', '-' or '_'");
    }
    id.name = in;
    return {};
}

Status read_duration(std::int64_t microseconds, std::string_view what, Duration& out) {
    if (microseconds < 0 || microseconds > kYearMicroseconds) {
        return bad(std::string(what) + " out of range");
    }
    out = {microseconds};
    return {};
}

Status read_port(std::int32_t port, std::int32_t& out) {
    if (port < 0 || port > 65535) {
        return bad("port out of range");
    }
    out = port;
    return {};
}

}  // namespace heddle::wire
