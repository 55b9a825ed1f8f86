#pragma once

// Context::range: each partition is one record of where it begins, and is expanded where it runs.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "client/api/errors.h"
#include "client/api/kernels.h"
#include "common/base/int128.h"

namespace heddle::api {

template <typename T>
struct RangePart {
    T start = 0;
    T step = 0;
    std::uint64_t count = 0;
};

template <typename T>
struct ExpandRange {
    void operator()(const RangePart<T>& part, Emit<T>& emit) const {
        auto value = static_cast<std::uint64_t>(part.start);  // the last step may overflow a T
        for (std::uint64_t i = 0; i < part.count && !emit.stopped(); ++i) {
            emit(static_cast<T>(value));
            value += static_cast<std::uint64_t>(part.step);
        }
    }
};

/// One part per slice, of sizes that differ by one at most. Throws UsageError when step is 0.
template <typename T>
std::vector<RangePart<T>> range_parts(T start, T end, T step, std::size_t slices) {
    if (step == 0) {
        throw UsageError(ErrorCode::InvalidArgument, "range: the step is 0");
    }
    const Int128 span = static_cast<Int128>(end) - static_cast<Int128>(start);
    const Int128 by = static_cast<Int128>(step);
    Int128 count = 0;
    if ((span > 0) == (by > 0) && span != 0) {
        count = (span + by + (by > 0 ? -1 : 1)) / by;
    }
    std::vector<RangePart<T>> parts;
    for (std::size_t i = 0; i < slices; ++i) {
        const Int128 first = count * static_cast<Int128>(i) / static_cast<Int128>(slices);
        const Int128 last = count * static_cast<Int128>(i + 1) / static_cast<Int128>(slices);
        parts.push_back({static_cast<T>(static_cast<Int128>(start) + first * by), step,
                         static_cast<std::uint64_t>(last - first)});
    }
    return parts;
}

}  // namespace heddle::api
