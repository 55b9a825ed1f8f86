#pragma once

// Names that nobody else draws. Not for secrets, and not for cores, whose randomness comes from
// their seed.

#include <string>

namespace heddle {

/// 16 hex digits.
std::string random_word();

}  // namespace heddle
