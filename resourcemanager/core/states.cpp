#include "resourcemanager/core/states.h"

namespace heddle::rm {
namespace {

using enum AppState;

constexpr AppStep kAppTable[] = {
    {New, AppInput::Submitted, NewSaving},
    {NewSaving, AppInput::Stored, Submitted},
    {Submitted, AppInput::QueueAccepted, Accepted},
    {Submitted, AppInput::KillStored, Killing},
    {Accepted, AppInput::MasterRegistered, Running},
    {Accepted, AppInput::AttemptLost, Accepted},
    {Accepted, AppInput::KillStored, Killing},
    {Accepted, AppInput::EndDecided, FinalSaving},
    {Running, AppInput::AttemptLost, Accepted},
    {Running, AppInput::KillStored, Killing},
    {Running, AppInput::EndDecided, FinalSaving},
    {Killing, AppInput::EndDecided, FinalSaving},
    {FinalSaving, AppInput::EndStoredMasterUp, Finishing},
    {FinalSaving, AppInput::EndStoredFinished, Finished},
    {FinalSaving, AppInput::EndStoredFailed, Failed},
    {FinalSaving, AppInput::EndStoredKilled, Killed},
    {Finishing, AppInput::MasterGone, Finished},
};

using State = AttemptState;
using Input = AttemptInput;

constexpr AttemptStep kAttemptTable[] = {
    {State::New, Input::Started, State::Submitted},
    {State::Submitted, Input::QueueAccepted, State::Scheduled},
    {State::Submitted, Input::EndDecided, State::FinalSaving},
    {State::LaunchedUnmanagedSaving, Input::Stored, State::Launched},
    {State::LaunchedUnmanagedSaving, Input::EndDecided, State::FinalSaving},
    {State::Scheduled, Input::Granted, State::AllocatedSaving},
    {State::Scheduled, Input::GrantedUnmanaged, State::LaunchedUnmanagedSaving},
    {State::Scheduled, Input::EndDecided, State::FinalSaving},
    {State::AllocatedSaving, Input::Stored, State::Allocated},
    {State::AllocatedSaving, Input::EndDecided, State::FinalSaving},
    {State::Allocated, Input::MasterSeen, State::Launched},
    {State::Allocated, Input::MasterRegistered, State::Running},
    {State::Allocated, Input::EndDecided, State::FinalSaving},
    {State::Launched, Input::MasterRegistered, State::Running},
    {State::Launched, Input::EndDecided, State::FinalSaving},
    {State::Running, Input::EndDecided, State::FinalSaving},
    {State::FinalSaving, Input::EndStoredMasterUp, State::Finishing},
    {State::FinalSaving, Input::EndStoredFinished, State::Finished},
    {State::FinalSaving, Input::EndStoredFailed, State::Failed},
    {State::FinalSaving, Input::EndStoredKilled, State::Killed},
    {State::Finishing, Input::MasterGone, State::Finished},
};

}  // namespace

std::span<const AppStep> app_table() {
    return kAppTable;
}

std::span<const AttemptStep> attempt_table() {
    return kAttemptTable;
}

std::optional<AppState> next_state(AppState from, AppInput input) {
    for (const AppStep& step : kAppTable) {
        if (step.from == from && step.input == input) {
            return step.to;
        }
    }
    return std::nullopt;
}

std::optional<AttemptState> next_state(AttemptState from, AttemptInput input) {
    for (const AttemptStep& step : kAttemptTable) {
        if (step.from == from && step.input == input) {
            return step.to;
        }
    }
    return std::nullopt;
}

bool being_saved(AttemptState state) {
    return state == State::AllocatedSaving || state == State::LaunchedUnmanagedSaving;
}

bool is_ending(AppState state) {
    return state == FinalSaving || state == Finishing || is_final(state);
}

bool is_ending(AttemptState state) {
    return state == State::FinalSaving || state == State::Finishing || is_final(state);
}

}  // namespace heddle::rm
