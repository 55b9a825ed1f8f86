#pragma once

// The life of an application and of an attempt, as tables. The tables are the specification: the
// code walks them, and a test prints them. States are YARN's.

#include <optional>
#include <span>
#include <string_view>

#include "common/model/application.h"

namespace heddle::rm {

enum class AppInput {
    Submitted,          // a submission has come
    Stored,             // it is on disk
    QueueAccepted,      // its queue has taken it
    MasterRegistered,   // its master is there
    AttemptLost,        // its attempt is over, and there will be another
    KillStored,         // the request to kill it is on disk
    EndDecided,         // its outcome is known and being saved
    EndStoredMasterUp,  // saved; its master has not gone yet
    EndStoredFinished,
    EndStoredFailed,
    EndStoredKilled,
    MasterGone,  // the master's container has ended, or there is none
};

enum class AttemptInput {
    Started,
    QueueAccepted,
    Granted,           // there is room for its master, and the record is being saved
    GrantedUnmanaged,  // its master needs none and limits allow it; the record is being saved
    Stored,      // the record is on disk: the start order leaves, or the master comes by itself
    MasterSeen,  // the node has the master's container
    MasterRegistered,
    EndDecided,         // how it ended is known and being saved
    EndStoredMasterUp,  // saved; the master may exit
    EndStoredFinished,
    EndStoredFailed,
    EndStoredKilled,
    MasterGone,
};

struct AppStep {
    AppState from;
    AppInput input;
    AppState to;
};
struct AttemptStep {
    AttemptState from;
    AttemptInput input;
    AttemptState to;
};

std::span<const AppStep> app_table();
std::span<const AttemptStep> attempt_table();

/// nullopt: not allowed. The caller says whether that is a stale message or a bug of ours.
std::optional<AppState> next_state(AppState from, AppInput input);
std::optional<AttemptState> next_state(AttemptState from, AttemptInput input);

/// Its record is being saved before its master starts, or may come.
bool being_saved(AttemptState state);

/// The outcome is decided; what comes is saving it and seeing the master go.
bool is_ending(AppState state);
bool is_ending(AttemptState state);

}  // namespace heddle::rm
