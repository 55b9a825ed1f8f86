#pragma once

// The cluster's token: in its file, and as requests present it.

#include <optional>
#include <string>

#include "common/base/result.h"
#include "common/net/http_message.h"

namespace heddle::net {

/// The token in `path`. Errors: NotFound; PermissionDenied when it cannot be opened or others can
/// read it; InvalidArgument when it holds no token of at least 16 characters; else the system's
/// reason, with the path.
Result<std::string> read_token_file(const std::string& path);

/// The token that a service manager hands to this process (systemd's LoadCredential=token:...), as
/// a path; empty when there is none.
std::string token_credential();

/// The secret of an Authorization header: Bearer, or the password of Basic. nullopt: no such
/// header; empty: a credential of a kind that is never right.
std::optional<std::string> presented_credential(const Headers& headers);

}  // namespace heddle::net
