#pragma once

// Packing bytes for a network, with lz4 or zstd, a mebibyte at a time: neither side needs a second
// copy of everything, and what does not get smaller is sent as it is.

#include <cstdint>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "common/rdd/block_transfer.h"
#include "common/rdd/bytes.h"

namespace heddle::blocks {

/// The bytes of `parts`, one after the other. Requires a codec.
rdd::Bytes pack(rdd::BlockCodec codec, const std::vector<std::string_view>& parts);

/// `size`: of what was packed. Errors: DataLoss; ResourceExhausted when the library has no memory.
Result<rdd::Bytes> unpack(rdd::BlockCodec codec, std::string_view packed, std::uint64_t size);

}  // namespace heddle::blocks
