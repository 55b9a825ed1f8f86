#pragma once

// The one table from ErrorCode to HTTP, and the shape in which YARN's clients read errors.

#include <string>

#include "common/base/result.h"

namespace heddle::wire {

/// For example NotFound -> 404.
int http_status(ErrorCode code);

/// The other way, for clients: what a status means when the body does not say more.
ErrorCode error_code_of(int http_status);

/// {"RemoteException":{"exception":"NotFoundException","message":...,"javaClassName":...}}
std::string remote_exception(const Error& error);

/// The error in a RemoteException body, or in any other body of that status.
Error error_of(int http_status, std::string_view body);

}  // namespace heddle::wire
