// scheduler_sim: command line in, report and exit code out.

#include <unistd.h>

#include <chrono>
#include <cstdio>

#include "common/base/log.h"
#include "resourcemanager/simulator/options.h"
#include "resourcemanager/simulator/report.h"
#include "resourcemanager/simulator/simulation.h"

namespace heddle::simulator {
namespace {

std::string name_of(Mode mode) {
    return mode == Mode::Event ? "event" : "heartbeat";
}

// One line on a terminal that is written over; nothing elsewhere.
class ProgressLine {
public:
    ProgressLine(std::string name, std::size_t jobs, bool on)
        : name_(std::move(name)), jobs_(jobs), on_(on) {}
    ~ProgressLine() {
        if (shown_) {
            std::fputs("\r\033[K", stderr);
        }
    }
    ProgressLine(const ProgressLine&) = delete;
    ProgressLine& operator=(const ProgressLine&) = delete;

    void show(const Progress& progress) {
        const auto now = std::chrono::steady_clock::now();
        if (!on_ || now - last_ < std::chrono::milliseconds(200)) {
            return;
        }
        last_ = now;
        shown_ = true;
        std::fprintf(stderr, "\r\033[K%s: %s of virtual time, %lld of %zu jobs, %lld tasks",
                     name_.c_str(), human_duration(progress.now.microseconds).c_str(),
                     static_cast<long long>(progress.jobs_over), jobs_,
                     static_cast<long long>(progress.tasks_done));
    }

private:
    std::string name_;
    std::size_t jobs_;
    bool on_;
    bool shown_ = false;
    std::chrono::steady_clock::time_point last_;
};

int run(const Options& options) {
    std::vector<NamedFindings> runs;
    const bool terminal = !options.quiet && isatty(STDERR_FILENO) == 1;
    for (const Setup& setup : options.runs) {
        ProgressLine line(name_of(setup.mode), options.workload.jobs.size(), terminal);
        const Result<RunResult> result =
            simulate(setup, options.workload.jobs, options.machines,
                     [&](const Progress& progress) { line.show(progress); });
        if (!result.ok()) {
            std::fprintf(stderr, "scheduler_sim: %s mode: %s\n", name_of(setup.mode).c_str(),
                         result.error().message.c_str());
            return kExitFailed;
        }
        if (!options.quiet) {
            std::fprintf(stderr,
                         "%s%s: %lld decisions in %lld steps took the core %.2f s: %.0f a second\n",
                         terminal ? "\r\033[K" : "", name_of(setup.mode).c_str(),
                         static_cast<long long>(result->grants),
                         static_cast<long long>(result->steps), result->seconds_in_core,
                         static_cast<double>(result->grants) / result->seconds_in_core);
        }
        runs.push_back({name_of(setup.mode), result->findings});
    }
    const std::string text = options.json ? report_json(runs) : report_table(runs, options.samples);
    return std::fputs(text.c_str(), stdout) < 0 || std::fflush(stdout) != 0 ? kExitFailed : 0;
}

}  // namespace
}  // namespace heddle::simulator

int main(int argc, char** argv) {
    using namespace heddle;
    const auto parsed = simulator::parse_options(std::vector<std::string>(argv + 1, argv + argc));
    if (const auto* exit = std::get_if<simulator::EarlyExit>(&parsed)) {
        std::fputs(exit->text.c_str(), exit->code == 0 ? stdout : stderr);
        return exit->code;
    }
    log::init("scheduler_sim", log::Level::Error);
    return simulator::run(std::get<simulator::Options>(parsed));
}
