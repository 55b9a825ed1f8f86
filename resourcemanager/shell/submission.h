#pragma once

// POST /ws/v1/cluster/apps: YARN's submission body, with our own fields `heddle-kind` (rdd, master,
// command) and `heddle-argv` (the exact argument vector, without a shell).

#include <string_view>

#include "common/base/result.h"
#include "common/model/application.h"
#include "common/wire/json.h"

namespace heddle::rm {

/// The submission, without user and with the queue as given. Errors: InvalidArgument naming the
/// field; Unsupported for what this version cannot do (archives, HDFS, labels, reservations), so
/// that nothing that was asked for is silently left out.
Result<ApplicationSubmission> parse_submission(std::string_view body);

/// Whether the text has no control characters.
bool printable(std::string_view text);

/// Adds what YARN's `resource.resourceInformations` says to `size`. Errors: InvalidArgument naming
/// the resource.
Status read_informations(const wire::Json& resource, Resource& size);

}  // namespace heddle::rm
