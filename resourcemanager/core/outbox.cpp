#include "resourcemanager/core/outbox.h"

#include <string>

namespace heddle::rm {
namespace {

// Tag and length of a field, with room to spare.
constexpr std::size_t kField = 8;
// An id, a key or a size with all its numbers.
constexpr std::size_t kNumbers = 96;

std::size_t text(const std::string& value) {
    return kField + value.size();
}

}  // namespace

std::size_t bytes_of(const LaunchSpec& spec) {
    std::size_t bytes = kField;
    for (const std::string& argument : spec.argv) {
        bytes += text(argument);
    }
    for (const auto& [name, value] : spec.environment) {
        bytes += kField + text(name) + text(value);
    }
    for (const Artifact& artifact : spec.artifacts) {
        bytes += 4 * kField + text(artifact.name) + text(artifact.source) + text(artifact.sha256);
    }
    for (const SecretFile& secret : spec.secrets) {
        bytes += kField + text(secret.name) + text(secret.contents);
    }
    return bytes;
}

std::size_t bytes_of(const ContainerId&) {
    return kNumbers;
}

std::size_t bytes_of(const ContainerSignal& signal) {
    return 2 * bytes_of(signal.container);
}

std::size_t bytes_of(const ContainerStart& start) {
    const LogPatterns& logs = start.log_patterns;
    std::size_t bytes = 4 * kNumbers + text(start.user) + bytes_of(start.spec) +
                        text(logs.include) + text(logs.exclude) + text(logs.rolled_include) +
                        text(logs.rolled_exclude);
    for (const std::string& tag : start.tags) {
        bytes += text(tag);
    }
    return bytes;
}

std::size_t bytes_of(const ContainerStop& stop) {
    return 2 * kNumbers + text(stop.reason);
}

std::size_t bytes_of(const Grant& grant) {
    return 3 * kNumbers + text(grant.node.name) + text(grant.address);
}

std::size_t bytes_of(const ContainerEnded& ended) {
    return 2 * kNumbers + text(ended.exit.message);
}

std::size_t bytes_of(const AskRefused& refused) {
    return kNumbers + text(refused.reason);
}

std::size_t bytes_of(const PreemptionNotice& notice) {
    return 2 * kNumbers + text(notice.node.name) + text(notice.reason);
}

std::size_t bytes_of(const ContainerResize&) {
    return 3 * kNumbers;
}

std::size_t bytes_of(const ResizeRefused& refused) {
    return 2 * kNumbers + text(refused.reason);
}

std::size_t bytes_of(const SizeOrder&) {
    return 3 * kNumbers;
}

}  // namespace heddle::rm
