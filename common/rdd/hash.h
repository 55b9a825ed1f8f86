#pragma once

// The hashes that decide partitions and table slots. They are part of the data format: every
// process and every build must agree, so they are written out here and seeded with constants.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "common/base/int128.h"

namespace heddle::rdd {

namespace detail {

inline constexpr std::uint64_t kHash0 = 0xa0761d6478bd642fULL;
inline constexpr std::uint64_t kHash1 = 0xe7037ed1a0b428dbULL;
inline constexpr std::uint64_t kHash2 = 0x8ebc6af09c88c6e3ULL;

inline std::uint64_t multiply_mix(std::uint64_t a, std::uint64_t b) {
    const auto product = static_cast<Uint128>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}
inline std::uint64_t load64(const char* p) {
    std::uint64_t value;
    std::memcpy(&value, p, 8);
    return value;
}
inline std::uint64_t load32(const char* p) {
    std::uint32_t value;
    std::memcpy(&value, p, 4);
    return value;
}

}  // namespace detail

inline std::uint64_t hash_number(std::uint64_t value) {
    return detail::multiply_mix(value ^ detail::kHash0, detail::kHash1);
}

inline std::uint64_t hash_combine(std::uint64_t seed, std::uint64_t value) {
    return detail::multiply_mix(seed ^ detail::kHash1, value ^ detail::kHash2);
}

/// After wyhash: two 64-bit loads and one multiplication per 16 bytes.
inline std::uint64_t hash_bytes(const char* data, std::size_t size) {
    using detail::kHash0;
    using detail::kHash1;
    using detail::load32;
    using detail::load64;
    using detail::multiply_mix;
    std::uint64_t seed = kHash0;
    std::uint64_t a = 0;
    std::uint64_t b = 0;
    if (size <= 16) [[likely]] {
        if (size >= 4) {
            const std::size_t middle = (size >> 3) << 2;
            a = (load32(data) << 32) | load32(data + middle);
            b = (load32(data + size - 4) << 32) | load32(data + size - 4 - middle);
        } else if (size > 0) {
            a = (static_cast<std::uint64_t>(static_cast<unsigned char>(data[0])) << 16) |
                (static_cast<std::uint64_t>(static_cast<unsigned char>(data[size >> 1])) << 8) |
                static_cast<unsigned char>(data[size - 1]);
        }
    } else {
        std::size_t left = size;
        const char* p = data;
        while (left > 16) {
            seed = multiply_mix(load64(p) ^ kHash1, load64(p + 8) ^ seed);
            p += 16;
            left -= 16;
        }
        a = load64(p + left - 16);
        b = load64(p + left - 8);
    }
    return multiply_mix(kHash1 ^ size, multiply_mix(a ^ kHash1, b ^ seed));
}

inline std::uint64_t hash_text(std::string_view text) {
    return hash_bytes(text.data(), text.size());
}

/// Equality of short texts without a call.
inline bool equal_text(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) {
        return false;
    }
    const std::size_t n = a.size();
    if (n >= 8) {
        if (detail::load64(a.data()) != detail::load64(b.data()) ||
            detail::load64(a.data() + n - 8) != detail::load64(b.data() + n - 8)) {
            return false;
        }
        return n <= 16 || std::memcmp(a.data() + 8, b.data() + 8, n - 16) == 0;
    }
    if (n >= 4) {
        return detail::load32(a.data()) == detail::load32(b.data()) &&
               detail::load32(a.data() + n - 4) == detail::load32(b.data() + n - 4);
    }
    return n == 0 || (a[0] == b[0] && a[n - 1] == b[n - 1] && a[n / 2] == b[n / 2]);
}

/// The first eight bytes as a number that orders like the text; equal prefixes say nothing.
inline std::uint64_t text_prefix(std::string_view text) {
    std::uint64_t prefix = 0;
    const std::size_t n = text.size() < 8 ? text.size() : 8;
    for (std::size_t i = 0; i < n; ++i) {
        prefix |= static_cast<std::uint64_t>(static_cast<unsigned char>(text[i])) << (56 - 8 * i);
    }
    return prefix;
}

/// The partition of a hash: the high half decides, so that tables may use the low bits.
inline std::uint32_t partition_of(std::uint64_t hash, std::uint32_t partitions) {
    return static_cast<std::uint32_t>(((hash >> 32) * partitions) >> 32);
}

}  // namespace heddle::rdd
