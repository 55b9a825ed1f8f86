#pragma once

// The one door of the executor library: what a program needs to be its own executor.

namespace heddle::executor {

/// True when this process was started to serve tasks and not by a person.
bool in_executor_role();

/// Serves tasks until the driver ends it or is gone; returns the exit code. The program's static
/// initialisers have registered its operators before.
int serve(int argc, char** argv);

}  // namespace heddle::executor
