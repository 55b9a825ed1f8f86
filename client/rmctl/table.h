#pragma once

// Tables for people: columns line up, and on a terminal the widest text columns give way so that a
// row stays on one line. Written to a pipe a table is never cut.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace heddle::rmctl {

enum class Align { Left, Right };

struct Column {
    std::string title;
    Align align = Align::Left;
    bool may_shrink = false;  // cut with an ellipsis when the terminal is too narrow
};

struct Table {
    std::vector<Column> columns;
    std::vector<std::vector<std::string>> rows;  // each as long as `columns`
};

/// Character cells of UTF-8 text, one per code point.
std::size_t display_width(std::string_view text);

/// Lines with a trailing newline each: the titles, then the rows, two spaces between columns.
/// `width`: cells of the terminal; 0: unlimited. Control characters in cells become '?', so that
/// a name cannot drive the terminal.
std::string render(const Table& table, std::size_t width);

}  // namespace heddle::rmctl
