// The one file that knows OpenSSL's digests.

#include "common/net/digest.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "common/base/check.h"
#include "common/base/strings.h"

namespace heddle::net {

struct Sha256::Context {
    EVP_MD_CTX* digest = EVP_MD_CTX_new();

    Context() = default;
    Context(const Context&) = delete;
    Context& operator=(const Context&) = delete;
    ~Context() { EVP_MD_CTX_free(digest); }
};

Sha256::Sha256() : context_(std::make_unique<Context>()) {
    CHECK(EVP_DigestInit_ex(context_->digest, EVP_sha256(), nullptr) == 1);
}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::update(std::string_view bytes) {
    CHECK(EVP_DigestUpdate(context_->digest, bytes.data(), bytes.size()) == 1);
}

void Sha256::update(std::span<const std::byte> bytes) {
    CHECK(EVP_DigestUpdate(context_->digest, bytes.data(), bytes.size()) == 1);
}

Sha256Bytes Sha256::finish() {
    Sha256Bytes result{};
    unsigned length = 0;
    CHECK(EVP_DigestFinal_ex(context_->digest, result.data(), &length) == 1 &&
          length == result.size());
    return result;
}

std::string Sha256::finish_hex() {
    return to_hex(finish());
}

std::string sha256_hex(std::string_view bytes) {
    Sha256 digest;
    digest.update(bytes);
    return digest.finish_hex();
}

Result<std::string> sha256_of_file(const std::string& path) {
    const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        const ErrorCode code = errno == ENOENT ? ErrorCode::NotFound : ErrorCode::Internal;
        return Error{code, errno_error("file '" + path + "'").message};
    }
    constexpr std::size_t kPiece = 256 * 1024;
    std::vector<char> buffer(kPiece);
    Sha256 digest;
    for (;;) {
        const ssize_t got = read(file, buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            const Error error = errno_error("file '" + path + "'");
            close(file);
            return error;
        }
        if (got == 0) {
            break;
        }
        digest.update(std::string_view(buffer.data(), static_cast<std::size_t>(got)));
    }
    close(file);
    return digest.finish_hex();
}

bool is_sha256_hex(std::string_view text) {
    return text.size() == 64 && std::ranges::all_of(text, [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
           });
}

Sha256Bytes hmac_sha256(std::string_view key, std::string_view message) {
    Sha256Bytes result{};
    unsigned length = 0;
    const auto* data = reinterpret_cast<const unsigned char*>(message.data());
    CHECK(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), data, message.size(),
               result.data(), &length) != nullptr);
    return result;
}

std::string random_token(std::size_t bytes) {
    std::vector<std::uint8_t> random(bytes);
    CHECK(RAND_bytes(random.data(), static_cast<int>(random.size())) == 1);
    return to_hex(random);
}

bool constant_time_equal(std::string_view a, std::string_view b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace heddle::net
