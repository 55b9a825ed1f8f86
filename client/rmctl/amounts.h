#pragma once

// Amounts of resources: as servers write them, as people read them ("8192 MiB, 4 vcores, 2 gpu";
// see to_string of Resource), and as people write them ("memory=8192,vcores=4,gpu=2").

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/resource.h"
#include "common/base/result.h"
#include "common/wire/json.h"

namespace heddle::rmctl {

/// YARN's {"memory", "vCores", "resourceInformations"}.
Resource amount_of(const wire::Json& json);
/// Of the member `key`; zero where there is none.
Resource amount_at(const wire::Json& json, std::string_view key);
/// YARN's lists of {"key": "memory-mb", "value": "1024"}.
Resource amount_in(const std::vector<wire::Json>& entries);

/// The title of a column for what there is besides memory and vcores.
constexpr const char* kOtherColumn = "OTHER";

/// As to_string(); empty where the member is not there.
std::string amount_text(const wire::Json& json, std::string_view key);
/// What there is besides memory and vcores: "2 gpu". Empty: nothing.
std::string named_text(const NamedCounts& named);
/// The same of a part and its whole: "gpu 1 of 2", one for each name of the whole.
std::vector<std::string> named_ratios(const NamedCounts& used, const NamedCounts& total);

/// "40 %", rounded.
std::string percent_text(double percent);

void write_amount(wire::JsonWriter& json, const Resource& amount);

/// What of an amount is to be another.
struct AmountChange {
    std::optional<std::int64_t> memory_mib;
    std::optional<std::int64_t> vcores;
    std::vector<NamedCounts::Entry> named;  // 0: none of it
};

/// MiB, as in "512" or "2g"; what is less than one is one. Errors: InvalidArgument.
Result<std::int64_t> parse_memory(std::string_view text);
/// "memory=8192,vcores=4,gpu=2", any of them, each once. Memory is in MiB unless it carries a unit
/// ("8g"); "memory-mb" is another name of it. Errors: InvalidArgument, with what to write.
Result<AmountChange> parse_amount(std::string_view text);
/// What `change` names of `whole`, the changed amount; of named resources all or none, since they
/// are one list to the server.
void write_change(wire::JsonWriter& json, const AmountChange& change, const Resource& whole);
Resource changed(Resource amount, const AmountChange& change);

}  // namespace heddle::rmctl
