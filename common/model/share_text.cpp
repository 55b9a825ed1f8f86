#include "common/model/share_text.h"

#include <algorithm>
#include <limits>
#include <vector>

#include "common/base/strings.h"

namespace heddle {
namespace {

constexpr std::string_view kForms =
    "write a weight such as 3w, a percentage such as 40%, or per resource "
    "[memory=64g,vcores=50%,gpu=2w]";

Error wrong(std::string_view text, std::string_view advice) {
    return {ErrorCode::InvalidArgument,
            "'" + std::string(text) + "' was found; " + std::string(advice)};
}

std::string plain_name(std::string_view name) {
    return name == "memory-mb" ? "memory" : std::string(name);
}

Result<std::int64_t> parse_amount(std::string_view resource, std::string_view text) {
    std::int64_t amount = 0;
    if (parse_number(text, amount)) {
        return amount;
    }
    if (resource == "memory") {
        if (const auto bytes = parse_bytes(text); bytes.ok() && *bytes % (1 << 20) == 0) {
            return *bytes / (1 << 20);
        }
        return wrong(text, "write memory in MiB (10240) or with its unit (64g)");
    }
    return wrong(text, "write a whole number that is not negative");
}

Result<Share> parse_share(std::string_view resource, std::string_view text) {
    if (!text.empty() && (text.back() == 'w' || text.back() == '%')) {
        TRY(const std::int64_t value, parse_thousandths(trim(text.substr(0, text.size() - 1))));
        return Share{text.back() == 'w' ? Share::Kind::Weight : Share::Kind::Percent, value};
    }
    if (resource.empty()) {
        return wrong(text, kForms);
    }
    TRY(const std::int64_t amount, parse_amount(resource, text));
    return Share{Share::Kind::Absolute, amount};
}

struct Part {
    std::string name;
    std::string_view value;
};

Result<std::vector<Part>> parts_of(std::string_view text) {
    std::string_view inner = trim(text);
    if (inner.starts_with('[') && inner.ends_with(']')) {
        inner = inner.substr(1, inner.size() - 2);
    }
    std::vector<Part> parts;
    for (const std::string_view part : split(inner, ',')) {
        const std::size_t equals = part.find('=');
        if (equals == std::string_view::npos || trim(part.substr(0, equals)).empty()) {
            return wrong(text, "write name=amount pairs such as memory=8g,vcores=4");
        }
        std::string name = plain_name(trim(part.substr(0, equals)));
        if (std::ranges::find(parts, name, &Part::name) != parts.end()) {
            return wrong(text, "name " + name + " once");
        }
        parts.push_back({std::move(name), trim(part.substr(equals + 1))});
    }
    return parts;
}

std::vector<std::string> names_in(std::string_view text) {
    std::vector<std::string> names;
    for (const std::string_view part : split(text, ',')) {
        if (!trim(part).empty()) {
            names.emplace_back(trim(part));
        }
    }
    return names;
}

}  // namespace

Result<std::int64_t> parse_thousandths(std::string_view text) {
    const std::size_t dot = std::min(text.find('.'), text.size());
    const std::string_view whole = text.substr(0, dot);
    std::string_view fraction = dot < text.size() ? text.substr(dot + 1) : std::string_view();
    while (!fraction.empty() && fraction.back() == '0') {
        fraction.remove_suffix(1);
    }
    std::int64_t value = 0;
    std::int64_t thousandths = 0;
    std::string padded(fraction);
    padded.resize(3, '0');
    if (!parse_number(whole, value) || fraction.size() > 3 || !parse_number(padded, thousandths) ||
        value > std::numeric_limits<std::int64_t>::max() / 1000 - 1) {
        return wrong(text, "write a number that is not negative, with at most three decimals");
    }
    return value * 1000 + thousandths;
}

std::string thousandths_text(std::int64_t value) {
    std::string text = std::to_string(value / 1000);
    if (value % 1000 != 0) {
        std::string fraction = std::to_string(1000 + value % 1000).substr(1);
        fraction.erase(fraction.find_last_not_of('0') + 1);
        text += "." + fraction;
    }
    return text;
}

Result<ShareVector> parse_shares(std::string_view text, const Share& rest) {
    const std::string_view trimmed = trim(text);
    if (!trimmed.starts_with('[')) {
        TRY(const Share all, parse_share("", trimmed));
        return ShareVector{all, {}};
    }
    if (!trimmed.ends_with(']')) {
        return wrong(text, kForms);
    }
    ShareVector shares{rest, {}};
    TRY(const std::vector<Part> parts, parts_of(trimmed));
    for (const Part& part : parts) {
        TRY(const Share share, parse_share(part.name, part.value));
        if (part.name == "*") {
            shares.all = share;
        } else {
            shares.by_resource[part.name] = share;
        }
    }
    return shares;
}

std::string share_text(const Share& share) {
    switch (share.kind) {
        case Share::Kind::Weight:
            return thousandths_text(share.value) + "w";
        case Share::Kind::Percent:
            return thousandths_text(share.value) + "%";
        case Share::Kind::Absolute:
            return std::to_string(share.value);
    }
    return "";
}

std::string shares_text(const ShareVector& shares, const Share& rest) {
    if (shares.by_resource.empty() && shares.all.kind != Share::Kind::Absolute) {
        return share_text(shares.all);
    }
    std::vector<std::string> parts;
    if (shares.all != rest || shares.by_resource.empty()) {
        parts.push_back("*=" + share_text(shares.all));
    }
    for (const auto& [name, share] : shares.by_resource) {
        parts.push_back(name + "=" + share_text(share));
    }
    return "[" + join(parts, ",") + "]";
}

Result<Resource> parse_resource(std::string_view text) {
    Resource resource;
    TRY(const std::vector<Part> parts, parts_of(text));
    for (const Part& part : parts) {
        TRY(const std::int64_t amount, parse_amount(part.name, part.value));
        if (part.name == "memory") {
            resource.memory_mib = amount;
        } else if (part.name == "vcores") {
            resource.vcores = amount;
        } else if (const auto name = resource_name(part.name); !name) {
            return wrong(text, "'" + part.name +
                                   "' is no name of a resource; write a letter, then letters, "
                                   "digits, '.', '-', '_' and '/'");
        } else if (amount > 0 && amount <= kNamedCountMax && resource.named.get(*name) == 0) {
            resource.named.set(*name, amount);
        } else {
            return wrong(text, "of " + part.name + " write, once, 1 to " +
                                   std::to_string(kNamedCountMax) + ", or leave it out");
        }
    }
    return resource;
}

std::string resource_text(const Resource& resource) {
    std::string text = "memory=" + std::to_string(resource.memory_mib) +
                       ",vcores=" + std::to_string(resource.vcores);
    for (const NamedCounts::Entry& one : resource.named.entries()) {
        text += "," + std::string(one.name) + "=" + std::to_string(one.count);
    }
    return text;
}

Result<AccessList> parse_access(std::string_view text) {
    AccessList list;
    if (trim(text) == "*") {
        list.everybody = true;
        return list;
    }
    const std::size_t space = std::min(text.find(' '), text.size());
    list.users = names_in(text.substr(0, space));
    const std::string_view groups = trim(text.substr(space));
    if (groups.find(' ') != std::string_view::npos) {
        return wrong(text, "write users with commas, one space, groups with commas, or *");
    }
    list.groups = names_in(groups);
    return list;
}

std::string access_text(const AccessList& list) {
    if (list.everybody) {
        return "*";
    }
    return join(list.users, ",") + (list.groups.empty() ? "" : " " + join(list.groups, ","));
}

}  // namespace heddle
