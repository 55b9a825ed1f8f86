#pragma once

// Blocks of some records, for the tests of this folder.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "client/api/face.h"
#include "common/blocks/block.h"

namespace heddle::blocks {

template <typename T>
BlockPtr block_of(const std::vector<T>& records, bool typed) {
    if (typed) {
        TypedBlockBuilder builder(api::face_of<T>());
        builder.append(records.data(), static_cast<std::uint32_t>(records.size()));
        return builder.finish();
    }
    BlockBuilder builder(api::face_of<T>());
    builder.append(records.data(), nullptr, static_cast<std::uint32_t>(records.size()));
    return builder.finish();
}

template <typename T>
std::vector<T> records_of(const Block& block) {
    std::vector<T> out;
    const auto flow = read_block(block, api::face_of<T>(), [&](rdd::Batch& batch) {
        const T* rows = static_cast<const T*>(batch.rows);
        out.insert(out.end(), rows, rows + batch.count);
        return rdd::Flow::Continue;
    });
    EXPECT_TRUE(flow.ok()) << flow.error().message;
    return out;
}

inline rdd::Bytes bytes_of(const Block& block) {
    const BlockImage image = image_of(block);
    rdd::Bytes bytes;
    for (const std::string_view part : image.parts) {
        bytes += part;
    }
    EXPECT_EQ(bytes.size(), image.size);
    return bytes;
}

}  // namespace heddle::blocks
