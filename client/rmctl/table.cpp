#include "client/rmctl/table.h"

#include <algorithm>
#include <cstdint>

#include "common/base/check.h"
#include "common/base/display.h"

namespace heddle::rmctl {
namespace {

constexpr std::size_t kGap = 2;
constexpr std::size_t kShrunkMin = 12;  // columns are left out before a text gets narrower

std::vector<std::size_t> natural_widths(const Table& table) {
    std::vector<std::size_t> widths;
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
        std::size_t widest = display_width(table.columns[i].title);
        for (const auto& row : table.rows) {
            widest = std::max(widest, display_width(row[i]));
        }
        widths.push_back(widest);
    }
    return widths;
}

// Cells of a row whose shrinking columns have at most `text_max` cells.
std::size_t row_width(const Table& table, const std::vector<std::size_t>& widths,
                      std::size_t text_max) {
    std::size_t total = kGap * (widths.size() - 1);
    for (std::size_t i = 0; i < widths.size(); ++i) {
        total += table.columns[i].may_shrink ? std::min(widths[i], text_max) : widths[i];
    }
    return total;
}

void erase_column(Table& table, std::vector<std::size_t>& widths, std::size_t index) {
    const auto at = static_cast<std::ptrdiff_t>(index);
    table.columns.erase(table.columns.begin() + at);
    for (auto& row : table.rows) {
        row.erase(row.begin() + at);
    }
    widths.erase(widths.begin() + at);
}

void drop_columns(Table& table, std::size_t limit, std::vector<std::size_t>& widths) {
    while (row_width(table, widths, kShrunkMin) > limit) {
        const auto least =
            std::max_element(table.columns.begin(), table.columns.end(),
                             [](const Column& a, const Column& b) { return a.drop < b.drop; });
        if (least->drop == 0) {
            return;
        }
        erase_column(table, widths, static_cast<std::size_t>(least - table.columns.begin()));
    }
}

// No text is wider than its column allows.
void bound(const Table& table, std::vector<std::size_t>& widths) {
    for (std::size_t i = 0; i < widths.size(); ++i) {
        if (table.columns[i].may_shrink) {
            widths[i] = std::min(widths[i], table.columns[i].cells_max);
        }
    }
}

// Takes cells from the widest shrinking column until the row fits; a title stays readable.
void shrink(const Table& table, std::size_t limit, std::vector<std::size_t>& widths) {
    std::size_t total = row_width(table, widths, SIZE_MAX);
    while (total > limit) {
        std::size_t widest = widths.size();
        for (std::size_t i = 0; i < widths.size(); ++i) {
            if (table.columns[i].may_shrink &&
                widths[i] > std::max<std::size_t>(4, display_width(table.columns[i].title)) &&
                (widest == widths.size() || widths[i] > widths[widest])) {
                widest = i;
            }
        }
        if (widest == widths.size()) {
            return;
        }
        --widths[widest];
        --total;
    }
}

void append_row(std::string& out, const std::vector<std::string>& cells, const Table& table,
                const std::vector<std::size_t>& widths) {
    std::string line;
    for (std::size_t i = 0; i < cells.size(); ++i) {
        const std::string cell = cut_to_cells(cells[i], widths[i]);
        const std::string padding(widths[i] - std::min(widths[i], display_width(cell)), ' ');
        if (i > 0) {
            line.append(kGap, ' ');
        }
        line += table.columns[i].align == Align::Right ? padding + cell : cell + padding;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + '\n';
}

std::string lines_of(const Table& table, const std::vector<std::size_t>& widths) {
    std::vector<std::string> titles;
    for (const Column& column : table.columns) {
        titles.push_back(column.title);
    }
    std::string out;
    append_row(out, titles, table, widths);
    for (const auto& row : table.rows) {
        append_row(out, row, table, widths);
    }
    return out;
}

Table printable(Table table) {
    CHECK(!table.columns.empty());
    for (auto& row : table.rows) {
        CHECK(row.size() == table.columns.size());
        for (std::string& cell : row) {
            cell = without_controls(cell);
        }
    }
    return table;
}

}  // namespace

void leave_out_empty(Table& table, std::string_view title) {
    const auto column = std::ranges::find(table.columns, title, &Column::title);
    if (column == table.columns.end()) {
        return;
    }
    const auto at = column - table.columns.begin();
    const auto empty = [&](const std::vector<std::string>& row) {
        return row[static_cast<std::size_t>(at)].empty();
    };
    if (std::ranges::all_of(table.rows, empty)) {
        table.columns.erase(column);
        for (auto& row : table.rows) {
            row.erase(row.begin() + at);
        }
    }
}

std::string render(const Table& table, std::size_t width) {
    Table shown = printable(table);
    std::vector<std::size_t> widths = natural_widths(shown);
    if (width > 0) {
        drop_columns(shown, width, widths);
    }
    bound(shown, widths);
    if (width > 0) {
        shrink(shown, width, widths);
    }
    return lines_of(shown, widths);
}

std::string render_wide(const Table& table) {
    const Table shown = printable(table);
    return lines_of(shown, natural_widths(shown));
}

}  // namespace heddle::rmctl
