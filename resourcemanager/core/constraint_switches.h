#pragma once

// What a constraint comes to while one of its features is switched off (feature.h).

#include <string>

#include "resourcemanager/core/feature.h"

namespace heddle::rm {

/// Leaves out of `constraint`, which may be any text, what needs the feature `off`.
void leave_out_terms(Feature off, std::string& constraint);

}  // namespace heddle::rm
