#include "common/base/named_counts.h"

#include <algorithm>
#include <cctype>

#include "common/base/strings.h"

namespace heddle {
namespace {

constexpr std::string_view kYarnPrefix = "yarn.io/";
constexpr std::string_view kYarnOwn[] = {"gpu", "fpga"};
constexpr std::string_view kFields[] = {"memory", "memory-mb", "vcores"};

auto place_of(std::vector<NamedCounts::Entry>& entries, std::string_view name) {
    return std::ranges::lower_bound(entries, name, {}, &NamedCounts::Entry::name);
}

}  // namespace

std::optional<std::string> resource_name(std::string_view text) {
    if (text.starts_with(kYarnPrefix)) {
        text.remove_prefix(kYarnPrefix.size());
    }
    const auto fits = [](unsigned char c) {
        return std::isalnum(c) != 0 || c == '.' || c == '-' || c == '_' || c == '/';
    };
    if (text.empty() || text.size() > 64 ||
        std::isalpha(static_cast<unsigned char>(text[0])) == 0 ||
        !std::ranges::all_of(text, fits) || std::ranges::count(kFields, to_lower(text)) > 0) {
        return std::nullopt;
    }
    return std::string(text);
}

std::string yarn_resource_name(std::string_view name) {
    const bool own = std::ranges::count(kYarnOwn, name) > 0;
    return (own ? std::string(kYarnPrefix) : "") + std::string(name);
}

Result<NamedCounts> parse_named_counts(const std::vector<std::string>& texts) {
    NamedCounts counts;
    if (texts.size() > kNamedResourcesMax) {
        return Error{ErrorCode::InvalidArgument, std::to_string(texts.size()) +
                                                     " named resources; at most " +
                                                     std::to_string(kNamedResourcesMax)};
    }
    for (const std::string& text : texts) {
        const std::size_t equals = std::min(text.find('='), text.size());
        const std::optional<std::string> name = resource_name(trim(text.substr(0, equals)));
        std::int64_t count = 0;
        if (!name || equals == text.size() || !parse_number(trim(text.substr(equals + 1)), count) ||
            count < 1 || count > kNamedCountMax) {
            return Error{ErrorCode::InvalidArgument,
                         "'" + text + "': write NAME=COUNT, such as gpu=2, with a count of 1 to " +
                             std::to_string(kNamedCountMax) +
                             "; memory and vcores have settings of their own"};
        }
        if (counts.get(*name) != 0) {
            return Error{ErrorCode::InvalidArgument,
                         "'" + text + "': " + *name + " is given twice"};
        }
        counts.set(*name, count);
    }
    return counts;
}

std::int64_t NamedCounts::get(std::string_view name) const {
    for (const Entry& entry : entries()) {
        if (entry.name == name) {
            return entry.count;
        }
    }
    return 0;
}

void NamedCounts::set(std::string_view name, std::int64_t count) {
    if (empty()) {
        if (count != 0) {
            entries_ = new std::vector<Entry>{{std::string(name), count}};
        }
        return;
    }
    const auto at = place_of(*entries_, name);
    const bool there = at != entries_->end() && at->name == name;
    if (count == 0) {
        if (there) {
            entries_->erase(at);
        }
        if (entries_->empty()) {
            clear();
        }
    } else if (there) {
        at->count = count;
    } else {
        entries_->insert(at, {std::string(name), count});
    }
}

std::vector<NamedCounts::Entry>* NamedCounts::copy_of(const std::vector<Entry>& entries) {
    return new std::vector<Entry>(entries);
}

void NamedCounts::destroy(std::vector<Entry>* entries) {
    delete entries;
}

void NamedCounts::add_all(const std::vector<Entry>& other, std::int64_t times) {
    if (entries_ == &other) {
        multiply_all(times + 1);
        return;
    }
    for (const Entry& entry : other) {
        set(entry.name, get(entry.name) + entry.count * times);
    }
}

void NamedCounts::multiply_all(std::int64_t times) {
    if (times == 0) {
        clear();
        return;
    }
    for (Entry& entry : *entries_) {
        entry.count *= times;
    }
}

bool NamedCounts::all_fit_in(const NamedCounts& room) const {
    const auto fits = [&](const Entry& entry) { return entry.count <= room.get(entry.name); };
    const auto has_room = [&](const Entry& entry) { return entry.count >= get(entry.name); };
    return std::ranges::all_of(entries(), fits) && std::ranges::all_of(room.entries(), has_room);
}

bool NamedCounts::some_pass(const NamedCounts& taken, const NamedCounts& bound) const {
    return std::ranges::any_of(*entries_, [&](const Entry& entry) {
        return entry.count > 0 && taken.get(entry.name) + entry.count > bound.get(entry.name);
    });
}

bool NamedCounts::some_negative() const {
    return std::ranges::any_of(entries(), [](const Entry& entry) { return entry.count < 0; });
}

int NamedCounts::compare(const NamedCounts& other) const {
    const std::span<const Entry> a = entries();
    const std::span<const Entry> b = other.entries();
    const auto order =
        std::lexicographical_compare_three_way(a.begin(), a.end(), b.begin(), b.end());
    return order < 0 ? -1 : (order > 0 ? 1 : 0);
}

}  // namespace heddle
