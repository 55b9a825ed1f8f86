#include "common/base/ids.h"

#include <cstdio>

#include "common/base/strings.h"

namespace heddle {
namespace {

// YARN pads to at least this many digits; longer numbers simply grow.
std::string padded(std::int64_t value, int width) {
    char buffer[32];
    std::snprintf(buffer, sizeof buffer, "%0*lld", width, static_cast<long long>(value));
    return buffer;
}

Error malformed(std::string_view what, std::string_view text, std::string_view form) {
    return Error{ErrorCode::InvalidArgument, "'" + std::string(text) + "' is not " +
                                                 std::string(what) + " id; the form is " +
                                                 std::string(form)};
}

}  // namespace

std::string to_string(const ApplicationId& id) {
    return "application_" + std::to_string(id.cluster_timestamp) + "_" + padded(id.sequence, 4);
}

std::string to_string(const AttemptId& id) {
    return "appattempt_" + std::to_string(id.application.cluster_timestamp) + "_" +
           padded(id.application.sequence, 4) + "_" + padded(id.number, 6);
}

std::string to_string(const ContainerId& id) {
    const std::string epoch = id.epoch > 1 ? "e" + padded(id.epoch, 2) + "_" : "";
    return "container_" + epoch + std::to_string(id.attempt.application.cluster_timestamp) + "_" +
           padded(id.attempt.application.sequence, 4) + "_" + padded(id.attempt.number, 2) + "_" +
           padded(id.sequence, 6);
}

Result<ApplicationId> parse_application_id(std::string_view text) {
    const auto parts = split(text, '_');
    ApplicationId id;
    if (parts.size() != 3 || parts[0] != "application" ||
        !parse_number(parts[1], id.cluster_timestamp) || !parse_number(parts[2], id.sequence)) {
        return malformed("an application", text, "application_<timestamp>_<number>");
    }
    return id;
}

Result<AttemptId> parse_attempt_id(std::string_view text) {
    const auto parts = split(text, '_');
    AttemptId id;
    if (parts.size() != 4 || parts[0] != "appattempt" ||
        !parse_number(parts[1], id.application.cluster_timestamp) ||
        !parse_number(parts[2], id.application.sequence) || !parse_number(parts[3], id.number)) {
        return malformed("an attempt", text, "appattempt_<timestamp>_<number>_<attempt>");
    }
    return id;
}

Result<ContainerId> parse_container_id(std::string_view text) {
    auto parts = split(text, '_');
    ContainerId id;
    id.epoch = 1;
    bool good = parts.size() >= 5 && parts[0] == "container";
    if (good && parts[1].starts_with('e')) {
        good = parts.size() == 6 && parse_number(parts[1].substr(1), id.epoch);
        parts.erase(parts.begin() + 1);
    }
    if (!good || parts.size() != 5 ||
        !parse_number(parts[1], id.attempt.application.cluster_timestamp) ||
        !parse_number(parts[2], id.attempt.application.sequence) ||
        !parse_number(parts[3], id.attempt.number) || !parse_number(parts[4], id.sequence)) {
        return malformed("a container", text,
                         "container_[e<epoch>_]<timestamp>_<application>_<attempt>_<number>");
    }
    return id;
}

std::size_t hash_ids(std::size_t seed, std::int64_t value) {
    std::uint64_t x = static_cast<std::uint64_t>(seed) * 0x9e3779b97f4a7c15ULL +
                      static_cast<std::uint64_t>(value);
    x ^= x >> 32;
    x *= 0xd6e8feb86659fd93ULL;
    x ^= x >> 32;
    return static_cast<std::size_t>(x);
}

}  // namespace heddle
