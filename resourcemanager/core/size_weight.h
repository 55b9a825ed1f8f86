#pragma once

// How much more an application that wants much may use than one that wants little before it comes
// behind it: the logarithm of what it wants in all, as YARN weighs it, in integers.

#include <bit>
#include <cstdint>

#include "common/base/int128.h"

namespace heddle::rm {

constexpr std::uint64_t kWholeWeight = 1U << 16U;

/// The binary logarithm of 1 + `mib`, in units of 1/kWholeWeight, rounded down. At least one unit.
constexpr std::uint64_t size_weight(std::int64_t mib) {
    const auto value = static_cast<std::uint64_t>(mib > 0 ? mib : 0) + 1;
    const auto whole = static_cast<unsigned>(std::bit_width(value)) - 1;
    // A mantissa in [1, 2) with 32 digits behind the point: squared, it says the next binary digit.
    std::uint64_t mantissa = whole > 32 ? value >> (whole - 32) : value << (32 - whole);
    std::uint64_t weight = whole;
    for (int digit = 0; digit < 16; ++digit) {
        mantissa = static_cast<std::uint64_t>(static_cast<Uint128>(mantissa) * mantissa >> 32U);
        const bool set = mantissa >= std::uint64_t{2} << 32U;
        weight = weight << 1U | (set ? 1U : 0U);
        mantissa >>= set ? 1U : 0U;
    }
    return weight == 0 ? 1 : weight;
}

}  // namespace heddle::rm
