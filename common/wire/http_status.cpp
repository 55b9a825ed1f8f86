#include "common/wire/http_status.h"

#include "common/base/check.h"
#include "common/wire/json.h"

namespace heddle::wire {
namespace {

struct Shape {
    int status = 500;
    std::string_view exception;
    std::string_view java_class;
};

// Names that Hadoop's own clients know.
Shape shape_of(ErrorCode code) {
    switch (code) {
        case ErrorCode::InvalidArgument:
            return {400, "BadRequestException",
                    "org.apache.hadoop.yarn.webapp.BadRequestException"};
        case ErrorCode::NotFound:
            return {404, "NotFoundException", "org.apache.hadoop.yarn.webapp.NotFoundException"};
        case ErrorCode::AlreadyExists:
        case ErrorCode::Conflict:
            return {409, "ConflictException", "org.apache.hadoop.yarn.webapp.ConflictException"};
        case ErrorCode::Unauthenticated:
            return {401, "AuthorizationException",
                    "org.apache.hadoop.security.authorize.AuthorizationException"};
        case ErrorCode::PermissionDenied:
            return {403, "ForbiddenException", "org.apache.hadoop.yarn.webapp.ForbiddenException"};
        case ErrorCode::Unavailable:
            return {503, "RetriableException", "org.apache.hadoop.ipc.RetriableException"};
        case ErrorCode::ResourceExhausted:
            return {413, "BadRequestException",
                    "org.apache.hadoop.yarn.webapp.BadRequestException"};
        case ErrorCode::Timeout:
            return {504, "SocketTimeoutException", "java.net.SocketTimeoutException"};
        case ErrorCode::Unsupported:
            return {400, "UnsupportedOperationException",
                    "java.lang.UnsupportedOperationException"};
        case ErrorCode::DataLoss:
        case ErrorCode::Cancelled:
        case ErrorCode::Internal:
            return {500, "YarnRuntimeException",
                    "org.apache.hadoop.yarn.exceptions.YarnRuntimeException"};
    }
    CHECK(false);
}

}  // namespace

int http_status(ErrorCode code) {
    return shape_of(code).status;
}

ErrorCode error_code_of(int http_status) {
    switch (http_status) {
        case 401:
            return ErrorCode::Unauthenticated;
        case 403:
        case 421:
            return ErrorCode::PermissionDenied;
        case 404:
            return ErrorCode::NotFound;
        case 409:
            return ErrorCode::Conflict;
        case 413:
            return ErrorCode::ResourceExhausted;
        case 502:
        case 503:
            return ErrorCode::Unavailable;
        case 504:
            return ErrorCode::Timeout;
        default:
            return http_status >= 400 && http_status < 500 ? ErrorCode::InvalidArgument
                                                           : ErrorCode::Internal;
    }
}

std::string remote_exception(const Error& error) {
    const Shape shape = shape_of(error.code);
    JsonWriter json;
    json.begin_object().key("RemoteException").begin_object();
    json.member("exception", shape.exception);
    json.member("message", error.message);
    json.member("javaClassName", shape.java_class);
    json.end_object().end_object();
    return std::move(json).take();
}

Error error_of(int http_status, std::string_view body) {
    Error error{error_code_of(http_status), std::string(body.substr(0, 500))};
    if (const auto json = parse_json(body); json.ok()) {
        if (const Json* remote = json->find("RemoteException")) {
            error.message = remote->string_or("message", "").ok()
                                ? *remote->string_or("message", "")
                                : error.message;
        }
    }
    if (error.message.empty()) {
        error.message = "HTTP status " + std::to_string(http_status);
    }
    return error;
}

}  // namespace heddle::wire
