#pragma once

// How driver, executors and their block servers speak over one framed connection: what the kinds of
// frames are, and the handshake that is the first frame of every connection. The application's
// secret proves that both belong to it; it comes from a file that only its user can read.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "common/rdd/block_transfer.h"
#include "common/rdd/bytes.h"
#include "common/rdd/ids.h"

namespace heddle::rdd {

enum class FrameKind : std::uint8_t {
    Handshake = 1,
    Messages = 2,      // driver and executor: any number of messages
    BlockRequest = 3,  // BlocksWanted; correlation: chosen by the asker, repeated in the answer
    BlockAnswer = 4,   // a message of common/blocks/block_message.h
};

enum class Purpose : std::uint8_t { Executor, Blocks };

struct Handshake {
    std::uint32_t version = 0;  // kRuntimeVersion
    Purpose purpose = Purpose::Executor;
    std::string secret;
};

Bytes encode(const Handshake& handshake);
/// Errors: DataLoss; Conflict for another version.
Result<Handshake> decode_handshake(std::string_view bytes);

/// A request for more is refused.
inline constexpr std::size_t kBlocksPerRequest = 4096;

// Blocks that are answered by one message, in this order.
struct BlocksWanted {
    BlockCodec codec = BlockCodec::None;
    std::vector<BlockId> blocks;
};

Bytes encode(const BlocksWanted& wanted);
/// Errors: DataLoss.
Result<BlocksWanted> decode_blocks_wanted(std::string_view bytes);

// Names of environment variables by which an executor process is told what it is. None holds a
// secret.
inline constexpr const char* kDriverVariable = "HEDDLE_DRIVER";       // "host:port"
inline constexpr const char* kSecretVariable = "HEDDLE_SECRET_FILE";  // the file's name
inline constexpr const char* kRoleVariable = "HEDDLE_ROLE";           // "executor"
inline constexpr const char* kCoresVariable = "HEDDLE_EXECUTOR_CORES";
inline constexpr const char* kMemoryVariable = "HEDDLE_EXECUTOR_MEMORY";  // bytes
inline constexpr const char* kSecretFile = "application.secret";

}  // namespace heddle::rdd
