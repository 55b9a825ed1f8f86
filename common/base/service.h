#pragma once

// What every daemon tells of itself: its version, and to its service manager that it is ready.

#include <string_view>

namespace heddle {

/// The version of this build, "0.1.0".
std::string_view version();

/// Sends a state such as "READY=1" or "STOPPING=1" to the service manager that started this
/// process (systemd's notification protocol). Does nothing when none asked for it; a lost
/// notification is its business.
void notify_service_manager(std::string_view state);

}  // namespace heddle
