#pragma once

// Ctrl-C as a question that loops ask, so that commands end in good order and with exit code 130.

namespace heddle::rmctl {

/// From now on SIGINT and SIGTERM set a flag instead of ending the process; a second one ends it.
void catch_interrupts();

bool interrupted();

}  // namespace heddle::rmctl
