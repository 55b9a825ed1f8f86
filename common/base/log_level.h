#pragma once

// From which level on lines go out; may be changed while others log. Any thread.

#include "common/base/log.h"

namespace heddle::log {

Level level();
void set_level(Level threshold);

}  // namespace heddle::log
