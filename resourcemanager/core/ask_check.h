#pragma once

// What is wrong with an ask as its master has written it, before anything in the cluster is looked
// at: it is refused with this sentence, and nothing changes.

#include <optional>
#include <string>

#include "common/model/master_protocol.h"

namespace heddle::rm {

constexpr std::int32_t kAskCountMax = 1'000'000;
constexpr std::size_t kAskPlacesMax = 10'000;                  // nodes and racks that it names
constexpr std::int64_t kAskAmountMax = std::int64_t{1} << 40;  // of one resource of one container

std::optional<std::string> wrong_ask(const Ask& ask);

}  // namespace heddle::rm
