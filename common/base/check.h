#pragma once

// CHECK states an invariant of our own. It stays on in release builds: a scheduler that goes on
// with broken books does more harm than one that stops and is restarted from its store.

namespace heddle {

/// Prints the failed condition with its place to standard error and aborts.
[[noreturn]] void check_failed(const char* condition, const char* file, int line);

}  // namespace heddle

#define CHECK(condition)                                            \
    do {                                                            \
        if (!(condition)) [[unlikely]] {                            \
            ::heddle::check_failed(#condition, __FILE__, __LINE__); \
        }                                                           \
    } while (false)
