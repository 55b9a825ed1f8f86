#pragma once

// Whether a file can become an executor of this version: it says so in a note that every program
// linked with Heddle carries.

#include <string>

#include "common/base/result.h"

namespace heddle::executor {

/// Errors: NotFound, PermissionDenied (not executable), InvalidArgument (not a Heddle program),
/// Conflict (of another runtime version); all say what to do.
Status check_program(const std::string& path);

}  // namespace heddle::executor
