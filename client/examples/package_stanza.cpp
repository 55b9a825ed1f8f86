#include "client/examples/package_stanza.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace archive_rank {
namespace {

enum Field { Package, Section, InstalledSize, Depends, PreDepends, kFields };
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

struct Fields {
    std::array<std::string, kFields> values;
    std::array<bool, kFields> present{};
};

Fields read_fields(std::string_view text) {
    Fields fields;
    std::string* open = nullptr;  // the field that a continuation line belongs to
    for_each_part(text, '\n', [&](std::string_view line) {
        if (line.starts_with(' ') || line.starts_with('\t')) {
            if (open != nullptr) {
                *open += ' ';
                *open += trimmed(line);
            }
            return;
        }
        open = nullptr;
        const auto colon = line.find(':');
        const auto known = std::find(kNames.begin(), kNames.end(), line.substr(0, colon));
        if (colon == std::string_view::npos || known == kNames.end()) {
            return;
        }
        const auto index = static_cast<std::size_t>(known - kNames.begin());
        if (!fields.present[index]) {
            fields.present[index] = true;
            fields.values[index] = trimmed(line.substr(colon + 1));
            open = &fields.values[index];
        }
    });
    return fields;
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

bool parse_stanza(std::string_view text, PackageStanza& out) {
    Fields fields = read_fields(text);
    if (fields.values[Package].empty()) {
        return false;
    }
    out.package = std::move(fields.values[Package]);
    out.section = fields.values[Section].empty() ? "(none)" : std::move(fields.values[Section]);
    out.installed_kib = whole_number(fields.values[InstalledSize]);
    out.needs.clear();
    for (const Field field : {Depends, PreDepends}) {
        for_each_part(fields.values[field], ',', [&](std::string_view entry) {
            if (const std::string_view name = first_alternative(entry); !name.empty()) {
                out.needs.emplace_back(name);
            }
        });
    }
    std::sort(out.needs.begin(), out.needs.end());
    out.needs.erase(std::unique(out.needs.begin(), out.needs.end()), out.needs.end());
    return true;
}

}  // namespace archive_rank
