#pragma once

// The command line: nouns, verbs and flags, and what each of them does.

#include <string>
#include <vector>

namespace heddle::rmctl {

/// Parses and carries out; the exit code of the process.
int run_command_line(int argc, char** argv);

}  // namespace heddle::rmctl
