#include "client/rmctl/amounts.h"

#include <algorithm>

#include "client/rmctl/json_fields.h"
#include "common/base/strings.h"

namespace heddle::rmctl {
namespace {

using wire::Json;

constexpr std::int64_t kMiB = std::int64_t{1} << 20;

void set_by_name(Resource& amount, const std::string& name, std::int64_t count) {
    if (name == "memory-mb") {
        amount.memory_mib = count;
    } else if (name == "vcores") {
        amount.vcores = count;
    } else if (const auto known = resource_name(name)) {
        amount.named.set(*known, count);
    }
}

Error wrong(std::string_view text, const std::string& why) {
    return Error{ErrorCode::InvalidArgument,
                 "'" + std::string(text) + "': " + why + "; write memory=8192,vcores=4,gpu=2"};
}

Status put_once(std::optional<std::int64_t>& where, std::int64_t value, std::string_view part) {
    if (where.has_value()) {
        return wrong(part, "it is there twice");
    }
    where = value;
    return {};
}

Status add_part(std::string_view part, AmountChange& change) {
    const std::size_t equals = std::min(part.find('='), part.size());
    const std::string_view name = trim(part.substr(0, equals));
    const std::string_view value = equals == part.size() ? "" : trim(part.substr(equals + 1));
    if (name == "memory" || name == "memory-mb") {
        const auto mib = parse_memory(value);
        if (!mib || *mib < 0) {
            return wrong(part, "memory is in MiB, or carries a unit, as 8g");
        }
        return put_once(change.memory_mib, *mib, part);
    }
    std::int64_t count = 0;
    if (!parse_number(value, count) || count < 0 || count > kNamedCountMax) {
        return wrong(part, "a whole number is missing");
    }
    if (name == "vcores") {
        return put_once(change.vcores, count, part);
    }
    const auto known = resource_name(name);
    if (!known) {
        return wrong(part, "'" + std::string(name) + "' is no name of a resource");
    }
    if (std::ranges::find(change.named, *known, &NamedCounts::Entry::name) != change.named.end()) {
        return wrong(part, "it is there twice");
    }
    change.named.push_back({*known, count});
    return {};
}

void write_named(wire::JsonWriter& json, const NamedCounts& named) {
    json.key("resourceInformations").begin_object().key("resourceInformation").begin_array();
    for (const NamedCounts::Entry& entry : named.entries()) {
        json.begin_object().member("name", yarn_resource_name(entry.name));
        json.member("value", entry.count).end_object();
    }
    json.end_array().end_object();
}

}  // namespace

Result<std::int64_t> parse_memory(std::string_view text) {
    std::int64_t mib = 0;
    if (parse_number(text, mib)) {
        return mib;
    }
    TRY(const std::int64_t bytes, parse_bytes(text));
    return (bytes + kMiB - 1) / kMiB;
}

Resource amount_of(const Json& json) {
    Resource amount;
    for (const Json& entry : fields::list(json, "resourceInformations", "resourceInformation")) {
        set_by_name(amount, fields::text(entry, "name"), fields::number(entry, "value"));
    }
    amount.memory_mib = fields::number(json, "memory");
    amount.vcores = fields::number(json, "vCores");
    return amount;
}

Resource amount_at(const Json& json, std::string_view key) {
    const Json* found = json.find(key);
    return found == nullptr ? Resource{} : amount_of(*found);
}

Resource amount_in(const std::vector<Json>& entries) {
    Resource amount;
    for (const Json& entry : entries) {
        set_by_name(amount, fields::text(entry, "key"), fields::number(entry, "value"));
    }
    return amount;
}

std::string amount_text(const Json& json, std::string_view key) {
    const Json* found = json.find(key);
    return found == nullptr ? std::string() : to_string(amount_of(*found));
}

std::string named_text(const NamedCounts& named) {
    std::vector<std::string> parts;
    for (const NamedCounts::Entry& entry : named.entries()) {
        parts.push_back(std::to_string(entry.count) + " " + entry.name);
    }
    return join(parts, ", ");
}

std::vector<std::string> named_ratios(const NamedCounts& used, const NamedCounts& total) {
    std::vector<std::string> parts;
    for (const NamedCounts::Entry& entry : total.entries()) {
        parts.push_back(entry.name + " " + std::to_string(used.get(entry.name)) + " of " +
                        std::to_string(entry.count));
    }
    return parts;
}

std::string percent_text(double percent) {
    return std::to_string(static_cast<int>(percent + 0.5)) + " %";
}

void write_amount(wire::JsonWriter& json, const Resource& amount) {
    json.begin_object().member("memory", amount.memory_mib).member("vCores", amount.vcores);
    write_named(json, amount.named);
    json.end_object();
}

void write_change(wire::JsonWriter& json, const AmountChange& change, const Resource& whole) {
    json.begin_object();
    if (change.memory_mib) {
        json.member("memory", whole.memory_mib);
    }
    if (change.vcores) {
        json.member("vCores", whole.vcores);
    }
    if (!change.named.empty()) {
        write_named(json, whole.named);
    }
    json.end_object();
}

Result<AmountChange> parse_amount(std::string_view text) {
    AmountChange change;
    for (const std::string_view part : split(text, ',')) {
        TRY(add_part(trim(part), change));
    }
    return change;
}

Resource changed(Resource amount, const AmountChange& change) {
    amount.memory_mib = change.memory_mib.value_or(amount.memory_mib);
    amount.vcores = change.vcores.value_or(amount.vcores);
    for (const NamedCounts::Entry& entry : change.named) {
        amount.named.set(entry.name, entry.count);
    }
    return amount;
}

}  // namespace heddle::rmctl
