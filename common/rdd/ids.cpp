// Names of blocks.
#include "common/rdd/ids.h"

#include <array>
#include <optional>
#include <vector>

#include "common/base/strings.h"

namespace heddle::rdd {

std::string to_string(const BlockId& id) {
    switch (id.kind) {
        case BlockId::Kind::Rdd:
            return "rdd_" + std::to_string(id.first) + "_" + std::to_string(id.second);
        case BlockId::Kind::Shuffle:
            return "shuffle_" + std::to_string(id.first) + "_" + std::to_string(id.second) + "_" +
                   std::to_string(id.third);
        case BlockId::Kind::Broadcast:
            return "broadcast_" + std::to_string(id.first) +
                   (id.second == 0 ? "" : "_piece" + std::to_string(id.second - 1));
        case BlockId::Kind::TaskResult:
            return "taskresult_" + std::to_string(id.first);
    }
    CHECK(false);
}

namespace {

std::optional<BlockId> parse_parts(const std::vector<std::string_view>& parts) {
    std::array<std::int64_t, 3> numbers{};
    if (parts.size() < 2 || parts.size() > 4) {
        return std::nullopt;
    }
    constexpr std::string_view kPiece = "piece";
    const bool piece = parts[0] == "broadcast" && parts.size() == 3 && parts[2].starts_with(kPiece);
    for (std::size_t i = 1; i < parts.size(); ++i) {
        const std::string_view digits = piece && i == 2 ? parts[i].substr(kPiece.size()) : parts[i];
        if (!parse_number(digits, numbers[i - 1])) {
            return std::nullopt;
        }
    }
    BlockId id{BlockId::Kind::Rdd, numbers[0], numbers[1], numbers[2]};
    std::size_t fields = 2;
    if (parts[0] == "rdd") {
        id.kind = BlockId::Kind::Rdd;
    } else if (parts[0] == "shuffle") {
        id.kind = BlockId::Kind::Shuffle;
        fields = 3;
    } else if (parts[0] == "broadcast") {
        id.kind = BlockId::Kind::Broadcast;
        fields = piece ? 2 : 1;
        id.second += piece ? 1 : 0;
    } else if (parts[0] == "taskresult") {
        id.kind = BlockId::Kind::TaskResult;
        fields = 1;
    } else {
        return std::nullopt;
    }
    if (parts.size() != fields + 1) {
        return std::nullopt;
    }
    return id;
}

}  // namespace

Result<BlockId> parse_block_id(std::string_view text) {
    const auto id = parse_parts(split(text, '_'));
    if (!id) {
        return Error{ErrorCode::InvalidArgument, "not a block name: '" + std::string(text) + "'"};
    }
    return *id;
}

}  // namespace heddle::rdd
