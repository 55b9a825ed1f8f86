#pragma once

// A context on a driver with real threads, for tests of what no inline runner has.

#include <memory>
#include <string>
#include <utility>

#include <heddle/heddle.h>

namespace heddle::test {

inline std::unique_ptr<driver::JobRunner> threads(int count) {
    driver::RunnerOptions options;
    options.master = "local[" + std::to_string(count) + "]";
    options.application_name = "test";
    return std::move(driver::make_runner(options)).value();
}

/// What it throws says.
template <typename E, typename Act>
std::string message_of(Act act) {
    try {
        act();
    } catch (const E& error) {
        return error.what();
    }
    return "nothing was thrown";
}

inline bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace heddle::test
