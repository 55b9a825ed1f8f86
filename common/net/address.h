#pragma once

// Where a peer listens, and who a peer is.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "common/base/result.h"

namespace heddle::net {

/// A TCP host and port, or the path of a Unix socket.
struct Endpoint {
    std::string host;  // name or address without brackets; empty for a Unix socket
    std::uint16_t port = 0;
    std::string unix_path;

    static Endpoint tcp(std::string host, std::uint16_t port) {
        return {std::move(host), port, {}};
    }
    static Endpoint unix_socket(std::string path) { return {{}, 0, std::move(path)}; }

    /// "http://host:port", "heddle://host:port", "host:port", "[::1]:port", "unix:/path" or
    /// "/path". `default_port` is used where none is written; 0: a port is required. Errors:
    /// InvalidArgument.
    static Result<Endpoint> parse(std::string_view text, std::uint16_t default_port = 0);

    bool is_unix() const { return !unix_path.empty(); }

    /// "host:port" with brackets round IPv6, or "unix:/path"; for messages.
    std::string text() const;

    /// The value of the Host header: as text(), and "localhost" for a Unix socket.
    std::string authority() const;

    friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

/// The other side of an accepted connection.
struct Peer {
    std::string address;  // numeric; empty on a Unix socket
    std::uint16_t port = 0;
    std::optional<std::uint32_t> user;  // user id of the process at the other end of a Unix socket

    /// "127.0.0.1:4711" or "unix (user 1000)"; for messages.
    std::string text() const;
};

/// True for 127.0.0.0/8, ::1 and "localhost".
bool is_loopback(std::string_view host);

/// The numeric address that this machine would use to reach `endpoint`; no packet is sent.
/// Errors: Unavailable when there is no route or no such host.
Result<std::string> local_address_towards(const Endpoint& endpoint);

}  // namespace heddle::net
