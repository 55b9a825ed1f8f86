#include "common/model/node_attributes.h"

#include <algorithm>

namespace heddle {
namespace {

bool is_letter_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// YARN's names: letters, digits, '-' and '_', in values '.' as well, and not first.
bool is_word(std::string_view text, bool dots) {
    return !text.empty() && text.size() <= kAttributeBytesMax && is_letter_or_digit(text.front()) &&
           std::ranges::all_of(text, [&](char c) {
               return is_letter_or_digit(c) || c == '-' || c == '_' || (dots && c == '.');
           });
}

std::string full(std::string_view prefix, const std::string& name) {
    return std::string(prefix) + "/" + name;
}

std::string shortened(std::string_view text) {
    return std::string(text.substr(0, kAttributeBytesMax));
}

}  // namespace

Attributes attributes_in_force(const Attributes& said, const Attributes& set) {
    Attributes all;
    for (const auto& [text, value] : said) {
        const auto parts = split_attribute(text);
        if (parts.has_value() && parts->first != kAttributePrefixNode) {
            continue;
        }
        const std::string name(parts.has_value() ? parts->second : text);
        all[full(kAttributePrefixNode, name)] = value;
        all[name] = value;
    }
    for (const auto& [name, value] : set) {
        all[full(kAttributePrefixManager, name)] = value;
        all[name] = value;
    }
    return all;
}

std::optional<std::pair<std::string_view, std::string_view>> split_attribute(
    std::string_view name) {
    const std::size_t slash = name.find('/');
    if (slash == std::string_view::npos) {
        return std::nullopt;
    }
    return std::pair{name.substr(0, slash), name.substr(slash + 1)};
}

Result<std::string> attribute_named(std::string_view text, std::string_view prefix) {
    const auto parts = split_attribute(text);
    if (parts.has_value() && parts->first != prefix) {
        return Error{ErrorCode::InvalidArgument, "attribute '" + shortened(text) +
                                                     "': the prefix here is " +
                                                     std::string(prefix) + ", or none"};
    }
    const std::string_view name = parts.has_value() ? parts->second : text;
    if (!is_word(name, false)) {
        return Error{ErrorCode::InvalidArgument,
                     "attribute '" + shortened(text) + "': a name is 1 to " +
                         std::to_string(kAttributeBytesMax) +
                         " letters, digits, '-' and '_', and begins with a letter or digit"};
    }
    return std::string(name);
}

Status check_attribute_value(std::string_view name, std::string_view value) {
    if (!value.empty() && !is_word(value, true)) {
        return Error{ErrorCode::InvalidArgument,
                     "value '" + shortened(value) + "' of attribute " + shortened(name) +
                         ": at most " + std::to_string(kAttributeBytesMax) +
                         " letters, digits, '-', '_' and '.', and begins with a letter or digit"};
    }
    return {};
}

}  // namespace heddle
