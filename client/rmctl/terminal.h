#pragma once

// What standard output and standard error are connected to, and how progress is shown there.

#include <cstddef>
#include <string>
#include <string_view>

#include "common/base/time.h"

namespace heddle::rmctl {

bool stdout_is_terminal();
bool stderr_is_terminal();

/// Cells of the terminal on standard output; 0 when it is none.
std::size_t terminal_width();

/// What Progress writes to draw `line` on a terminal of `columns` cells: never more than one row,
/// so that the next drawing finds nothing left of this one.
std::string drawn_line(std::string_view line, std::size_t columns);

/// One line on standard error that rewrites itself while something takes its time. On a terminal
/// it is redrawn only when it changes; elsewhere a line goes out at most every ten seconds, so
/// that logs stay short. Nothing is shown during the first half second.
class Progress {
public:
    explicit Progress(bool quiet);
    ~Progress();
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    void show(std::string_view line);
    /// Removes the line, before other output and at the end.
    void clear();

private:
    bool quiet_;
    bool terminal_;
    TimePoint started_;
    TimePoint last_;
    std::string shown_;
};

}  // namespace heddle::rmctl
