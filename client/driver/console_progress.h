#pragma once

// A line on the terminal that says how far running stages are. Only for people: standard error, and
// only when it is a terminal; nothing for jobs that are over in half a second.

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "client/driver/core/driver.h"

namespace heddle::driver {

/// "[stage 3 reduce_by_key at main.cpp:7: 12 of 20 tasks, 2 running]"; empty when no stage runs.
std::string progress_line(const Progress& progress, std::size_t width);

class ConsoleProgress {
public:
    using Inspect = std::function<void(std::function<void(const Driver&)>)>;

    explicit ConsoleProgress(Inspect inspect);
    ~ConsoleProgress();  // clears the line
    ConsoleProgress(const ConsoleProgress&) = delete;
    ConsoleProgress& operator=(const ConsoleProgress&) = delete;

    static bool wanted();

private:
    struct Shared;
    void run();

    Inspect inspect_;
    std::shared_ptr<Shared> shared_;  // shared with what the core thread has been asked
    std::thread thread_;
};

}  // namespace heddle::driver
