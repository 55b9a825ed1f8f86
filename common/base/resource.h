#pragma once

// An amount of what containers consume. Integers only; "fits" is per dimension.

#include <cstdint>
#include <string>

namespace heddle {

struct Resource {
    std::int64_t memory_mib = 0;
    std::int64_t vcores = 0;

    friend constexpr bool operator==(const Resource&, const Resource&) = default;
    constexpr Resource& operator+=(const Resource& other) {
        memory_mib += other.memory_mib;
        vcores += other.vcores;
        return *this;
    }
    constexpr Resource& operator-=(const Resource& other) {
        memory_mib -= other.memory_mib;
        vcores -= other.vcores;
        return *this;
    }
    friend constexpr Resource operator+(Resource a, const Resource& b) { return a += b; }
    friend constexpr Resource operator-(Resource a, const Resource& b) { return a -= b; }
    friend constexpr Resource operator*(const Resource& a, std::int64_t n) {
        return {a.memory_mib * n, a.vcores * n};
    }
    /// True when `this` needs no more than `room` in every dimension.
    constexpr bool fits_in(const Resource& room) const {
        return memory_mib <= room.memory_mib && vcores <= room.vcores;
    }
    constexpr bool is_zero() const { return memory_mib == 0 && vcores == 0; }
    constexpr bool any_negative() const { return memory_mib < 0 || vcores < 0; }
};

/// "4096 MiB, 2 vcores"
std::string to_string(const Resource& resource);

namespace literals {
/// Sizes in MiB, as Resource wants them.
constexpr std::int64_t operator""_MiB(unsigned long long n) {
    return static_cast<std::int64_t>(n);
}
constexpr std::int64_t operator""_GiB(unsigned long long n) {
    return static_cast<std::int64_t>(n) * 1024;
}
}  // namespace literals

}  // namespace heddle
