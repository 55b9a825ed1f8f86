// The tree of a JSON text that was read.

#include "common/base/strings.h"
#include "common/wire/json.h"

namespace heddle::wire {

Json::Json() = default;
Json::Json(bool value) : value_(value) {}
Json::Json(std::int64_t value) : value_(value) {}
Json::Json(double value) : value_(value) {}
Json::Json(std::string value) : value_(std::move(value)) {}
Json::Json(Array value) : value_(std::move(value)) {}
Json::Json(Object value) : value_(std::move(value)) {}
Json::Json(const Json&) = default;
Json::Json(Json&&) noexcept = default;
Json& Json::operator=(const Json&) = default;
Json& Json::operator=(Json&&) noexcept = default;
Json::~Json() = default;

bool Json::is_null() const {
    return value_.index() == 0;
}
bool Json::is_object() const {
    return object() != nullptr;
}
bool Json::is_array() const {
    return array() != nullptr;
}
const bool* Json::boolean() const {
    return std::get_if<bool>(&value_);
}
const std::int64_t* Json::integer() const {
    return std::get_if<std::int64_t>(&value_);
}
const double* Json::real() const {
    return std::get_if<double>(&value_);
}
const std::string* Json::string() const {
    return std::get_if<std::string>(&value_);
}
const Json::Array* Json::array() const {
    return std::get_if<Array>(&value_);
}
const Json::Object* Json::object() const {
    return std::get_if<Object>(&value_);
}

const Json* Json::find(std::string_view key) const {
    if (const Object* members = object()) {
        for (const JsonMember& member : *members) {
            if (member.key == key) {
                return member.value.is_null() ? nullptr : &member.value;
            }
        }
    }
    return nullptr;
}

Result<std::string> Json::string_or(std::string_view key, std::string otherwise) const {
    const Json* found = find(key);
    if (found == nullptr) {
        return otherwise;
    }
    if (const std::string* text = found->string()) {
        return *text;
    }
    return Error{ErrorCode::InvalidArgument, "'" + std::string(key) + "' must be a string"};
}

Result<std::int64_t> Json::integer_or(std::string_view key, std::int64_t otherwise) const {
    const Json* found = find(key);
    if (found == nullptr) {
        return otherwise;
    }
    if (const std::int64_t* number = found->integer()) {
        return *number;
    }
    if (const std::string* text = found->string()) {
        const bool negative = text->starts_with('-');
        std::int64_t number = 0;
        if (parse_number(std::string_view(*text).substr(negative ? 1 : 0), number)) {
            return negative ? -number : number;
        }
    }
    return Error{ErrorCode::InvalidArgument, "'" + std::string(key) + "' must be a whole number"};
}

Result<bool> Json::boolean_or(std::string_view key, bool otherwise) const {
    const Json* found = find(key);
    if (found == nullptr) {
        return otherwise;
    }
    if (const bool* value = found->boolean()) {
        return *value;
    }
    const std::string* text = found->string();
    if (text != nullptr && (*text == "true" || *text == "false")) {
        return *text == "true";
    }
    return Error{ErrorCode::InvalidArgument, "'" + std::string(key) + "' must be true or false"};
}

}  // namespace heddle::wire
