#pragma once

// Bytes of a protobuf message with the size limit, for the codec_*.cpp of this folder only.

#include <string>
#include <string_view>

#include "common/base/check.h"
#include "common/wire/codec.h"
#include "common/wire/codec_model.h"

namespace heddle::wire {

template <typename Proto>
std::string to_bytes(const Proto& message) {
    std::string bytes;
    CHECK(message.SerializeToString(&bytes));
    return bytes;
}

template <typename Proto>
Status parse(std::string_view bytes, Proto& message) {
    if (bytes.size() > kFrameBytesMax) {
        return bad("larger than " + std::to_string(kFrameBytesMax) + " bytes");
    }
    if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
        return bad("not a protobuf message of the expected type");
    }
    return {};
}

}  // namespace heddle::wire
