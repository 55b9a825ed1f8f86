#pragma once

// The names of things, in YARN's formats:
//   application_1700000000000_0001
//   appattempt_1700000000000_0001_000001
//   container_e02_1700000000000_0001_01_000001     (e<epoch> from the second epoch on)
// The cluster timestamp is the wall time in ms at which the state directory was first used; it and
// the counters make ids unique for ever, over restarts too.

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "common/base/result.h"

namespace heddle {

struct ApplicationId {
    std::int64_t cluster_timestamp = 0;
    std::int64_t sequence = 0;
    friend constexpr auto operator<=>(const ApplicationId&, const ApplicationId&) = default;
};

struct AttemptId {
    ApplicationId application;
    std::int32_t number = 0;  // from 1
    friend constexpr auto operator<=>(const AttemptId&, const AttemptId&) = default;
};

struct ContainerId {
    AttemptId attempt;
    std::int64_t epoch = 0;     // the manager's epoch at allocation, from 1
    std::int64_t sequence = 0;  // from 1 within (attempt, epoch)
    friend constexpr auto operator<=>(const ContainerId&, const ContainerId&) = default;
};

/// A node's configured name, stable over restarts: "node-1".
struct NodeId {
    std::string name;
    friend auto operator<=>(const NodeId&, const NodeId&) = default;
};

std::string to_string(const ApplicationId& id);
std::string to_string(const AttemptId& id);
std::string to_string(const ContainerId& id);
inline const std::string& to_string(const NodeId& id) {
    return id.name;
}

/// Errors: InvalidArgument with the text and the expected form.
Result<ApplicationId> parse_application_id(std::string_view text);
Result<AttemptId> parse_attempt_id(std::string_view text);
Result<ContainerId> parse_container_id(std::string_view text);

std::size_t hash_ids(std::size_t seed, std::int64_t value);

}  // namespace heddle

template <>
struct std::hash<heddle::ApplicationId> {
    std::size_t operator()(const heddle::ApplicationId& id) const noexcept {
        return heddle::hash_ids(heddle::hash_ids(0, id.cluster_timestamp), id.sequence);
    }
};
template <>
struct std::hash<heddle::AttemptId> {
    std::size_t operator()(const heddle::AttemptId& id) const noexcept {
        return heddle::hash_ids(std::hash<heddle::ApplicationId>{}(id.application), id.number);
    }
};
template <>
struct std::hash<heddle::ContainerId> {
    std::size_t operator()(const heddle::ContainerId& id) const noexcept {
        return heddle::hash_ids(
            heddle::hash_ids(std::hash<heddle::AttemptId>{}(id.attempt), id.epoch), id.sequence);
    }
};
template <>
struct std::hash<heddle::NodeId> {
    std::size_t operator()(const heddle::NodeId& id) const noexcept {
        return std::hash<std::string>{}(id.name);
    }
};
