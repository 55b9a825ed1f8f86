#pragma once

// Asking again while the other side is away: a daemon that is restarted takes a moment.

#include <chrono>
#include <thread>
#include <utility>

#include "common/base/clock.h"
#include "common/base/result.h"
#include "common/base/time.h"

namespace heddle {

/// Calls until the answer is another than Unavailable, `patience` is over or `stop()` says so; the
/// last answer is returned. For requests that may be repeated: a daemon that ends in the middle of
/// one may have carried it out. `pause(error)` says how long to wait before the next call.
template <typename Call, typename Stop, typename Pause>
auto until_available(Duration patience, Call&& call, Stop&& stop, Pause&& pause)
    -> decltype(call()) {
    const TimePoint end = monotonic_now() + patience;
    for (;;) {
        auto answer = call();
        if (answer.ok() || answer.error().code != ErrorCode::Unavailable || stop() ||
            monotonic_now() > end) {
            return answer;
        }
        const TimePoint next = monotonic_now() + pause(answer.error());
        do {
            std::this_thread::sleep_for(std::chrono::milliseconds(100));
        } while (monotonic_now() < next && !stop());
    }
}

/// With a tenth of a second between the calls.
template <typename Call, typename Stop>
auto until_available(Duration patience, Call&& call, Stop&& stop) -> decltype(call()) {
    return until_available(patience, std::forward<Call>(call), std::forward<Stop>(stop),
                           [](const Error&) { return milliseconds(100); });
}

}  // namespace heddle
