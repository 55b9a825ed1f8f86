#pragma once

// Cutting text into words, sixteen bytes at a time: for flat_map functions over lines.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace heddle {

/// Calls f(std::string_view) for every word of `text` between separators, in order; empty ones are
/// left out. Words are views into `text`.
template <typename F>
void for_each_word(std::string_view text, char separator, F&& f) {
    const char* const base = text.data();
    const std::size_t size = text.size();
    std::size_t begin = 0;
    std::size_t at = 0;
#if defined(__SSE2__)
    const __m128i pattern = _mm_set1_epi8(separator);
    for (; at + 16 <= size; at += 16) {
        const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(base + at));
        auto hits = static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, pattern)));
        while (hits != 0) {
            const std::size_t end = at + static_cast<std::size_t>(std::countr_zero(hits));
            hits &= hits - 1;
            if (end != begin) {
                f(std::string_view(base + begin, end - begin));
            }
            begin = end + 1;
        }
    }
#endif
    for (; at < size; ++at) {
        if (base[at] == separator) {
            if (at != begin) {
                f(std::string_view(base + begin, at - begin));
            }
            begin = at + 1;
        }
    }
    if (begin < size) {
        f(std::string_view(base + begin, size - begin));
    }
}

}  // namespace heddle
