#pragma once

// Every setting of the daemons, in one table: it drives parsing, error messages and what `--help`
// prints. Both daemons read the same files, so both know all keys.

#include <cstdint>
#include <span>
#include <string_view>

namespace heddle::config {

enum class Type {
    Text,
    Integer,
    Boolean,
    Duration,  // "250ms", "10s", "5m", "2h"
    Bytes,     // "512m", "4g"
    TextList,  // ["a", "b"]; "a,b" on the command line and in the environment
};

struct Key {
    std::string_view name;  // "section.key"
    Type type = Type::Text;
    std::string_view fallback;  // as it would be written on the command line
    // Bounds of Integer, of Duration in milliseconds and of Bytes in bytes.
    std::int64_t min = INT64_MIN;
    std::int64_t max = INT64_MAX;
    std::string_view doc;
};

/// All keys, sorted by name.
std::span<const Key> schema();

/// What a value of the type looks like, for messages: "a duration such as 250ms, 10s or 5m".
std::string_view describe(Type type);

}  // namespace heddle::config
