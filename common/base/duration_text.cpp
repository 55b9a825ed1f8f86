#include "common/base/duration_text.h"

#include <algorithm>
#include <cstdint>
#include <limits>

#include "common/base/check.h"
#include "common/base/strings.h"

namespace heddle {
namespace {

struct Unit {
    std::string_view suffix;
    std::int64_t microseconds;
};
constexpr Unit kUnits[] = {
    {"d", 86'400'000'000}, {"h", 3'600'000'000}, {"m", 60'000'000}, {"min", 60'000'000},
    {"s", 1'000'000},      {"ms", 1000},         {"us", 1}};

}  // namespace

Result<Duration> parse_duration(std::string_view text) {
    const std::string_view trimmed = trim(text);
    const std::size_t digits = std::min(trimmed.find_first_not_of("0123456789"), trimmed.size());
    std::int64_t number = 0;
    if (parse_number(trimmed.substr(0, digits), number)) {
        for (const Unit& unit : kUnits) {
            if (trim(trimmed.substr(digits)) == unit.suffix &&
                number <= std::numeric_limits<std::int64_t>::max() / unit.microseconds) {
                return microseconds(number * unit.microseconds);
            }
        }
    }
    return Error{ErrorCode::InvalidArgument,
                 "'" + std::string(text) + "' is not a duration; write for example 250ms or 10s"};
}

std::string duration_text(Duration duration) {
    CHECK(duration.microseconds >= 0);
    if (duration.microseconds == 0) {
        return "0s";
    }
    for (const Unit& unit : kUnits) {
        if (duration.microseconds % unit.microseconds == 0) {
            return std::to_string(duration.microseconds / unit.microseconds) +
                   std::string(unit.suffix);
        }
    }
    CHECK(false);
}

}  // namespace heddle
