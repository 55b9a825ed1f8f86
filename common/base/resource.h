#pragma once

// An amount of what containers consume. Integers only; "fits" is per dimension.

#include <compare>
#include <cstdint>
#include <string>

#include "common/base/named_counts.h"

namespace heddle {

struct Resource {
    std::int64_t memory_mib = 0;
    std::int64_t vcores = 0;
    NamedCounts named = {};  // of everything else: "gpu"

    friend constexpr bool operator==(const Resource&, const Resource&) = default;
    /// An order for sets; whether one is enough for the other says fits_in().
    friend constexpr std::strong_ordering operator<=>(const Resource&, const Resource&) = default;
    constexpr Resource& operator+=(const Resource& other) {
        memory_mib += other.memory_mib;
        vcores += other.vcores;
        named.add(other.named, 1);
        return *this;
    }
    constexpr Resource& operator-=(const Resource& other) {
        memory_mib -= other.memory_mib;
        vcores -= other.vcores;
        named.add(other.named, -1);
        return *this;
    }
    friend constexpr Resource operator+(Resource a, const Resource& b) {
        a += b;
        return a;
    }
    friend constexpr Resource operator-(Resource a, const Resource& b) {
        a -= b;
        return a;
    }
    friend constexpr Resource operator*(Resource a, std::int64_t n) {
        a.memory_mib *= n;
        a.vcores *= n;
        a.named.multiply(n);
        return a;
    }
    /// True when `this` needs no more than `room` in every dimension.
    constexpr bool fits_in(const Resource& room) const {
        return memory_mib <= room.memory_mib && vcores <= room.vcores && named.fits_in(room.named);
    }
    /// Whether this, beside what is `taken`, is more than `bound` of something that it has. What
    /// has been passed already is no matter to what takes none of it.
    constexpr bool passes(const Resource& taken, const Resource& bound) const {
        return (memory_mib > 0 && taken.memory_mib + memory_mib > bound.memory_mib) ||
               (vcores > 0 && taken.vcores + vcores > bound.vcores) ||
               named.passes(taken.named, bound.named);
    }
    constexpr bool is_zero() const { return memory_mib == 0 && vcores == 0 && named.empty(); }
    constexpr bool any_negative() const {
        return memory_mib < 0 || vcores < 0 || named.any_negative();
    }
};

/// "4096 MiB, 2 vcores, 1 gpu"
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
