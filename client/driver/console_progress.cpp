// Drawing the progress line.
#include "client/driver/console_progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <memory>
#include <utility>

#include "common/base/display.h"

namespace heddle::driver {

namespace {

constexpr std::chrono::milliseconds kQuietAtFirst{500};
constexpr std::chrono::milliseconds kRedraw{200};

std::size_t terminal_width() {
    winsize size{};
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20 ? size.ws_col : 80;
}

void draw(const std::string& line) {
    const std::string text = "\r\x1b[K" + line;
    std::fwrite(text.data(), 1, text.size(), stderr);
    std::fflush(stderr);
}

}  // namespace

struct ConsoleProgress::Shared {
    std::mutex mutex;
    std::condition_variable changed;
    bool ended = false;
    std::string line;
};

std::string progress_line(const Progress& progress, std::size_t width) {
    std::string line;
    for (auto it = progress.stages().rbegin(); it != progress.stages().rend(); ++it) {
        const StageView& stage = it->second;
        if (stage.status == "ACTIVE") {
            line = "[stage " + std::to_string(stage.stage.value) + " " + stage.name + ": " +
                   std::to_string(stage.complete) + " of " + std::to_string(stage.tasks) +
                   " tasks, " + std::to_string(stage.active) + " running]" +
                   (line.empty() ? "" : " ") + line;
        }
    }
    return cut_to_cells(line, width - 1);
}

bool ConsoleProgress::wanted() {
    return isatty(STDERR_FILENO) == 1;
}

ConsoleProgress::ConsoleProgress(Inspect inspect)
    : inspect_(std::move(inspect)),
      shared_(std::make_shared<Shared>()),
      thread_([this] { run(); }) {}

ConsoleProgress::~ConsoleProgress() {
    {
        const std::lock_guard lock(shared_->mutex);
        shared_->ended = true;
    }
    shared_->changed.notify_all();
    thread_.join();
}

void ConsoleProgress::run() {
    std::unique_lock lock(shared_->mutex);
    auto wait = kQuietAtFirst;
    std::string shown;
    while (!shared_->changed.wait_for(lock, wait, [this] { return shared_->ended; })) {
        if (shared_->line != shown) {
            shown = shared_->line;
            draw(shown);
        }
        wait = shown.empty() ? kQuietAtFirst : kRedraw;
        inspect_([shared = shared_, width = terminal_width()](const Driver& core) {
            std::string line = progress_line(core.progress(), width);
            const std::lock_guard guard(shared->mutex);
            shared->line = std::move(line);
        });
    }
    if (!shown.empty()) {
        draw("");
    }
}

}  // namespace heddle::driver
