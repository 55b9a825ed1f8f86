#pragma once

// How many cells of a terminal UTF-8 text takes, and cutting it to fit: a line that is wider than
// the terminal wraps, and "\r\033[K" then clears only the last of its rows.

#include <cstddef>
#include <string>
#include <string_view>

namespace heddle {

/// Cells of `text`: 2 for wide characters (CJK, emoji), 0 for combining ones and control
/// characters, 1 for all others and for a byte that is not UTF-8.
std::size_t display_width(std::string_view text);

/// `text` if it fits into `cells`; else its longest beginning that leaves room for an ellipsis, and
/// the ellipsis. Empty for 0 cells. Never ends inside a character.
std::string cut_to_cells(std::string_view text, std::size_t cells);

/// `text` with '?' in place of each control character, so that a name from elsewhere cannot drive
/// the terminal.
std::string without_controls(std::string_view text);

}  // namespace heddle
