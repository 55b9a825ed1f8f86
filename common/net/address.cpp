// Endpoints in text form, and the one question to the routing table.

#include "common/net/address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

#include "common/base/strings.h"

namespace heddle::net {

namespace {

std::string with_brackets(const std::string& host) {
    return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

Error bad_endpoint(std::string_view text, std::string_view why) {
    return Error{ErrorCode::InvalidArgument, "server address '" + std::string(text) +
                                                 "': " + std::string(why) +
                                                 "; expected host:port, [v6]:port or unix:/path"};
}

}  // namespace

Result<Endpoint> Endpoint::parse(std::string_view text, std::uint16_t default_port) {
    std::string_view rest = text;
    for (const std::string_view scheme : {"http://", "heddle://"}) {
        if (rest.starts_with(scheme)) {
            rest.remove_prefix(scheme.size());
            if (rest.ends_with('/')) {
                rest.remove_suffix(1);
            }
            break;
        }
    }
    if (rest.starts_with("unix:")) {
        rest.remove_prefix(5);
        if (rest.empty() || rest.front() != '/') {
            return bad_endpoint(text, "the socket's path is not absolute");
        }
    }
    if (rest.starts_with('/')) {
        return unix_socket(std::string(rest));
    }
    std::string_view host = rest;
    std::string_view port_text;
    if (rest.starts_with('[')) {
        const std::size_t end = rest.find(']');
        if (end == std::string_view::npos) {
            return bad_endpoint(text, "missing ']'");
        }
        host = rest.substr(1, end - 1);
        const std::string_view after = rest.substr(end + 1);
        if (!after.empty() && after.front() != ':') {
            return bad_endpoint(text, "unexpected text after ']'");
        }
        port_text = after.empty() ? after : after.substr(1);
    } else if (const std::size_t colon = rest.find(':'); colon != std::string_view::npos) {
        host = rest.substr(0, colon);
        port_text = rest.substr(colon + 1);
    }
    if (host.empty() || host.find_first_of("/ @?#") != std::string_view::npos) {
        return bad_endpoint(text, "no host name");
    }
    std::uint16_t port = default_port;
    if (!port_text.empty() && (!parse_number(port_text, port) || port == 0)) {
        return bad_endpoint(text, "bad port '" + std::string(port_text) + "'");
    }
    if (port == 0) {
        return bad_endpoint(text, "no port");
    }
    return tcp(std::string(host), port);
}

std::string Endpoint::text() const {
    return is_unix() ? "unix:" + unix_path : with_brackets(host) + ":" + std::to_string(port);
}

std::string Endpoint::authority() const {
    return is_unix() ? "localhost" : text();
}

std::string Peer::text() const {
    if (address.empty()) {
        return user ? "unix (user " + std::to_string(*user) + ")" : "unix";
    }
    return with_brackets(address) + ":" + std::to_string(port);
}

bool is_loopback(std::string_view host) {
    if (to_lower(host) == "localhost" || host == "::1") {
        return true;
    }
    in_addr v4{};
    return inet_pton(AF_INET, std::string(host).c_str(), &v4) == 1 &&
           (ntohl(v4.s_addr) >> 24) == 127;
}

Result<std::string> local_address_towards(const Endpoint& endpoint) {
    if (endpoint.is_unix()) {
        return std::string("127.0.0.1");
    }
    addrinfo hints{};
    hints.ai_socktype = SOCK_DGRAM;
    addrinfo* found = nullptr;
    const int failed =
        getaddrinfo(endpoint.host.c_str(), std::to_string(endpoint.port).c_str(), &hints, &found);
    if (failed != 0) {
        return Error{ErrorCode::Unavailable,
                     "host '" + endpoint.host + "': " + gai_strerror(failed)};
    }
    // Connecting a datagram socket only asks the routing table.
    std::string answer;
    for (const addrinfo* at = found; at != nullptr && answer.empty(); at = at->ai_next) {
        const int probe = socket(at->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        if (probe < 0) {
            continue;
        }
        sockaddr_storage own{};
        socklen_t length = sizeof own;
        std::array<char, NI_MAXHOST> text{};
        if (connect(probe, at->ai_addr, at->ai_addrlen) == 0 &&
            getsockname(probe, reinterpret_cast<sockaddr*>(&own), &length) == 0 &&
            getnameinfo(reinterpret_cast<const sockaddr*>(&own), length, text.data(), text.size(),
                        nullptr, 0, NI_NUMERICHOST) == 0) {
            answer = text.data();
        }
        ::close(probe);
    }
    freeaddrinfo(found);
    if (answer.empty()) {
        return Error{ErrorCode::Unavailable, "no route to " + endpoint.text()};
    }
    return answer;
}

}  // namespace heddle::net
