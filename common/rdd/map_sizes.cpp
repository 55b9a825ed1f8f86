// Many sizes in few bytes.
#include "common/rdd/map_sizes.h"

#include <algorithm>
#include <string>
#include <string_view>

namespace heddle::rdd {

namespace {

// Larger than so many times the mean, and than so many bytes: told exactly.
constexpr std::uint64_t kFarAbove = 4;
constexpr std::uint64_t kLargeBytes = std::uint64_t{64} << 10U;

struct Mean {
    std::uint64_t sum = 0;
    std::uint64_t count = 0;
    std::uint64_t value() const { return count == 0 ? 0 : std::max<std::uint64_t>(sum / count, 1); }
    void add(std::uint64_t size) {
        sum += size;
        count += size == 0 ? 0 : 1;
    }
};

}  // namespace

void write_map_sizes(ByteWriter& out, const std::vector<std::uint64_t>& sizes) {
    out.count(sizes.size());
    if (sizes.size() <= kExactMapSizes) {
        for (const std::uint64_t size : sizes) {
            out.count(size);
        }
        return;
    }
    Mean all;
    for (const std::uint64_t size : sizes) {
        all.add(size);
    }
    const std::uint64_t limit = std::max(all.value() * kFarAbove, kLargeBytes);
    Mean rest;  // a few large ones do not count for the others
    std::string there((sizes.size() + 7) / 8, '\0');
    std::uint64_t large = 0;
    for (std::size_t i = 0; i < sizes.size(); ++i) {
        const unsigned bit = sizes[i] == 0 ? 0U : 1U << (i % 8);
        there[i / 8] = static_cast<char>(static_cast<unsigned char>(there[i / 8]) | bit);
        if (sizes[i] > limit) {
            ++large;
        } else {
            rest.add(sizes[i]);
        }
    }
    out.raw(there.data(), there.size());
    out.count(rest.value());
    out.count(large);
    for (std::size_t i = 0; i < sizes.size() && large != 0; ++i) {
        if (sizes[i] > limit) {
            out.count(i);
            out.count(sizes[i]);
        }
    }
}

void read_map_sizes(ByteReader& in, std::vector<std::uint64_t>& sizes) {
    // A bit each at least: a forged count cannot make us allocate much.
    const std::uint64_t count = in.count();
    if (count / 8 > in.left()) {
        in.fail();
        return;
    }
    sizes.assign(static_cast<std::size_t>(count), 0);
    if (sizes.size() <= kExactMapSizes) {
        for (std::uint64_t& size : sizes) {
            size = in.count();
        }
        return;
    }
    const std::string_view there = in.raw((sizes.size() + 7) / 8);
    const std::uint64_t mean = in.count();
    for (std::size_t i = 0; i < sizes.size() && !in.failed(); ++i) {
        const auto byte = static_cast<unsigned char>(there[i / 8]);
        sizes[i] = (byte >> (i % 8) & 1U) != 0 ? mean : 0;
    }
    for (std::size_t left = in.count_of(2); left > 0 && !in.failed(); --left) {
        const std::uint64_t at = in.count();
        const std::uint64_t size = in.count();
        if (at >= sizes.size()) {
            in.fail();
            return;
        }
        sizes[static_cast<std::size_t>(at)] = size;
    }
}

}  // namespace heddle::rdd
