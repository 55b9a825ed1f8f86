#pragma once

// Digests, random tokens and comparison of secrets.

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "common/base/result.h"

namespace heddle::net {

using Sha256Bytes = std::array<std::uint8_t, 32>;

/// SHA-256 of bytes that come in pieces.
class Sha256 {
public:
    Sha256();
    ~Sha256();
    Sha256(Sha256&&) noexcept;
    Sha256& operator=(Sha256&&) noexcept;

    void update(std::string_view bytes);
    void update(std::span<const std::byte> bytes);
    /// Once, last.
    Sha256Bytes finish();
    /// As finish(), in lower-case hex.
    std::string finish_hex();

private:
    struct Context;
    std::unique_ptr<Context> context_;
};

std::string sha256_hex(std::string_view bytes);

/// Lower-case hex of the file's digest. Errors: NotFound, Internal with the path.
Result<std::string> sha256_of_file(const std::string& path);

/// True for 64 lower-case hex digits.
bool is_sha256_hex(std::string_view text);

Sha256Bytes hmac_sha256(std::string_view key, std::string_view message);

/// Lower-case hex of `bytes` bytes from the system's random generator.
std::string random_token(std::size_t bytes);

/// Compares secrets in a time that depends on their lengths only.
bool constant_time_equal(std::string_view a, std::string_view b);

}  // namespace heddle::net
