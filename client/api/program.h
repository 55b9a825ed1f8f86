#pragma once

// This process as a Heddle program: which role it was started in, and how it gets a job runner.

#include <memory>
#include <string>

#include "client/driver/job_runner.h"

namespace heddle::api {

/// The file name that init saw, without folders.
std::string program_name();

/// Throws UsageError before init, and what make_runner reports as Exception.
std::unique_ptr<driver::JobRunner> open_runner(const driver::RunnerOptions& options);

}  // namespace heddle::api
