#pragma once

// The scheduler's configuration as a person handles it: files, and the versions that held.

#include <string>

#include "client/rmctl/answers.h"
#include "client/rmctl/options.h"
#include "client/rmctl/table.h"
#include "common/base/result.h"

namespace heddle::rmctl {

struct ConfigOptions {
    std::string file;
    std::string version;
    std::string from;
    std::string note;
    bool dry_run = false;
};

/// What each queue is given and may have, of a dry run.
Table effective_table(const ConfigAnswer& answer);

Result<int> config_show(const Options& options, const ConfigOptions& asked);
/// Local, as config_migrate. Errors: InvalidArgument with every mistake and its place.
Result<int> config_validate(const Options& options, const ConfigOptions& asked);
Result<int> config_apply(const Options& options, const ConfigOptions& asked);
Result<int> config_diff(const Options& options, const ConfigOptions& asked);
Result<int> config_history(const Options& options);
Result<int> config_version(const Options& options);
/// Back to what the manager's file says.
Result<int> config_reset(const Options& options);
Result<int> config_rollback(const Options& options, const ConfigOptions& asked);
/// TOML on standard output; what has no counterpart, and what does not add up, on standard error.
/// Errors: InvalidArgument when nothing in the file is of use.
Result<int> config_migrate(const Options& options, const ConfigOptions& asked);

}  // namespace heddle::rmctl
