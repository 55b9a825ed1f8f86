#pragma once

// Two source files, each with a static function of the same name and in it a lambda that captures
// nothing. g++ gives both lambdas the same type name.

#include <cstdint>
#include <string>
#include <vector>

#include "client/api/context.h"

namespace heddle {

std::vector<int> run_twin_one(Context& context);
std::vector<int> run_twin_two(Context& context);

}  // namespace heddle
