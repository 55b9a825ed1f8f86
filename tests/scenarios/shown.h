#pragma once

// What stories show of a cluster, a line each, for what they expect.

#include "common/model/explanation.h"
#include "tests/support/rm_world/world.h"

namespace heddle::rm::test {

void show_nodes(World& world);
void show_queued(World& world);
/// Of leaves.
void show_queues(World& world);
void show_preemptions(World& world);
void show_marks(World& world);
void show_reserved(World& world);
/// Its state and final status.
void show_application(World& world, const ApplicationId& id);
/// What lists say of its waiting, and how many wait for what.
void show_listed(World& world, const ApplicationId& id);
void show_explanation(Stage& stage, const Explanation& explanation);

}  // namespace heddle::rm::test
