#include "client/rmctl/table.h"

#include <algorithm>

#include "common/base/check.h"

namespace heddle::rmctl {
namespace {

constexpr std::size_t kGap = 2;
constexpr std::size_t kShrunkMin = 8;  // a shrinking column keeps at least this many cells
constexpr std::string_view kEllipsis = "\xe2\x80\xa6";

bool starts_character(char c) {
    return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U;
}

std::string printable(std::string_view text) {
    std::string safe(text);
    for (char& c : safe) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7f) {
            c = '?';
        }
    }
    return safe;
}

std::string cut(std::string_view text, std::size_t width) {
    if (display_width(text) <= width) {
        return std::string(text);
    }
    std::size_t end = 0;
    std::size_t cells = 0;
    while (end < text.size()) {
        if (starts_character(text[end]) && cells++ == width - 1) {
            break;
        }
        ++end;
    }
    return std::string(text.substr(0, end)) + std::string(kEllipsis);
}

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

// Takes cells from the widest shrinking column until the row fits or none can give more.
void shrink(const Table& table, std::size_t limit, std::vector<std::size_t>& widths) {
    std::size_t total = kGap * (widths.size() - 1);
    for (const std::size_t width : widths) {
        total += width;
    }
    while (total > limit) {
        std::size_t widest = widths.size();
        for (std::size_t i = 0; i < widths.size(); ++i) {
            if (table.columns[i].may_shrink && widths[i] > kShrunkMin &&
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
        const std::string cell = cut(printable(cells[i]), widths[i]);
        const std::string padding(widths[i] - std::min(widths[i], display_width(cell)), ' ');
        if (i > 0) {
            line.append(kGap, ' ');
        }
        line += table.columns[i].align == Align::Right ? padding + cell : cell + padding;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + '\n';
}

}  // namespace

std::size_t display_width(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), starts_character));
}

std::string render(const Table& table, std::size_t width) {
    CHECK(!table.columns.empty());
    std::vector<std::size_t> widths = natural_widths(table);
    if (width > 0) {
        shrink(table, width, widths);
    }
    std::vector<std::string> titles;
    for (const Column& column : table.columns) {
        titles.push_back(column.title);
    }
    std::string out;
    append_row(out, titles, table, widths);
    for (const auto& row : table.rows) {
        CHECK(row.size() == table.columns.size());
        append_row(out, row, table, widths);
    }
    return out;
}

}  // namespace heddle::rmctl
