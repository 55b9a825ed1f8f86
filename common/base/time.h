#pragma once

// Durations and points in time, in integer microseconds. A core is told the time and never reads
// it: TimePoint counts from an arbitrary origin that the shell (or the simulation) chooses, and
// wall time is carried beside it as WallTime where people or files need a date.

#include <compare>
#include <cstdint>

namespace heddle {

struct Duration {
    std::int64_t microseconds = 0;

    friend constexpr auto operator<=>(Duration, Duration) = default;
    friend constexpr Duration operator+(Duration a, Duration b) {
        return {a.microseconds + b.microseconds};
    }
    friend constexpr Duration operator-(Duration a, Duration b) {
        return {a.microseconds - b.microseconds};
    }
    friend constexpr Duration operator*(Duration a, std::int64_t n) { return {a.microseconds * n}; }
    friend constexpr Duration operator/(Duration a, std::int64_t n) { return {a.microseconds / n}; }
    constexpr std::int64_t milliseconds() const { return microseconds / 1000; }
    constexpr double seconds() const { return static_cast<double>(microseconds) / 1e6; }
};

constexpr Duration microseconds(std::int64_t n) {
    return {n};
}
constexpr Duration milliseconds(std::int64_t n) {
    return {n * 1000};
}
constexpr Duration seconds(std::int64_t n) {
    return {n * 1'000'000};
}

namespace literals {
constexpr Duration operator""_us(unsigned long long n) {
    return {static_cast<std::int64_t>(n)};
}
constexpr Duration operator""_ms(unsigned long long n) {
    return milliseconds(static_cast<std::int64_t>(n));
}
constexpr Duration operator""_s(unsigned long long n) {
    return seconds(static_cast<std::int64_t>(n));
}
}  // namespace literals

/// Monotonic time. Never compared across processes.
struct TimePoint {
    std::int64_t microseconds = 0;

    friend constexpr auto operator<=>(TimePoint, TimePoint) = default;
    friend constexpr TimePoint operator+(TimePoint t, Duration d) {
        return {t.microseconds + d.microseconds};
    }
    friend constexpr TimePoint operator-(TimePoint t, Duration d) {
        return {t.microseconds - d.microseconds};
    }
    friend constexpr Duration operator-(TimePoint a, TimePoint b) {
        return {a.microseconds - b.microseconds};
    }
    static constexpr TimePoint never() { return {INT64_MAX}; }
};

/// Milliseconds since the epoch, as REST and people see time. 0: not happened.
struct WallTime {
    std::int64_t milliseconds = 0;

    friend constexpr auto operator<=>(WallTime, WallTime) = default;
};

}  // namespace heddle
