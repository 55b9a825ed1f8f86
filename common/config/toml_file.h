#pragma once

// A TOML file flattened to dotted keys with their positions; toml_file.cpp alone knows toml++.

#include <string>
#include <string_view>
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

/// One key of a document with tables in it.
struct TomlPair {
    std::vector<std::string> path;    // an element of an array of tables is "#<index>"
    std::string place;                // "name:line:column"
    std::vector<std::string> values;  // elements of an array, else the one value
    bool is_list = false;
    bool is_table = false;  // the table itself: it may be empty
};

/// All pairs in the order of the text. Errors: InvalidArgument with the position.
Result<std::vector<TomlPair>> parse_toml(std::string_view text, const std::string& name);

/// `text` as a TOML string, quotes and all.
std::string toml_quoted(std::string_view text);

/// Errors: NotFound or Internal when it cannot be read, InvalidArgument with the position.
Result<std::vector<TomlEntry>> read_toml(const std::string& path);

}  // namespace heddle::config
