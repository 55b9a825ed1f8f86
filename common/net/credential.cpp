// Reading tokens from files and headers.

#include "common/net/credential.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "common/base/strings.h"

namespace heddle::net {
namespace {

constexpr std::size_t kTokenLengthMin = 16;

std::optional<std::string> decode_base64(std::string_view text) {
    constexpr std::string_view kAlphabet =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    while (text.ends_with('=')) {
        text.remove_suffix(1);
    }
    std::string bytes;
    std::uint32_t bits = 0;
    unsigned count = 0;
    for (const char c : text) {
        const std::size_t value = kAlphabet.find(c);
        if (value == std::string_view::npos) {
            return std::nullopt;
        }
        bits = ((bits << 6U) | static_cast<std::uint32_t>(value)) & 0xFFFFU;
        count += 6;
        if (count >= 8) {
            count -= 8;
            bytes += static_cast<char>((bits >> count) & 0xFFU);
        }
    }
    return bytes;
}

// Where systemd puts credentials: a directory that nobody else can enter; empty: none.
std::string credentials_directory() {
    const char* directory = std::getenv("CREDENTIALS_DIRECTORY");
    return directory == nullptr ? std::string() : std::string(directory);
}

bool is_credential(const std::string& path) {
    const std::string directory = credentials_directory();
    return !directory.empty() && path.starts_with(directory + "/");
}

}  // namespace

std::string token_credential() {
    const std::string directory = credentials_directory();
    const std::string path = directory + "/token";
    return !directory.empty() && ::access(path.c_str(), F_OK) == 0 ? path : std::string();
}

Result<std::string> read_token_file(const std::string& path) {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) {
        Error error = errno_error("cannot read the token file " + path);
        error.code = errno == ENOENT ? ErrorCode::NotFound : ErrorCode::PermissionDenied;
        return error;
    }
    struct stat status {};
    char buffer[4096];
    const bool stated = ::fstat(descriptor, &status) == 0;
    const ssize_t size = ::read(descriptor, buffer, sizeof buffer);
    ::close(descriptor);
    if (!stated || size < 0) {
        return errno_error("cannot read the token file " + path);
    }
    // A credential may carry an access list for its one reader, which shows as group permissions.
    if ((status.st_mode & 077U) != 0 && !is_credential(path)) {
        return Error{ErrorCode::PermissionDenied,
                     "the token file " + path + " can be read by others; run chmod 600 on it"};
    }
    std::string token(trim(std::string_view(buffer, static_cast<std::size_t>(size))));
    if (token.size() < kTokenLengthMin) {
        return Error{ErrorCode::InvalidArgument,
                     "the token file " + path + " holds no token of at least 16 characters"};
    }
    return token;
}

std::optional<std::string> presented_credential(const Headers& headers) {
    const std::string* field = headers.find("Authorization");
    if (field == nullptr) {
        return std::nullopt;
    }
    const std::size_t space = field->find(' ');
    const std::string scheme = to_lower(std::string_view(*field).substr(0, space));
    const std::string_view rest =
        space == std::string::npos ? "" : trim(std::string_view(*field).substr(space + 1));
    if (scheme == "bearer") {
        return std::string(rest);
    }
    const auto pair = scheme == "basic" ? decode_base64(rest) : std::nullopt;
    const std::size_t colon = pair ? pair->find(':') : std::string::npos;
    return colon == std::string::npos ? std::string() : pair->substr(colon + 1);
}

}  // namespace heddle::net
