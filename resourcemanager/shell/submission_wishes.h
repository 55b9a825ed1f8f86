#pragma once

// Two parts of YARN's submission body that say how an application wants to be treated: which nodes
// its next master keeps off, and what is to be done with its logs.

#include "common/base/result.h"
#include "common/model/application.h"
#include "common/wire/json.h"

namespace heddle::rm {

/// am-black-listing-requests. Errors: InvalidArgument naming the field.
Status read_master_blacklist(const wire::Json& context, ApplicationSubmission& submission);

/// log-aggregation-context: which log files of its containers stay on their nodes. Logs are not
/// aggregated, and policies say nothing here (REST says so, logAggregationStatus is DISABLED).
/// Errors: InvalidArgument naming the field.
Status read_log_context(const wire::Json& context, ApplicationSubmission& submission);

}  // namespace heddle::rm
