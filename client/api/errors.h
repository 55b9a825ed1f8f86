#pragma once

// What a user of the RDD API sees when something fails: exceptions, since a program that goes on
// after a failed job has to say so.

#include <exception>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "common/base/result.h"
#include "common/rdd/task.h"

namespace heddle {

// Everything that the API throws.
class Exception : public std::runtime_error {
public:
    Exception(ErrorCode code, const std::string& message)
        : std::runtime_error(message), code_(code) {}
    ErrorCode code() const { return code_; }

private:
    ErrorCode code_;
};

// The call itself was wrong: an argument, a missing init, a path that exists. No job ran.
class UsageError : public Exception {
public:
    using Exception::Exception;
};

// A job failed or was cancelled. what() has stage, partition, the function's message and its input.
class JobFailed : public Exception {
public:
    JobFailed(ErrorCode code, const std::string& message, rdd::Partition partition,
              std::optional<rdd::TaskFailure> cause)
        : Exception(code, message), partition_(partition), cause_(std::move(cause)) {}
    /// -1: not one partition's fault.
    rdd::Partition partition() const { return partition_; }
    const std::optional<rdd::TaskFailure>& cause() const { return cause_; }

private:
    rdd::Partition partition_;
    std::optional<rdd::TaskFailure> cause_;
};

/// What a program may end with when it was stopped by `error`, so that scripts tell causes apart as
/// they do with rmctl: 1 a job or the program failed, 3 not found, 4 not allowed, 5 no server,
/// 6 exists already, 7 too late, 8 a wrong argument or setting, 130 cancelled.
int exit_code_of(const std::exception& error);

}  // namespace heddle
