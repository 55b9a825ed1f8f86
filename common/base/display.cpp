// Characters and their cells. The C library's wcwidth depends on the locale, which programs here
// leave at "C"; the ranges below are those of Unicode's East Asian Width that occur in names.
#include "common/base/display.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace heddle {
namespace {

constexpr std::string_view kEllipsis = "\xe2\x80\xa6";
constexpr char32_t kNoCharacter = 0xFFFD;

struct Range {
    char32_t first;
    char32_t last;
};

constexpr std::array<Range, 8> kCombining = {{{0x0300, 0x036F},
                                              {0x0483, 0x0489},
                                              {0x0591, 0x05BD},
                                              {0x064B, 0x065F},
                                              {0x200B, 0x200F},
                                              {0x20D0, 0x20FF},
                                              {0xFE00, 0xFE0F},
                                              {0xFE20, 0xFE2F}}};
constexpr std::array<Range, 10> kWide = {{{0x1100, 0x115F},
                                          {0x2E80, 0x303E},
                                          {0x3041, 0xA4CF},
                                          {0xAC00, 0xD7A3},
                                          {0xF900, 0xFAFF},
                                          {0xFE30, 0xFE4F},
                                          {0xFF00, 0xFF60},
                                          {0xFFE0, 0xFFE6},
                                          {0x1F300, 0x1FAFF},
                                          {0x20000, 0x3FFFD}}};

template <std::size_t N>
bool is_in(const std::array<Range, N>& ranges, char32_t character) {
    return std::any_of(ranges.begin(), ranges.end(), [&](const Range& range) {
        return character >= range.first && character <= range.last;
    });
}

struct Character {
    char32_t value = kNoCharacter;
    std::size_t bytes = 1;
};

// The first character of `text`, which is not empty; a broken one is one byte long.
Character first_of(std::string_view text) {
    const auto lead = static_cast<std::uint8_t>(text[0]);
    if (lead < 0x80) {
        return {lead, 1};
    }
    const std::size_t bytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC2 ? 2 : 1;
    if (bytes == 1 || lead > 0xF4 || bytes > text.size()) {
        return {};
    }
    char32_t value = lead & (0x7FU >> bytes);
    for (std::size_t i = 1; i < bytes; ++i) {
        const auto next = static_cast<std::uint8_t>(text[i]);
        if ((next & 0xC0U) != 0x80) {
            return {};
        }
        value = value << 6U | (next & 0x3FU);
    }
    return {value, bytes};
}

std::size_t cells_of(char32_t character) {
    if (character < 0x20 || (character >= 0x7F && character < 0xA0) ||
        is_in(kCombining, character)) {
        return 0;
    }
    return is_in(kWide, character) ? 2 : 1;
}

}  // namespace

std::size_t display_width(std::string_view text) {
    std::size_t cells = 0;
    while (!text.empty()) {
        const Character character = first_of(text);
        cells += cells_of(character.value);
        text.remove_prefix(character.bytes);
    }
    return cells;
}

std::string cut_to_cells(std::string_view text, std::size_t cells) {
    if (display_width(text) <= cells) {
        return std::string(text);
    }
    if (cells == 0) {
        return {};
    }
    std::size_t end = 0;
    std::size_t used = 0;
    while (end < text.size()) {
        const Character character = first_of(text.substr(end));
        used += cells_of(character.value);
        if (used > cells - 1) {
            break;
        }
        end += character.bytes;
    }
    return std::string(text.substr(0, end)) + std::string(kEllipsis);
}

std::string without_controls(std::string_view text) {
    std::string safe;
    while (!text.empty()) {
        const Character character = first_of(text);
        const bool control =
            character.value < 0x20 || (character.value >= 0x7F && character.value < 0xA0);
        safe += control ? "?" : text.substr(0, character.bytes);
        text.remove_prefix(character.bytes);
    }
    return safe;
}

}  // namespace heddle
