#pragma once

// Small helpers over text that the standard library lacks.

#include <charconv>
#include <concepts>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"

namespace heddle {

/// Views into `text` between separators; an empty text gives one empty part.
std::vector<std::string_view> split(std::string_view text, char separator);

std::string_view trim(std::string_view text);

std::string join(std::span<const std::string> parts, std::string_view separator);

std::string to_lower(std::string_view text);

/// The whole of `text` as a decimal number that is not negative. False: `out` is unspecified.
template <std::integral T>
bool parse_number(std::string_view text, T& out) {
    if (text.empty() || text.front() == '-' || text.front() == '+') {
        return false;
    }
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    return error == std::errc{} && end == text.data() + text.size();
}

/// The candidate nearest to `word` by edit distance, if it is near enough to be a typing error;
/// empty otherwise. Ties go to the first.
std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates);

/// " (did you mean 'x'?)", or nothing when no candidate is near.
std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates);

std::string to_hex(std::span<const std::uint8_t> bytes);

/// A size such as "512m", "4g", "2GiB", "1048576" (bytes) in bytes.
/// Errors: InvalidArgument with the accepted forms.
Result<std::int64_t> parse_bytes(std::string_view text);

/// "1.5 GiB", for people.
std::string human_bytes(std::int64_t bytes);

}  // namespace heddle
