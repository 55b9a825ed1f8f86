// Parsing of master URLs.
#include "client/driver/master_url.h"

#include <vector>

#include "common/base/strings.h"

namespace heddle::driver {

namespace {

constexpr std::int32_t kThreadsMax = 4096;
constexpr std::int32_t kFailuresMax = 1'000'000;
constexpr std::int32_t kExecutorsMax = 256;
constexpr std::int64_t kMemoryMin = 64;  // MiB: below it not even one batch per core fits

Error unknown(std::string_view text, const std::string& why) {
    return {ErrorCode::InvalidArgument,
            "master '" + std::string(text) + "': " + why +
                "; expected local, local[N], local[*], local[N,FAILURES], "
                "local-cluster[EXECUTORS,CORES,MIB] or "
                "heddle://HOST:PORT"};
}

// The text between brackets after `name`, or nothing.
bool bracketed(std::string_view text, std::string_view name, std::string_view& inside) {
    if (text.size() < name.size() + 2 || text.substr(0, name.size()) != name ||
        text[name.size()] != '[' || text.back() != ']') {
        return false;
    }
    inside = text.substr(name.size() + 1, text.size() - name.size() - 2);
    return true;
}

Result<MasterUrl> parse_local(std::string_view text, std::string_view inside, std::int32_t cores) {
    const std::vector<std::string_view> parts = split(inside, ',');
    MasterUrl url;
    url.threads = cores;
    const std::string_view threads = trim(parts[0]);
    if ((threads != "*" && !parse_number(threads, url.threads)) || url.threads < 1 ||
        url.threads > kThreadsMax) {
        return unknown(text, "the number of threads is 1 to 4096, or *");
    }
    if (parts.size() > 2 ||
        (parts.size() == 2 && (!parse_number(trim(parts[1]), url.failures) || url.failures < 1 ||
                               url.failures > kFailuresMax))) {
        return unknown(text, "after the threads comes how often a task may fail, from 1 on");
    }
    return url;
}

Result<MasterUrl> parse_local_cluster(std::string_view text, std::string_view inside) {
    const std::vector<std::string_view> parts = split(inside, ',');
    MasterUrl url;
    url.kind = MasterUrl::Kind::LocalCluster;
    if (parts.size() != 3 || !parse_number(trim(parts[0]), url.executors) ||
        !parse_number(trim(parts[1]), url.cores) || !parse_number(trim(parts[2]), url.memory_mib)) {
        return unknown(text, "three numbers are needed");
    }
    if (url.executors < 1 || url.executors > kExecutorsMax || url.cores < 1 ||
        url.cores > kThreadsMax || url.memory_mib < kMemoryMin) {
        return unknown(text, "1 to 256 executors, 1 to 4096 cores and at least 64 MiB each");
    }
    return url;
}

Result<MasterUrl> parse_cluster(std::string_view text, std::string_view address) {
    const std::size_t colon = address.rfind(':');
    MasterUrl url;
    url.kind = MasterUrl::Kind::Cluster;
    if (colon == std::string_view::npos || colon == 0 ||
        !parse_number(address.substr(colon + 1), url.port) || url.port == 0) {
        return unknown(text, "a host and a port are needed");
    }
    url.host = address.substr(0, colon);
    if (url.host.find_first_of("/@?# ") != std::string::npos) {
        return unknown(text, "a host name has no such characters");
    }
    return url;
}

}  // namespace

Result<MasterUrl> parse_master_url(std::string_view text, std::int32_t cores) {
    constexpr std::string_view kScheme = "heddle://";
    MasterUrl url;
    std::string_view inside;
    if (text == "local") {
        return url;
    }
    if (bracketed(text, "local", inside)) {
        return parse_local(text, inside, cores);
    }
    if (bracketed(text, "local-cluster", inside)) {
        return parse_local_cluster(text, inside);
    }
    if (text.substr(0, kScheme.size()) == kScheme) {
        return parse_cluster(text, text.substr(kScheme.size()));
    }
    return unknown(text, "not a form of master");
}

}  // namespace heddle::driver
