#include "common/base/result.h"

#include <cerrno>
#include <cstring>

namespace heddle {

std::string_view to_string(ErrorCode code) {
    switch (code) {
        case ErrorCode::InvalidArgument:
            return "invalid argument";
        case ErrorCode::NotFound:
            return "not found";
        case ErrorCode::AlreadyExists:
            return "already exists";
        case ErrorCode::Unauthenticated:
            return "unauthenticated";
        case ErrorCode::PermissionDenied:
            return "permission denied";
        case ErrorCode::Unavailable:
            return "unavailable";
        case ErrorCode::ResourceExhausted:
            return "resource exhausted";
        case ErrorCode::Conflict:
            return "conflict";
        case ErrorCode::Timeout:
            return "timeout";
        case ErrorCode::Unsupported:
            return "unsupported";
        case ErrorCode::DataLoss:
            return "data loss";
        case ErrorCode::Cancelled:
            return "cancelled";
        case ErrorCode::Internal:
            return "internal error";
    }
    CHECK(false);
}

Error errno_error(std::string_view what) {
    const int number = errno;
    return Error{ErrorCode::Internal, std::string(what) + ": " + std::strerror(number)};
}

}  // namespace heddle
