#pragma once

// JSON for REST, configuration and people; daemon messages never pass through here. Reading gives a
// small tree after guards on size, depth, number of values and duplicate keys; writing streams into
// a string and cannot produce anything but valid JSON.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/base/result.h"

namespace heddle::wire {

class Json;
struct JsonMember;

/// A JSON value as it was read. Numbers with a fraction or an exponent are doubles, others int64.
class Json {
public:
    using Array = std::vector<Json>;
    using Object = std::vector<JsonMember>;

    Json();  // null
    explicit Json(bool value);
    explicit Json(std::int64_t value);
    explicit Json(double value);
    explicit Json(std::string value);
    explicit Json(Array value);
    explicit Json(Object value);
    Json(const Json&);
    Json(Json&&) noexcept;
    Json& operator=(const Json&);
    Json& operator=(Json&&) noexcept;
    ~Json();

    bool is_null() const;
    bool is_object() const;
    bool is_array() const;

    /// Null pointers: another kind of value.
    const bool* boolean() const;
    const std::int64_t* integer() const;
    const double* real() const;
    const std::string* string() const;
    const Array* array() const;
    const Object* object() const;

    /// The member `key` of an object. Null: no object, or no such member, or the member is null.
    const Json* find(std::string_view key) const;

    /// A member of an object that may be absent. `path` names the value in errors, for example
    /// "resource.memory". Errors: InvalidArgument when it is there with another kind. Numbers in
    /// quotes count as numbers, "true" and "false" as booleans, as YARN's clients write them.
    Result<std::string> string_or(std::string_view key, std::string otherwise) const;
    Result<std::int64_t> integer_or(std::string_view key, std::int64_t otherwise) const;
    Result<bool> boolean_or(std::string_view key, bool otherwise) const;

private:
    std::variant<std::monostate, bool, std::int64_t, double, std::string, Array, Object> value_;
};

struct JsonMember {
    std::string key;
    Json value;
};

struct JsonLimits {
    std::size_t bytes = 1U << 20U;
    std::size_t depth = 64;
    std::size_t values = 100'000;
};

/// Errors: InvalidArgument with the position; ResourceExhausted for size, depth and count; the
/// tree is not built in that case.
Result<Json> parse_json(std::string_view text, const JsonLimits& limits = {});

/// Writes one JSON value. Calls must follow JSON's grammar (a CHECK says so otherwise); commas are
/// put where they belong. Bytes that are not UTF-8 become U+FFFD.
class JsonWriter {
public:
    JsonWriter& begin_object();
    JsonWriter& end_object();
    JsonWriter& begin_array();
    JsonWriter& end_array();
    JsonWriter& key(std::string_view key);

    JsonWriter& value(std::string_view text);
    JsonWriter& value(const std::string& text) { return value(std::string_view(text)); }
    JsonWriter& value(const char* text) { return value(std::string_view(text)); }
    JsonWriter& value(bool boolean);
    JsonWriter& value(int number) { return value(static_cast<long long>(number)); }
    JsonWriter& value(long number) { return value(static_cast<long long>(number)); }
    JsonWriter& value(long long number);
    JsonWriter& value(unsigned number) { return value(static_cast<unsigned long long>(number)); }
    JsonWriter& value(unsigned long number) {
        return value(static_cast<unsigned long long>(number));
    }
    JsonWriter& value(unsigned long long number);
    JsonWriter& value(double number);  // always with a fraction; null when not finite
    JsonWriter& value(const Json& tree);
    JsonWriter& null();
    /// `json` is one complete value already.
    JsonWriter& raw(std::string_view json);

    template <typename T>
    JsonWriter& member(std::string_view name, const T& content) {
        return key(name).value(content);
    }

    /// What was written so far.
    const std::string& text() const { return text_; }
    std::string take() &&;

private:
    void before_value();

    std::string text_;
    std::vector<bool> has_items_;  // one per open object or array
    bool after_key_ = false;
};

/// `text` in quotes, with escapes.
std::string quote_json(std::string_view text);

}  // namespace heddle::wire
