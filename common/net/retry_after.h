#pragma once

// How long a server wants to be left alone: Retry-After of its answer.

#include <algorithm>
#include <cstdint>

#include "common/base/result.h"
#include "common/base/strings.h"
#include "common/base/time.h"
#include "common/net/http_client.h"

namespace heddle::net {

/// In seconds as it is sent, at most half a minute, so that a wrong one does not stop everything; a
/// tenth of a second when nothing is asked for.
inline Duration retry_after(const Result<ClientResponse>& response) {
    std::int64_t asked = 0;
    if (!response || !parse_number(response->headers.get("Retry-After"), asked) || asked < 1) {
        return milliseconds(100);
    }
    return seconds(std::min<std::int64_t>(asked, 30));
}

}  // namespace heddle::net
