#pragma once

// The shared records to and from their protobuf forms, for the codec_*.cpp of this folder only.
// `write` fills a message, `read` validates one: ids in range, enums known, sizes and counts not
// negative.

#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "common/base/time.h"
#include "common/model/container.h"
#include "common/model/node.h"

namespace heddle::wire {

Error bad(std::string_view what);

// The generated messages, by name only: their headers stay in the .cpp files. The functions are in
// this namespace so that argument-dependent lookup finds them.
namespace proto {

class ApplicationId;
class AskKey;
class AttemptId;
class ContainerExit;
class ContainerId;
class ContainerReport;
class ContainerStart;
class LogPatterns;
class ExecutionChange;
class LaunchSpec;
class NodeInfo;
class NodeUsage;
class Resource;

void write(const heddle::ApplicationId& id, proto::ApplicationId& out);
void write(const heddle::AttemptId& id, proto::AttemptId& out);
void write(const heddle::ContainerId& id, proto::ContainerId& out);
void write(const heddle::Resource& resource, proto::Resource& out);
void write(const heddle::LaunchSpec& spec, proto::LaunchSpec& out);
void write(const heddle::AskKey& key, proto::AskKey& out);
void write(const heddle::ContainerExit& exit, proto::ContainerExit& out);
void write(const heddle::ExecutionChange& change, proto::ExecutionChange& out);
void write(const heddle::LogPatterns& patterns, proto::LogPatterns& out);
void write(const heddle::ContainerStart& start, proto::ContainerStart& out);
void write(const heddle::ContainerReport& report, proto::ContainerReport& out);
void write(const heddle::NodeInfo& info, proto::NodeInfo& out);
void write(const heddle::NodeUsage& usage, proto::NodeUsage& out);

Status read(const proto::ApplicationId& in, heddle::ApplicationId& id);
Status read(const proto::AttemptId& in, heddle::AttemptId& id);
Status read(const proto::ContainerId& in, heddle::ContainerId& id);
Status read(const proto::Resource& in, heddle::Resource& resource);
Status read(const proto::LaunchSpec& in, heddle::LaunchSpec& spec);
Status read(const proto::AskKey& in, heddle::AskKey& key);
Status read(const proto::ContainerExit& in, heddle::ContainerExit& exit);
Status read(const proto::ExecutionChange& in, heddle::ExecutionChange& change);
void read(const proto::LogPatterns& in, heddle::LogPatterns& patterns);
Status read(const proto::ContainerStart& in, heddle::ContainerStart& start);
Status read(const proto::ContainerReport& in, heddle::ContainerReport& report);
Status read(const proto::NodeInfo& in, heddle::NodeInfo& info);
Status read(const proto::NodeUsage& in, heddle::NodeUsage& usage);

}  // namespace proto

/// A node's name: letters, digits, '.', '-' and '_', at most 253 of them. `optional`: may be empty.
Status read_node_id(const std::string& in, NodeId& id, bool optional = false);

/// Errors when `value` is above `last`.
template <typename Enum>
Status read_enum(std::uint32_t value, Enum last, std::string_view what, Enum& out) {
    if (value > static_cast<std::uint32_t>(last)) {
        return bad(std::string(what) + " is out of range");
    }
    out = static_cast<Enum>(value);
    return {};
}

inline Status read_execution(std::uint32_t value, ExecutionType& out) {
    return read_enum(value, ExecutionType::Opportunistic, "execution type", out);
}

/// 0 to a year. Errors otherwise.
Status read_duration(std::int64_t microseconds, std::string_view what, Duration& out);

/// 0 to 65535. Errors otherwise.
Status read_port(std::int32_t port, std::int32_t& out);

// `Repeated` is a repeated field of a generated message.

template <typename Value, typename Repeated>
void write_all(const std::vector<Value>& values, Repeated& out) {
    out.Reserve(static_cast<int>(values.size()));
    for (const Value& value : values) {
        write(value, *out.Add());
    }
}

template <typename Repeated, typename Value>
Status read_all(const Repeated& in, std::vector<Value>& values) {
    values.resize(static_cast<std::size_t>(in.size()));
    for (int i = 0; i < in.size(); ++i) {
        TRY(read(in.Get(i), values[static_cast<std::size_t>(i)]));
    }
    return {};
}

template <typename Repeated>
void write_texts(const std::vector<std::string>& texts, Repeated& out) {
    for (const std::string& text : texts) {
        *out.Add() = text;
    }
}

}  // namespace heddle::wire
