#include "client/rmctl/exit_code.h"

namespace heddle::rmctl {

int exit_code_of(const Error& error) {
    switch (error.code) {
        case ErrorCode::InvalidArgument:
        case ErrorCode::Unsupported:
            return kExitInvalidSpec;
        case ErrorCode::NotFound:
            return kExitNotFound;
        case ErrorCode::Unauthenticated:
        case ErrorCode::PermissionDenied:
            return kExitNotAllowed;
        case ErrorCode::Unavailable:
            return kExitUnreachable;
        case ErrorCode::AlreadyExists:
        case ErrorCode::Conflict:
            return kExitConflict;
        case ErrorCode::Timeout:
            return kExitTimeout;
        case ErrorCode::Cancelled:
            return kExitInterrupted;
        case ErrorCode::ResourceExhausted:
        case ErrorCode::DataLoss:
        case ErrorCode::Internal:
            return kExitApplicationFailed;
    }
    return kExitApplicationFailed;
}

}  // namespace heddle::rmctl
