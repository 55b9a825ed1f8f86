#pragma once

// What careful C++ does without a framework, for the same data: threads, a prefetch ring in front
// of the table, sixteen bytes of a word kept in its slot, sixteen bytes of text looked at at a
// time.

#include <cstdint>
#include <string_view>

namespace heddle::bench {

struct Totals {
    std::uint64_t distinct = 0;
    std::uint64_t sum = 0;  // of all counts or values: what must agree
};

Totals count_words_by_hand(std::string_view text, int threads);

// The pairs of both programs: key and value of number `i`.
inline std::uint64_t bench_key(std::uint64_t i, std::uint64_t keys) {
    std::uint64_t z = i * 0x9e3779b97f4a7c15ULL;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z ^= z >> 27;
    return ((z & 0xffffffffU) * keys) >> 32;
}

Totals reduce_pairs_by_hand(std::uint64_t pairs, std::uint64_t keys, int threads);

}  // namespace heddle::bench
