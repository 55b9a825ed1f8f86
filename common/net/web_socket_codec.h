#pragma once

// Frames of RFC 6455 as bytes, and the handshake's arithmetic. Written here rather than taken from
// Beast because many small messages then share one write, and senders on other threads encode their
// own.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/result.h"

namespace heddle::net {

enum class Opcode : std::uint8_t {
    Continuation = 0,
    Text = 1,
    Binary = 2,
    Close = 8,
    Ping = 9,
    Pong = 10,
};

using MaskKey = std::uint32_t;  // in the order of its bytes in memory

struct FrameHead {
    Opcode opcode = Opcode::Binary;
    bool final = true;
    std::optional<MaskKey> mask;
    std::uint64_t size = 0;
    std::size_t head_size = 0;  // bytes that the head takes

    bool is_control() const { return static_cast<std::uint8_t>(opcode) >= 8; }
};

/// The head of a whole message or control frame of `size` bytes.
std::string encode_frame_head(Opcode opcode, std::uint64_t size, std::optional<MaskKey> mask);

/// The head at the front of `bytes`; nothing when more bytes are needed. Errors: DataLoss for
/// reserved bits and opcodes, lengths not in their shortest form, fragmented or long control
/// frames.
Result<std::optional<FrameHead>> decode_frame_head(std::string_view bytes);

/// Masks or unmasks in place; `offset` is the position of `data` within the payload.
void apply_mask(char* data, std::size_t size, MaskKey mask, std::uint64_t offset);

MaskKey random_mask();

/// The payload of a closing frame; reason is cut to what fits.
std::string encode_close(std::uint16_t code, std::string_view reason);

/// A code that may appear in a closing frame.
bool is_close_code(std::uint16_t code);

/// The value of Sec-WebSocket-Accept for a Sec-WebSocket-Key.
std::string web_socket_accept(std::string_view key);

/// A random Sec-WebSocket-Key.
std::string web_socket_key();

}  // namespace heddle::net
