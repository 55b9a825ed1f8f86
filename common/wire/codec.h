#pragma once

// Messages between daemons and stored records as bytes. All messages of one turn to one peer are
// one frame. Decoding is total: whatever the bytes are, the answer is a value whose ids, enums and
// sizes are in range, or an Error; nothing is half believed.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "common/model/application.h"
#include "common/model/master_protocol.h"
#include "common/model/node.h"
#include "common/model/node_protocol.h"

namespace heddle::wire {

/// Frames and records beyond this size are refused unread.
constexpr std::size_t kFrameBytesMax = 32U << 20U;

/// Resources beyond these are refused, in records too: who takes them from people must check.
constexpr std::int64_t kMemoryMibMax = std::int64_t{1} << 40;
constexpr std::int64_t kVcoresMax = std::int64_t{1} << 31;

/// One binary WebSocket message.
std::string encode_frame(std::span<const NodeToManager> messages);
std::string encode_frame(std::span<const ManagerToNode> messages);
std::string encode_frame(std::span<const MasterToManager> messages);
std::string encode_frame(std::span<const ManagerToMaster> messages);

/// The messages of a frame, in order. `Message` is NodeToManager, ManagerToNode, MasterToManager or
/// ManagerToMaster. A message of a kind that this version does not know is left out (fields and
/// kinds are added over time). Errors: InvalidArgument saying what is wrong.
template <typename Message>
Result<std::vector<Message>> decode_frame(std::string_view bytes);
template <>
Result<std::vector<NodeToManager>> decode_frame(std::string_view bytes);
template <>
Result<std::vector<ManagerToNode>> decode_frame(std::string_view bytes);
template <>
Result<std::vector<MasterToManager>> decode_frame(std::string_view bytes);
template <>
Result<std::vector<ManagerToMaster>> decode_frame(std::string_view bytes);

std::string encode_record(const ApplicationRecord& record);
std::string encode_record(const AttemptRecord& record);
std::string encode_record(const NodeRecord& record);

/// `Record` is ApplicationRecord, AttemptRecord or NodeRecord. Errors: InvalidArgument.
template <typename Record>
Result<Record> decode_record(std::string_view bytes);
template <>
Result<ApplicationRecord> decode_record(std::string_view bytes);
template <>
Result<AttemptRecord> decode_record(std::string_view bytes);
template <>
Result<NodeRecord> decode_record(std::string_view bytes);

}  // namespace heddle::wire
