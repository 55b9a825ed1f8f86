#pragma once

// What rmctl has to know of a program before it submits it: is it one of ours, and which shared
// objects must travel with it.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/result.h"

namespace heddle::rmctl {

/// The path of `name` as a shell would find it: with a slash as it is, else along PATH.
/// Errors: NotFound, PermissionDenied (not an executable file), both saying what was looked at.
Result<std::string> find_program(const std::string& name);

/// What the file header of a program tells.
struct ProgramFile {
    bool elf = false;
    bool dynamic = false;                          // needs the dynamic loader
    std::optional<std::uint32_t> runtime_version;  // of the Heddle note; nothing: no Heddle program
};

/// Errors: Internal when the file cannot be read, InvalidArgument when its ELF tables are broken.
Result<ProgramFile> inspect_program(const std::string& path);

/// Absolute paths of the shared objects that `path` loads and that a node cannot be expected to
/// have: everything but the C and C++ runtime. Requires a dynamic ELF program.
/// Errors: InvalidArgument naming a library that is missing, Internal.
Result<std::vector<std::string>> shared_objects_to_ship(const std::string& path);

}  // namespace heddle::rmctl
