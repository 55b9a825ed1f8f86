#pragma once

// The life of a container on its node, as a table: the specification that the code walks.

#include <optional>
#include <span>
#include <string_view>

#include "common/model/container.h"

namespace heddle::node {

/// The states behind the model's phases: Saving is the beginning of Localising (the order is not on
/// disk yet), Starting the end of Ready (the shim has been asked and has not answered).
enum class ContainerState { Saving, Localising, Ready, Starting, Running, Stopping, Done };
std::string_view to_string(ContainerState state);

enum class ContainerInput {
    Saved,           // the order is on disk
    SaveFailed,      // it cannot be written; the container never ran
    Localised,       // work directory, artifacts and secrets are in place
    LocaliseFailed,  // they cannot be
    StartAllowed,    // not held, or its master said start
    Started,         // the user's process runs
    StartFailed,     // it never ran
    StopOrdered,     // by the manager
    Exited,          // the user's process and all its descendants are gone
};
std::string_view to_string(ContainerInput input);

struct Transition {
    ContainerState from;
    ContainerInput input;
    ContainerState to;
};

/// Every pair that is allowed, in the order of life.
std::span<const Transition> transitions();

/// nullopt: not in the table, so the input is late or doubled; drop it and count it.
std::optional<ContainerState> next_state(ContainerState from, ContainerInput input);

/// What the manager is told of a state.
ContainerPhase phase_of(ContainerState state);

}  // namespace heddle::node
