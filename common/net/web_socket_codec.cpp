// Bytes only; the session decides what a frame means.

#include "common/net/web_socket_codec.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <array>
#include <cstring>

#include "common/base/check.h"

namespace heddle::net {

namespace {

constexpr std::size_t kControlLimit = 125;
constexpr unsigned kShort = 126;  // two bytes of length follow
constexpr unsigned kLong = 127;   // eight bytes of length follow

std::string base64(const unsigned char* data, std::size_t size) {
    std::string text((size + 2) / 3 * 4, '\0');
    EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), data, static_cast<int>(size));
    return text;
}

void append_big_endian(std::string& out, std::uint64_t value, int bytes) {
    for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) {
        out += static_cast<char>(value >> shift & 0xff);
    }
}

std::uint64_t read_big_endian(std::string_view bytes) {
    std::uint64_t value = 0;
    for (const char c : bytes) {
        value = value << 8 | static_cast<unsigned char>(c);
    }
    return value;
}

Error broken(const char* why) {
    return Error{ErrorCode::DataLoss, std::string("WebSocket frame with ") + why};
}

bool known(unsigned opcode) {
    return opcode <= 2 || (opcode >= 8 && opcode <= 10);
}

}  // namespace

std::string encode_frame_head(Opcode opcode, std::uint64_t size, std::optional<MaskKey> mask) {
    std::string head;
    head += static_cast<char>(0x80u | static_cast<unsigned>(opcode));
    const unsigned mask_bit = mask ? 0x80u : 0;
    if (size < kShort) {
        head += static_cast<char>(mask_bit | static_cast<unsigned>(size));
    } else if (size <= 0xffff) {
        head += static_cast<char>(mask_bit | kShort);
        append_big_endian(head, size, 2);
    } else {
        head += static_cast<char>(mask_bit | kLong);
        append_big_endian(head, size, 8);
    }
    if (mask) {
        std::array<char, sizeof(MaskKey)> key{};
        std::memcpy(key.data(), &*mask, key.size());
        head.append(key.data(), key.size());
    }
    return head;
}

Result<std::optional<FrameHead>> decode_frame_head(std::string_view bytes) {
    if (bytes.size() < 2) {
        return std::optional<FrameHead>();
    }
    const auto first = static_cast<unsigned char>(bytes[0]);
    const auto second = static_cast<unsigned char>(bytes[1]);
    FrameHead head;
    head.final = (first & 0x80) != 0;
    if ((first & 0x70) != 0 || !known(first & 0x0f)) {
        return broken("a reserved bit or opcode");
    }
    head.opcode = static_cast<Opcode>(first & 0x0f);
    const unsigned length = second & 0x7f;
    if (head.is_control() && (!head.final || length > kControlLimit)) {
        return broken("a control message that is long or fragmented");
    }
    const std::size_t length_size = length == kShort ? 2 : length == kLong ? 8 : 0;
    const bool masked = (second & 0x80) != 0;
    head.head_size = 2 + length_size + (masked ? sizeof(MaskKey) : 0);
    if (bytes.size() < head.head_size) {
        return std::optional<FrameHead>();
    }
    head.size = length_size == 0 ? length : read_big_endian(bytes.substr(2, length_size));
    if ((length == kShort && head.size < kShort) ||
        (length == kLong && (head.size <= 0xffff || head.size >> 63 != 0))) {
        return broken("a bad length");
    }
    if (masked) {
        MaskKey key = 0;
        std::memcpy(&key, bytes.data() + 2 + length_size, sizeof key);
        head.mask = key;
    }
    return std::optional<FrameHead>(head);
}

void apply_mask(char* data, std::size_t size, MaskKey mask, std::uint64_t offset) {
    std::array<char, sizeof(MaskKey)> key{};
    std::memcpy(key.data(), &mask, key.size());
    std::array<char, 8> wide{};
    for (std::size_t at = 0; at < wide.size(); ++at) {
        wide[at] = key[(offset + at) % key.size()];
    }
    std::uint64_t pattern = 0;
    std::memcpy(&pattern, wide.data(), sizeof pattern);
    std::size_t at = 0;
    for (; at + sizeof pattern <= size; at += sizeof pattern) {
        std::uint64_t word = 0;
        std::memcpy(&word, data + at, sizeof word);
        word ^= pattern;
        std::memcpy(data + at, &word, sizeof word);
    }
    for (std::size_t rest = 0; at < size; ++at, ++rest) {
        data[at] = static_cast<char>(data[at] ^ wide[rest]);
    }
}

MaskKey random_mask() {
    MaskKey mask = 0;
    CHECK(RAND_bytes(reinterpret_cast<unsigned char*>(&mask), sizeof mask) == 1);
    return mask;
}

std::string encode_close(std::uint16_t code, std::string_view reason) {
    std::string payload;
    append_big_endian(payload, code, 2);
    payload += reason.substr(0, kControlLimit - 2);
    return payload;
}

bool is_close_code(std::uint16_t code) {
    return (code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006) ||
           (code >= 3000 && code <= 4999);
}

std::string web_socket_accept(std::string_view key) {
    const std::string text = std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    CHECK(EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha1(), nullptr) == 1);
    return base64(digest.data(), size);
}

std::string web_socket_key() {
    std::array<unsigned char, 16> bytes{};
    CHECK(RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) == 1);
    return base64(bytes.data(), bytes.size());
}

}  // namespace heddle::net
