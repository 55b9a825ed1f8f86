#include "client/rmctl/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "common/base/clock.h"
#include "common/base/display.h"

namespace heddle::rmctl {
namespace {

using namespace heddle::literals;

constexpr Duration kSilence = 500_ms;
constexpr Duration kRedraw = 200_ms;
constexpr Duration kLogLine = 10_s;

// Asked for each drawing: people resize their terminals.
std::size_t columns_of(int descriptor) {
    winsize size{};
    if (ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
        return size.ws_col;
    }
    return 80;
}

}  // namespace

bool stdout_is_terminal() {
    return isatty(STDOUT_FILENO) != 0;
}

bool stderr_is_terminal() {
    return isatty(STDERR_FILENO) != 0;
}

std::size_t terminal_width() {
    return stdout_is_terminal() ? columns_of(STDOUT_FILENO) : 0;
}

// The last cell stays free: some terminals wrap as soon as it is written.
std::string drawn_line(std::string_view line, std::size_t columns) {
    return "\r\033[K" + cut_to_cells(without_controls(line), columns > 0 ? columns - 1 : 0);
}

Progress::Progress(bool quiet)
    : quiet_(quiet),
      terminal_(stderr_is_terminal()),
      started_(monotonic_now()),
      last_(started_ - kLogLine) {}

Progress::~Progress() {
    clear();
}

void Progress::show(std::string_view line) {
    const TimePoint now = monotonic_now();
    if (quiet_ || line == shown_ || now - started_ < kSilence) {
        return;
    }
    if (now - last_ < (terminal_ ? kRedraw : kLogLine)) {
        return;
    }
    last_ = now;
    shown_ = std::string(line);
    if (terminal_) {
        std::fputs(drawn_line(shown_, columns_of(STDERR_FILENO)).c_str(), stderr);
    } else {
        std::fprintf(stderr, "%s\n", shown_.c_str());
    }
    std::fflush(stderr);
}

void Progress::clear() {
    if (terminal_ && !shown_.empty()) {
        std::fputs("\r\033[K", stderr);
        std::fflush(stderr);
    }
    shown_.clear();
}

}  // namespace heddle::rmctl
