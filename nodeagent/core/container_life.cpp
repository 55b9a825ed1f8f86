// The table of a container's life on its node.

#include "nodeagent/core/container_life.h"

#include "common/base/check.h"

namespace heddle::node {

namespace {

using enum ContainerState;
using Input = ContainerInput;

constexpr Transition kTransitions[] = {
    {Saving, Input::Saved, Localising},
    {Saving, Input::SaveFailed, Done},
    {Saving, Input::StopOrdered, Done},
    {Localising, Input::Localised, Ready},
    {Localising, Input::LocaliseFailed, Done},
    {Localising, Input::StopOrdered, Done},  // what is still being fetched is thrown away
    {Ready, Input::StartAllowed, Starting},
    {Ready, Input::StopOrdered, Done},
    {Starting, Input::Started, Running},
    {Starting, Input::StartFailed, Done},
    {Starting, Input::StopOrdered, Stopping},  // the signal follows when the shim has answered
    {Running, Input::StopOrdered, Stopping},
    {Running, Input::Exited, Done},
    {Stopping, Input::Started, Stopping},
    {Stopping, Input::StartFailed, Done},
    {Stopping, Input::StopOrdered, Stopping},  // the earlier deadline holds
    {Stopping, Input::Exited, Done},
};

}  // namespace

std::span<const Transition> transitions() {
    return kTransitions;
}

std::optional<ContainerState> next_state(ContainerState from, ContainerInput input) {
    for (const Transition& transition : kTransitions) {
        if (transition.from == from && transition.input == input) {
            return transition.to;
        }
    }
    return std::nullopt;
}

ContainerPhase phase_of(ContainerState state) {
    switch (state) {
        case Saving:
        case Localising:
            return ContainerPhase::Localising;
        case Ready:
        case Starting:
            return ContainerPhase::Ready;
        case Running:
            return ContainerPhase::Running;
        case Stopping:
            return ContainerPhase::Stopping;
        case Done:
            return ContainerPhase::Done;
    }
    CHECK(false);
}

std::string_view to_string(ContainerState state) {
    switch (state) {
        case Saving:
            return "saving";
        case Localising:
            return "localising";
        case Ready:
            return "ready";
        case Starting:
            return "starting";
        case Running:
            return "running";
        case Stopping:
            return "stopping";
        case Done:
            return "done";
    }
    CHECK(false);
}

std::string_view to_string(ContainerInput input) {
    switch (input) {
        case Input::Saved:
            return "saved";
        case Input::SaveFailed:
            return "save failed";
        case Input::Localised:
            return "localised";
        case Input::LocaliseFailed:
            return "localise failed";
        case Input::StartAllowed:
            return "start allowed";
        case Input::Started:
            return "started";
        case Input::StartFailed:
            return "start failed";
        case Input::StopOrdered:
            return "stop ordered";
        case Input::Exited:
            return "exited";
    }
    CHECK(false);
}

}  // namespace heddle::node
