// The paths of the byte reader and writer that are taken seldom.
#include "common/rdd/bytes.h"

#include <algorithm>

namespace heddle::rdd {

Bytes ByteWriter::take() {
    Bytes out = std::move(buffer_);
    out.resize(used_);
    buffer_.clear();
    used_ = 0;
    return out;
}

void ByteWriter::grow(std::size_t size) {
    buffer_.resize(std::max({buffer_.size() * 2, used_ + size, std::size_t{64}}));
}

std::uint64_t ByteReader::long_count() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && cursor_ != end_; shift += 7) {
        const auto byte = static_cast<std::uint8_t>(*cursor_++);
        if (shift == 63 && byte > 1) {
            break;
        }
        value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
        if ((byte & 0x80) == 0) {
            return value;
        }
    }
    fail();
    return 0;
}

Status ByteReader::status(std::string_view what) const {
    if (failed_) {
        return Error{ErrorCode::DataLoss, std::string(what) + ": bytes are cut short or not valid"};
    }
    if (left() != 0) {
        return Error{ErrorCode::DataLoss,
                     std::string(what) + ": " + std::to_string(left()) + " bytes are left over"};
    }
    return {};
}

}  // namespace heddle::rdd
