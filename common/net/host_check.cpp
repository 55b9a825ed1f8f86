// Exact comparisons only: a Host that merely contains one of our names is somebody else's.

#include "common/net/host_check.h"

#include <algorithm>

#include "common/base/strings.h"
#include "common/net/address.h"

namespace heddle::net {

namespace {

bool is_port(std::string_view text) {
    return !text.empty() && text.size() <= 5 &&
           std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

std::string_view host_without_port(std::string_view authority) {
    if (authority.starts_with('[')) {
        const std::size_t end = authority.find(']');
        if (end == std::string_view::npos) {
            return {};
        }
        const std::string_view after = authority.substr(end + 1);
        if (!after.empty() && !(after.front() == ':' && is_port(after.substr(1)))) {
            return {};
        }
        return authority.substr(1, end - 1);
    }
    const std::size_t colon = authority.find(':');
    if (colon == std::string_view::npos) {
        return authority;
    }
    return is_port(authority.substr(colon + 1)) ? authority.substr(0, colon) : std::string_view{};
}

bool host_allowed(std::string_view host, std::span<const std::string> names) {
    const std::string_view name = host_without_port(host);
    if (name.empty()) {
        return false;
    }
    if (is_loopback(name)) {
        return true;
    }
    const std::string lower = to_lower(name);
    return std::ranges::any_of(
        names, [&](const std::string& allowed) { return to_lower(allowed) == lower; });
}

bool origin_matches(std::string_view origin, std::string_view host) {
    for (const std::string_view scheme : {"http://", "https://"}) {
        if (origin.starts_with(scheme)) {
            return to_lower(origin.substr(scheme.size())) == to_lower(host);
        }
    }
    return false;
}

}  // namespace heddle::net
