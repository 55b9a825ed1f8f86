#include "common/base/iso_time.h"

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>

namespace heddle {
namespace {

// Takes exactly `digits` digits from the front.
std::optional<int> take_number(std::string_view& text, std::size_t digits) {
    if (text.size() < digits) {
        return std::nullopt;
    }
    int number = 0;
    for (std::size_t i = 0; i < digits; ++i) {
        if (text[i] < '0' || text[i] > '9') {
            return std::nullopt;
        }
        number = number * 10 + (text[i] - '0');
    }
    text.remove_prefix(digits);
    return number;
}

bool take(std::string_view& text, char c) {
    if (!text.starts_with(c)) {
        return false;
    }
    text.remove_prefix(1);
    return true;
}

// Of a fraction of a second, all of it taken; digits beyond the third count as nothing.
int take_milliseconds(std::string_view& text) {
    int number = 0;
    int scale = 100;
    while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
        number += (text.front() - '0') * scale;
        scale /= 10;
        text.remove_prefix(1);
    }
    return number;
}

std::optional<int> take_zone_minutes(std::string_view& text) {
    if (take(text, 'Z')) {
        return 0;
    }
    const bool behind = text.starts_with('-');
    if (!take(text, '+') && !take(text, '-')) {
        return std::nullopt;
    }
    const auto hours = take_number(text, 2);
    take(text, ':');
    const auto minutes = take_number(text, 2);
    if (!hours || !minutes || *hours > 18 || *minutes > 59) {
        return std::nullopt;
    }
    return (*hours * 60 + *minutes) * (behind ? -1 : 1);
}

std::optional<std::int64_t> take_days(std::string_view& text) {
    const auto year = take_number(text, 4);
    const bool first = take(text, '-');
    const auto month = take_number(text, 2);
    const bool second = take(text, '-');
    const auto day = take_number(text, 2);
    if (!year || !month || !day || !first || !second) {
        return std::nullopt;
    }
    const std::chrono::year_month_day date{std::chrono::year(*year),
                                           std::chrono::month(static_cast<unsigned>(*month)),
                                           std::chrono::day(static_cast<unsigned>(*day))};
    if (!date.ok()) {
        return std::nullopt;
    }
    return std::chrono::sys_days(date).time_since_epoch().count();
}

}  // namespace

std::string iso_time(WallTime time) {
    const std::chrono::sys_time<std::chrono::milliseconds> moment{
        std::chrono::milliseconds(time.milliseconds)};
    const auto days = std::chrono::floor<std::chrono::days>(moment);
    const std::chrono::year_month_day date{days};
    const std::chrono::hh_mm_ss hour{moment - days};
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03d+0000",
                  static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                  static_cast<unsigned>(date.day()), static_cast<int>(hour.hours().count()),
                  static_cast<int>(hour.minutes().count()),
                  static_cast<int>(hour.seconds().count()),
                  static_cast<int>(hour.subseconds().count()));
    return text.data();
}

std::optional<WallTime> parse_iso_time(std::string_view text) {
    const auto days = take_days(text);
    if (!days || !take(text, 'T')) {
        return std::nullopt;
    }
    const auto hours = take_number(text, 2);
    const bool first = take(text, ':');
    const auto minutes = take_number(text, 2);
    const bool second = take(text, ':');
    const auto seconds = take_number(text, 2);
    if (!hours || !minutes || !seconds || !first || !second || *hours > 23 || *minutes > 59 ||
        *seconds > 59) {
        return std::nullopt;
    }
    const int milliseconds = take(text, '.') ? take_milliseconds(text) : 0;
    const auto zone = take_zone_minutes(text);
    if (!zone || !text.empty()) {
        return std::nullopt;
    }
    const std::int64_t minute = (*days * 24 + *hours) * 60 + *minutes - *zone;
    return WallTime{(minute * 60 + *seconds) * 1000 + milliseconds};
}

}  // namespace heddle
