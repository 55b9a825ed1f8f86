#pragma once

// The command line: what is read from it, what is said of what is wrong in it, and the exit code.

#include <string>
#include <vector>

namespace heddle::rmctl {

/// Parses and carries out; the exit code of the process.
int run_command_line(int argc, char** argv);

}  // namespace heddle::rmctl
