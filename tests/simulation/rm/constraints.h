#pragma once

// Tags and placement constraints of a random run. Whatever is drawn can hold in the end, when
// others have ended. That every container went where it was allowed to go is checked by the
// manager's own check(), by a count of all containers (resourcemanager/core/constraints_check.cpp).

#include <cstdint>
#include <map>
#include <string>

#include "tests/simulation/rm/jobs.h"

namespace heddle::rm::test {

std::map<std::string, std::string> random_attributes(std::int64_t node);
/// Some jobs have constraints. Draws nothing from the stage's numbers.
void draw_constraints(const Scene& scene, Job& job);

/// Gives the ask what was drawn for it.
void constrain_pool(const Job& job, Ask& ask);
void constrain_pieces(const Job& job, Ask& ask);

}  // namespace heddle::rm::test
