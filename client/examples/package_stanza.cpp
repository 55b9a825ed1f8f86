#include "client/examples/package_stanza.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

namespace archive_rank {
namespace {

enum Field : std::size_t { Package, Section, InstalledSize, Depends, PreDepends, kFields };
constexpr std::array<std::string_view, kFields> kNames = {"Package", "Section", "Installed-Size",
                                                          "Depends", "Pre-Depends"};

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kSpace = " \t\r\n\v\f";
    const auto begin = text.find_first_not_of(kSpace);
    if (begin == std::string_view::npos) {
        return {};
    }
    return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

// Calls `take` with each part of `text` between separators.
template <typename Take>
void for_each_part(std::string_view text, char separator, Take take) {
    for (;;) {
        const auto end = text.find(separator);
        take(text.substr(0, end));
        if (end == std::string_view::npos) {
            return;
        }
        text.remove_prefix(end + 1);
    }
}

using Values = std::array<std::string_view, kFields>;

// kFields: none that is asked for.
std::size_t field_of(std::string_view line) {
    std::size_t field = 0;
    while (field < kFields &&
           !(line.size() > kNames[field].size() && line[kNames[field].size()] == ':' &&
             line.starts_with(kNames[field]))) {
        ++field;
    }
    return field;
}

Values read_fields(std::string_view text, const Keep& keep) {
    Values values;
    std::array<bool, kFields> present{};
    std::array<std::string, kFields> joined;  // of values that have a second line
    std::size_t open = kFields;               // the field that a continuation line belongs to
    for_each_part(text, '\n', [&](std::string_view line) {
        if (line.starts_with(' ') || line.starts_with('\t')) {
            if (open != kFields) {
                std::string& whole = joined[open];
                if (whole.empty()) {
                    whole = values[open];
                }
                whole += ' ';
                whole += trimmed(line);
            }
            return;
        }
        const std::size_t field = field_of(line);
        open = field == kFields || present[field] ? std::size_t{kFields} : field;
        if (open != kFields) {
            present[open] = true;
            values[open] = trimmed(line.substr(kNames[open].size() + 1));
        }
    });
    for (std::size_t field = 0; field < kFields; ++field) {
        if (!joined[field].empty()) {
            values[field] = keep(joined[field]);
        }
    }
    return values;
}

// "libc6:any (>= 2.36) | musl" -> "libc6"
std::string_view first_alternative(std::string_view entry) {
    entry = entry.substr(0, entry.find('|'));
    entry = trimmed(entry.substr(0, entry.find_first_of("([<")));
    return entry.substr(0, entry.find_first_of(" \t:"));
}

std::int64_t whole_number(std::string_view text) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool digits = !text.empty() && text.front() != '-';
    return digits && error == std::errc{} && end == text.data() + text.size() ? number : 0;
}

}  // namespace

bool parse_stanza(std::string_view text, const Keep& keep, PackageStanza& out) {
    const Values values = read_fields(text, keep);
    if (values[Package].empty()) {
        return false;
    }
    out.package = values[Package];
    out.section = values[Section].empty() ? "(none)" : values[Section];
    out.installed_kib = whole_number(values[InstalledSize]);
    out.needs.clear();
    for (const Field field : {Depends, PreDepends}) {
        for_each_part(values[field], ',', [&](std::string_view entry) {
            if (const std::string_view name = first_alternative(entry); !name.empty()) {
                out.needs.push_back(name);
            }
        });
    }
    std::sort(out.needs.begin(), out.needs.end());
    out.needs.erase(std::unique(out.needs.begin(), out.needs.end()), out.needs.end());
    return true;
}

}  // namespace archive_rank
