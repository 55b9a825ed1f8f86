// Exit codes of programs.
#include "client/api/errors.h"

namespace heddle {

namespace {

constexpr int kFailed = 1;

int exit_code_of(ErrorCode code) {
    switch (code) {
        case ErrorCode::NotFound:
            return 3;
        case ErrorCode::Unauthenticated:
        case ErrorCode::PermissionDenied:
            return 4;
        case ErrorCode::Unavailable:
            return 5;
        case ErrorCode::AlreadyExists:
        case ErrorCode::Conflict:
            return 6;
        case ErrorCode::Timeout:
            return 7;
        case ErrorCode::InvalidArgument:
        case ErrorCode::Unsupported:
            return 8;
        case ErrorCode::Cancelled:
            return 130;
        case ErrorCode::ResourceExhausted:
        case ErrorCode::DataLoss:
        case ErrorCode::Internal:
            return kFailed;
    }
    return kFailed;
}

}  // namespace

int exit_code_of(const std::exception& error) {
    if (dynamic_cast<const JobFailed*>(&error) != nullptr) {
        return kFailed;
    }
    const auto* known = dynamic_cast<const Exception*>(&error);
    return known == nullptr ? kFailed : exit_code_of(known->code());
}

}  // namespace heddle
