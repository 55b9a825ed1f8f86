#pragma once

// Records of 100 bytes with a key of 10, and how careful code sorts them by hand.

#include <array>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <heddle/heddle.h>

namespace heddle::bench {

using Key = std::array<unsigned char, 10>;
using Rest = std::array<unsigned char, 90>;
using Record = std::pair<Key, Rest>;

/// Keys look random.
Record make_record(std::uint64_t i);

struct Handle {
    std::uint64_t prefix;  // of the key, in its order
    std::uint32_t at;
};
std::uint64_t prefix_of(const Record& record);

/// Puts those of `records` that the handles name into order in new memory, and looks at each in its
/// place: their number, or 0 when they are not in order.
std::uint64_t sort_and_count(const std::vector<Record>& records, std::vector<Handle>& handles);

/// The same look for Heddle.
struct CountOrdered {
    void operator()(std::span<const Record> records, Emit<std::uint64_t>& emit) const;
};

}  // namespace heddle::bench
