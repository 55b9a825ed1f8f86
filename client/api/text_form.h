#pragma once

// Values as text, compiled once.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

namespace heddle::api {

/// Records in error messages are cut at about this length.
inline constexpr std::size_t kDescriptionCharacters = 200;

void append_signed(std::int64_t value, std::string& out);
void append_unsigned(std::uint64_t value, std::string& out);
/// The shortest form that reads back as the same number.
void append_double(double value, std::string& out);

template <typename T>
void append_number(T value, std::string& out) {
    if constexpr (std::is_same_v<T, bool>) {
        out += value ? "true" : "false";
    } else if constexpr (std::is_floating_point_v<T>) {
        append_double(static_cast<double>(value), out);
    } else if constexpr (std::is_signed_v<T>) {
        append_signed(value, out);
    } else {
        append_unsigned(value, out);
    }
}

/// Plain, or in quotes and cut for messages.
void append_string(std::string_view text, bool quoted, std::string& out);

}  // namespace heddle::api
