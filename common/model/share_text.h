#pragma once

// Shares, amounts and access lists as people write them, in TOML, in requests and in answers.

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/result.h"
#include "common/model/queue.h"

namespace heddle {

/// "1.5" is 1500. Errors: InvalidArgument (no number, negative, or finer than thousandths).
Result<std::int64_t> parse_thousandths(std::string_view text);
std::string thousandths_text(std::int64_t value);

/// "3w", "40%", "[memory=64g,vcores=12]", "[memory=50%,vcores=2w,gpu=1]", "[*=1w,vcores=50%]": what
/// the brackets leave out gets `rest`. Memory is in MiB unless it carries a unit; memory-mb is
/// another name for memory. Errors: InvalidArgument.
Result<ShareVector> parse_shares(std::string_view text, const Share& rest);
std::string shares_text(const ShareVector& shares, const Share& rest);
std::string share_text(const Share& share);

/// What brackets leave out of a guarantee, and of a maximum.
constexpr Share kRestOfGuaranteed = {Share::Kind::Absolute, 0};
constexpr Share kRestOfMaximum = {Share::Kind::Percent, 100'000};

/// "memory=8g,vcores=4,gpu=1", with or without brackets. Errors: InvalidArgument.
Result<Resource> parse_resource(std::string_view text);
std::string resource_text(const Resource& resource);

/// YARN's form: "*", or users, a space, groups: "alice,bob etl". Errors: InvalidArgument.
Result<AccessList> parse_access(std::string_view text);
std::string access_text(const AccessList& list);

}  // namespace heddle
