#pragma once

// Guards of a daemon that browsers on the same machine can reach: which Host values are ours (DNS
// rebinding), which Origin may write (cross-site requests), which addresses may be bound.

#include <span>
#include <string>
#include <string_view>

namespace heddle::net {

/// True when `host` (the value of a Host header) names this daemon: localhost, an address of
/// 127.0.0.0/8, [::1], or one of `names`, all without case and with any port.
bool host_allowed(std::string_view host, std::span<const std::string> names);

/// True when `origin` (of an Origin header) is http or https at exactly the authority of `host`.
bool origin_matches(std::string_view origin, std::string_view host);

/// The host of "host:port", "[v6]:port", "host"; empty if it is not of that form.
std::string_view host_without_port(std::string_view authority);

}  // namespace heddle::net
