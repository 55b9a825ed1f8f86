#include "resourcemanager/core/forget_asks.h"

#include "common/base/check.h"

namespace heddle::rm {
namespace {

constexpr Timer::Kind kTimesOfAsks[] = {Timer::Kind::LocalityDelay, Timer::Kind::Alternative};

}  // namespace

void forget_ask(Books& books, const AttemptId& attempt, std::int32_t ask) {
    for (const Timer::Kind kind : kTimesOfAsks) {
        books.deadlines.cancel({kind, attempt, ask});
    }
    books.asks.forget(attempt, ask);
}

void forget_asks(Books& books, const AttemptId& attempt) {
    for (const Timer::Kind kind : kTimesOfAsks) {
        books.deadlines.cancel_all(kind, attempt);
    }
    books.asks.forget_all(attempt);
}

void check_ask_times(const Books& books) {
    books.deadlines.for_each([&](const Timer& timer) {
        const auto ask = static_cast<std::int32_t>(timer.number);
        if (timer.kind == Timer::Kind::LocalityDelay) {
            CHECK(books.asks.find(timer.attempt, ask) != nullptr);
        } else if (timer.kind == Timer::Kind::Alternative) {
            const Demand* demand = books.asks.find(timer.attempt, ask);
            CHECK(demand != nullptr && demand->alternatives != nullptr &&
                  demand->alternatives_taken < demand->alternatives->parts.size());
        }
    });
}

}  // namespace heddle::rm
