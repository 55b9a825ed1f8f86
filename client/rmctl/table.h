#pragma once

// Tables for people: columns line up, and on a terminal the less important columns are left out and
// the widest text columns give way, so that a row stays on one line. In the wide form and as JSON
// everything is there.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace heddle::rmctl {

enum class Align { Left, Right };

struct Column {
    std::string title;
    Align align = Align::Left;
    bool may_shrink = false;  // cut with an ellipsis when it is long or the terminal too narrow
    int drop = 0;             // left out on a narrow terminal, the highest number first; 0: never
    std::size_t cells_max = 40;  // of one that may shrink; a sentence takes more than a name
};

struct Table {
    std::vector<Column> columns;
    std::vector<std::vector<std::string>> rows;  // each as long as `columns`
};

/// Removes the column of that title when no row has anything in it.
void leave_out_empty(Table& table, std::string_view title);

/// Lines with a trailing newline each: the titles, then the rows, two spaces between columns.
/// `width`: cells of the terminal; 0: none, then no column is left out, but one long text does not
/// widen every row. Control characters in cells become '?', so that a name cannot drive the
/// terminal.
std::string render(const Table& table, std::size_t width);

/// All columns with all of their text.
std::string render_wide(const Table& table);

}  // namespace heddle::rmctl
