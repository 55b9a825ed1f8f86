#pragma once

// Errors that can happen are values: a Result holds a T or an Error, a Status only success or an
// Error. What cannot happen is a CHECK, what may be absent is a std::optional.

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "common/base/check.h"

namespace heddle {

enum class ErrorCode {
    InvalidArgument,    // the request itself is wrong
    NotFound,           // no such object
    AlreadyExists,      // an object of that name is there
    Unauthenticated,    // no or a wrong credential
    PermissionDenied,   // known, but not allowed
    Unavailable,        // try again later: not connected, starting, no space
    ResourceExhausted,  // a stated limit is reached
    Conflict,           // the state of the object does not allow it
    Timeout,            // a deadline passed
    Unsupported,        // known, but not in this version
    DataLoss,           // stored bytes are not what was written
    Cancelled,          // ended by request
    Internal,           // a failure below us with no better name (I/O, system call)
};

/// The code's name as people and JSON see it, for example "not found".
std::string_view to_string(ErrorCode code);

struct Error {
    ErrorCode code = ErrorCode::Internal;
    std::string message;

    friend bool operator==(const Error&, const Error&) = default;
};

/// An Error from the current `errno`: "<what>: <strerror>".
Error errno_error(std::string_view what);

template <typename T>
class [[nodiscard]] Result {
public:
    // Implicit on purpose: `return value;` and `return Error{...};` both read well.
    Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
    Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

    bool ok() const { return state_.index() == 0; }
    explicit operator bool() const { return ok(); }

    const T& value() const& {
        CHECK(ok());
        return *std::get_if<0>(&state_);
    }
    T& value() & {
        CHECK(ok());
        return *std::get_if<0>(&state_);
    }
    T&& value() && {
        CHECK(ok());
        return std::move(*std::get_if<0>(&state_));
    }
    const Error& error() const& {
        CHECK(!ok());
        return *std::get_if<1>(&state_);
    }
    Error&& error() && {
        CHECK(!ok());
        return std::move(*std::get_if<1>(&state_));
    }
    const T& operator*() const& { return value(); }
    T& operator*() & { return value(); }
    const T* operator->() const { return &value(); }
    T* operator->() { return &value(); }

private:
    std::variant<T, Error> state_;
};

class [[nodiscard]] Status {
public:
    Status() = default;
    Status(Error error) : error_(std::move(error)) {}

    bool ok() const { return !error_.has_value(); }
    explicit operator bool() const { return ok(); }
    const Error& error() const& {
        CHECK(!ok());
        return *error_;
    }
    Error&& error() && {
        CHECK(!ok());
        return std::move(*error_);
    }

private:
    std::optional<Error> error_;
};

}  // namespace heddle

// TRY(status);                    returns the error, if any, from the enclosing function
// TRY(const T value, result);     the same, else binds the value
#define HEDDLE_CONCAT_INNER(a, b) a##b
#define HEDDLE_CONCAT(a, b) HEDDLE_CONCAT_INNER(a, b)
#define HEDDLE_TRY_STATUS(temporary, expression)     \
    if (auto temporary = (expression); !temporary) { \
        return std::move(temporary).error();         \
    }
#define HEDDLE_TRY_VALUE(temporary, declaration, expression) \
    auto temporary = (expression);                           \
    if (!temporary) {                                        \
        return std::move(temporary).error();                 \
    }                                                        \
    declaration = std::move(temporary).value()
#define HEDDLE_TRY_1(expression) HEDDLE_TRY_STATUS(HEDDLE_CONCAT(try_, __LINE__), expression)
#define HEDDLE_TRY_2(declaration, expression) \
    HEDDLE_TRY_VALUE(HEDDLE_CONCAT(try_, __LINE__), declaration, expression)
#define HEDDLE_TRY_PICK(one, two, name, ...) name
#define TRY(...) HEDDLE_TRY_PICK(__VA_ARGS__, HEDDLE_TRY_2, HEDDLE_TRY_1)(__VA_ARGS__)
