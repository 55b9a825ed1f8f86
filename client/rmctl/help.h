#pragma once

// What help pages say beyond flags: the usage where it is special, and examples.

#include <string>
#include <string_view>

namespace heddle::rmctl {

/// What follows "rmctl COMMAND" in its usage; empty where the flags and arguments say it all.
std::string_view usage_of(std::string_view command);

/// The lines of "Examples:" for a command ("", "app", "app list"), each with its newline.
std::string_view examples_of(std::string_view command);

}  // namespace heddle::rmctl
