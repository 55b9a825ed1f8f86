#pragma once

// What blocks cost that may have come from another process.

#include <cstdint>

#include "common/blocks/block.h"

namespace heddle::blocks {

/// Of one that came from elsewhere, its share of the message in which it lies, which it does not
/// know of by itself.
inline std::int64_t received_memory(const Block& block) {
    return block.memory() > 0 ? block.memory() : static_cast<std::int64_t>(block.bytes());
}

}  // namespace heddle::blocks
