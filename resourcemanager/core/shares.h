#pragma once

// How much of one amount another one is: shares as integers, so that they can be kept in order.

#include <algorithm>
#include <cstdint>

#include "common/base/int128.h"
#include "common/base/resource.h"

namespace heddle::rm {

constexpr std::uint64_t kWholeShare = std::uint64_t{1} << 32U;
/// Beyond any real share.
constexpr std::uint64_t kShareMax = std::uint64_t{1} << 52U;

/// `part` of `whole`, in units of 1/kWholeShare. Of nothing, any part is as large as can be.
constexpr std::uint64_t share_of(std::int64_t part, std::int64_t whole) {
    if (part <= 0) {
        return 0;
    }
    const Uint128 share = static_cast<Uint128>(part) * kWholeShare /
                          static_cast<Uint128>(std::max<std::int64_t>(whole, 1));
    return static_cast<std::uint64_t>(std::min<Uint128>(share, kShareMax));
}

/// The largest share over all resources, named ones as well. A queue that is owed nothing and uses
/// something comes after all that are within what they are owed, and before those of its kind that
/// use more.
inline std::uint64_t dominant_share(const Resource& part, const Resource& whole) {
    std::uint64_t largest =
        std::max(share_of(part.memory_mib, whole.memory_mib), share_of(part.vcores, whole.vcores));
    for (const NamedCounts::Entry& entry : part.named.entries()) {
        largest = std::max(largest, share_of(entry.count, whole.named.get(entry.name)));
    }
    return largest;
}

/// `thousandths` of an amount, rounded down.
inline Resource scaled(const Resource& amount, std::int64_t thousandths) {
    const auto scale = [&](std::int64_t value) {
        return static_cast<std::int64_t>(static_cast<Int128>(value) * thousandths / 1000);
    };
    Resource result;
    result.memory_mib = scale(amount.memory_mib);
    result.vcores = scale(amount.vcores);
    for (const NamedCounts::Entry& entry : amount.named.entries()) {
        result.named.set(entry.name, scale(entry.count));
    }
    return result;
}

/// The smaller one, in each dimension; below zero it is zero.
inline Resource least(const Resource& a, const Resource& b) {
    const auto less = [](std::int64_t one, std::int64_t other) {
        return std::max<std::int64_t>(std::min(one, other), 0);
    };
    Resource result{less(a.memory_mib, b.memory_mib), less(a.vcores, b.vcores)};
    for (const NamedCounts::Entry& entry : a.named.entries()) {
        result.named.set(entry.name, less(entry.count, b.named.get(entry.name)));
    }
    return result;
}

}  // namespace heddle::rm
