#pragma once

// rmctl's exit codes: a contract for scripts, the same for every command.

#include "common/base/result.h"

namespace heddle::rmctl {

constexpr int kExitDone = 0;
constexpr int kExitApplicationFailed = 1;  // also: a check found problems
constexpr int kExitUsage = 2;
constexpr int kExitNotFound = 3;
constexpr int kExitNotAllowed = 4;
constexpr int kExitUnreachable = 5;
constexpr int kExitConflict = 6;
constexpr int kExitTimeout = 7;
constexpr int kExitInvalidSpec = 8;
constexpr int kExitInterrupted = 130;

/// The exit code of a command that ended with `error`.
int exit_code_of(const Error& error);

}  // namespace heddle::rmctl
