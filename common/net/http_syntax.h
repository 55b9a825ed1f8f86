#pragma once

// The strict layer in front of Beast's parser: what a request must look like before it is parsed,
// and what a target may be. Pure functions over bytes.

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/result.h"
#include "common/net/http_message.h"

namespace heddle::net {

/// Why a request is refused, as the status and the words of the answer.
struct Refusal {
    int status = 0;  // 0: not refused
    std::string why;

    bool refused() const { return status != 0; }
};

/// Checks the bytes of a request head, from the method to the empty line inclusive. Refuses what
/// http_server.h lists.
Refusal check_request_head(std::string_view head, std::size_t field_limit);

struct Target {
    std::string path;
    std::vector<std::string> segments;
    std::vector<std::pair<std::string, std::string>> query;
};

/// Decodes an origin-form target. A trailing slash is ignored. Errors: InvalidArgument.
Result<Target> parse_target(std::string_view target);

/// True when `list`, a comma-separated header value, holds `token`, without case.
bool has_token(std::string_view list, std::string_view token);

/// True for a WebSocket handshake of version 13 with a well-formed key.
bool is_web_socket_request(std::string_view method, const Headers& headers);

bool is_valid_utf8(std::string_view text);

}  // namespace heddle::net
