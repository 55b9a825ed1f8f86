#pragma once

// A TOML file flattened to dotted keys with their positions; toml_file.cpp alone knows toml++.

#include <string>
#include <vector>

#include "common/base/result.h"

namespace heddle::config {

struct TomlEntry {
    std::string key;                // "section.key"
    std::string place;              // "file:line:column"
    std::vector<std::string> list;  // elements of an array, else the one value
    bool is_list = false;
    bool is_text = false;  // the value, or every element, was quoted
};

/// Errors: NotFound or Internal when it cannot be read, InvalidArgument with the position.
Result<std::vector<TomlEntry>> read_toml(const std::string& path);

}  // namespace heddle::config
