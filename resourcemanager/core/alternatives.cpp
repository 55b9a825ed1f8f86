#include "resourcemanager/core/alternatives.h"

#include "resourcemanager/core/explain_words.h"

namespace heddle::rm {
namespace {

Timer timer_of(const AttemptId& attempt, std::int32_t ask) {
    return {Timer::Kind::Alternative, attempt, ask};
}

bool has_next(const Demand* demand) {
    return demand != nullptr && demand->alternatives != nullptr &&
           demand->alternatives_taken < demand->alternatives->parts.size();
}

// When the last one that will do so far has been waited for long enough.
void watch(Books& books, const Demand* demand) {
    if (has_next(demand) && !books.config.off(Feature::DelayedOr)) {
        const Constraint& last = demand->alternatives->parts[demand->alternatives_taken - 1];
        books.deadlines.set(timer_of(demand->owner.attempt, demand->ask.id),
                            books.now + last.patience);
    }
}

}  // namespace

void begin_alternatives(Books& books, const AttemptId& attempt, const Ask& ask) {
    books.deadlines.cancel(timer_of(attempt, ask.id));
    watch(books, books.asks.find(attempt, ask.id));
}

void alternative_due(Books& books, const AttemptId& attempt, std::int32_t ask) {
    if (has_next(books.asks.find(attempt, ask))) {
        books.asks.take_alternative(attempt, ask);
        watch(books, books.asks.find(attempt, ask));
    }
}

std::string alternatives_text(const Books& books, const Demand& demand) {
    const auto due = books.deadlines.at(timer_of(demand.owner.attempt, demand.ask.id));
    if (!has_next(&demand) || !due.has_value()) {
        return "";
    }
    const std::vector<Constraint>& all = demand.alternatives->parts;
    const std::size_t next = demand.alternatives_taken;
    Constraint then = all[next];
    then.patience = {};
    return "alternative " + std::to_string(next) + " of " + std::to_string(all.size()) +
           " is waited for; in " + time_text(*due - books.now) + " " + to_string(then) +
           " will do as well";
}

}  // namespace heddle::rm
