#include "tests/support/rm_world/transition_log.h"

#include <algorithm>

#include "resourcemanager/core/states.h"

namespace heddle::rm::test {
namespace {

template <typename Table, typename State>
bool in_table(Table table, State from, State to) {
    return std::ranges::any_of(table,
                               [&](const auto& row) { return row.from == from && row.to == to; });
}

// An entity that begins anew was not saved the first time, and is gone.
template <typename Id, typename State>
bool fits(std::map<Id, State>& known, const Id& id, State from, State to) {
    if (from == State::New) {
        known.erase(id);
    }
    const auto [it, fresh] = known.emplace(id, from);
    const bool good = it->second == from && !is_final(from);
    it->second = to;
    return good;
}

}  // namespace

std::string TransitionLog::follow(const Changes& changes) {
    std::string wrong;
    const auto note = [&](const std::string& what) { wrong = wrong.empty() ? what : wrong; };
    for (const AttemptTransition& step : changes.attempt_transitions) {
        if (!fits(attempts_, step.attempt, step.from, step.to)) {
            note("gap in the transitions of " + to_string(step.attempt));
        } else if (!in_table(attempt_table(), step.from, step.to)) {
            note("illegal transition of " + to_string(step.attempt));
        }
    }
    for (const AppTransition& step : changes.app_transitions) {
        if (!fits(applications_, step.application, step.from, step.to)) {
            note("gap in the transitions of " + to_string(step.application));
        } else if (!in_table(app_table(), step.from, step.to)) {
            note("illegal transition of " + to_string(step.application));
        }
    }
    return wrong;
}

}  // namespace heddle::rm::test
