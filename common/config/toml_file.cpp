#include "common/config/toml_file.h"

#include <fstream>
#include <iterator>
#include <sstream>

#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

namespace heddle::config {
namespace {

std::string place_of(const std::string& path, const toml::source_region& region) {
    return path + ":" + std::to_string(region.begin.line) + ":" +
           std::to_string(region.begin.column);
}

std::string scalar(const toml::node& node) {
    if (const auto* text = node.as_string()) {
        return text->get();
    }
    if (const auto* number = node.as_integer()) {
        return std::to_string(number->get());
    }
    if (const auto* boolean = node.as_boolean()) {
        return boolean->get() ? "true" : "false";
    }
    if (const auto* real = node.as_floating_point()) {
        return std::to_string(real->get());
    }
    return "(a date or a nested value)";
}

void flatten(const toml::table& table, const std::string& prefix, const std::string& path,
             std::vector<TomlEntry>& entries) {
    for (const auto& [key, node] : table) {
        const std::string name = prefix + std::string(key.str());
        if (const auto* inner = node.as_table()) {
            flatten(*inner, name + ".", path, entries);
            continue;
        }
        TomlEntry entry{name, place_of(path, node.source()), {}, node.is_array(), true};
        if (const auto* array = node.as_array()) {
            for (const toml::node& element : *array) {
                entry.list.push_back(scalar(element));
                entry.is_text = entry.is_text && element.is_string();
            }
        } else {
            entry.list.push_back(scalar(node));
            entry.is_text = node.is_string();
        }
        entries.push_back(std::move(entry));
    }
}

}  // namespace

Result<std::vector<TomlEntry>> read_toml(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) {
        return errno_error("cannot read " + path);
    }
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    const toml::parse_result result = toml::parse(text, path);
    if (!result) {
        return Error{ErrorCode::InvalidArgument, place_of(path, result.error().source()) + ": " +
                                                     std::string(result.error().description())};
    }
    std::vector<TomlEntry> entries;
    flatten(result.table(), "", path, entries);
    return entries;
}

}  // namespace heddle::config
