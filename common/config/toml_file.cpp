#include "common/config/toml_file.h"

#include <algorithm>
#include <array>
#include <cstdio>
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

struct Placed {
    toml::source_position at;
    TomlPair pair;
};

void collect(const toml::node& node, std::vector<std::string> path, const std::string& name,
             std::vector<Placed>& out) {
    TomlPair pair{path, place_of(name, node.source()), {}, false, node.is_table()};
    const toml::source_position at = node.source().begin;
    if (const auto* table = node.as_table()) {
        if (!path.empty()) {
            out.push_back({at, std::move(pair)});
        }
        for (const auto& [key, inner] : *table) {
            path.emplace_back(key.str());
            collect(inner, path, name, out);
            path.pop_back();
        }
        return;
    }
    if (const auto* array = node.as_array()) {
        pair.is_list = true;
        for (std::size_t i = 0; i < array->size(); ++i) {
            const toml::node& element = *array->get(i);
            if (element.is_table()) {
                path.push_back("#" + std::to_string(i));
                collect(element, path, name, out);
                path.pop_back();
            } else {
                pair.values.push_back(scalar(element));
            }
        }
        if (!pair.values.empty() || array->empty()) {
            out.push_back({at, std::move(pair)});
        }
        return;
    }
    pair.values.push_back(scalar(node));
    out.push_back({at, std::move(pair)});
}

}  // namespace

Result<std::vector<TomlPair>> parse_toml(std::string_view text, const std::string& name) {
    const toml::parse_result result = toml::parse(text, name);
    if (!result) {
        return Error{ErrorCode::InvalidArgument, place_of(name, result.error().source()) + ": " +
                                                     std::string(result.error().description())};
    }
    std::vector<Placed> placed;
    collect(result.table(), {}, name, placed);
    // Tables are sorted by key in the document: the order of the text is in the positions.
    std::ranges::stable_sort(placed, [](const Placed& a, const Placed& b) {
        return a.at.line != b.at.line ? a.at.line < b.at.line : a.at.column < b.at.column;
    });
    std::vector<TomlPair> pairs;
    for (Placed& one : placed) {
        pairs.push_back(std::move(one.pair));
    }
    return pairs;
}

std::string toml_quoted(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
            std::array<char, 8> code{};
            std::snprintf(code.data(), code.size(), "\\u%04X", static_cast<unsigned char>(c));
            out += code.data();
        } else {
            out += c;
        }
    }
    return out + "\"";
}

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
