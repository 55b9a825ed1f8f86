#include "resourcemanager/shell/auth.h"

#include <fcntl.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "common/base/strings.h"
#include "common/net/credential.h"
#include "common/net/digest.h"

namespace heddle::rm {
namespace {

constexpr std::size_t kTokenBytes = 32;

Status write_token(const std::string& path) {
    const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (descriptor < 0) {
        return errno_error("cannot create " + path);
    }
    const std::string text = net::random_token(kTokenBytes) + "\n";
    const bool written =
        ::write(descriptor, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
        ::fsync(descriptor) == 0;
    Status status = written ? Status() : Status(errno_error("cannot write " + path));
    ::close(descriptor);
    if (!status) {
        ::unlink(path.c_str());
    }
    return status;
}

}  // namespace

Result<std::string> load_token(const std::string& path, bool create) {
    if (create && ::access(path.c_str(), F_OK) != 0 && errno == ENOENT) {
        TRY(write_token(path));
    }
    return net::read_token_file(path);
}

std::string user_name(std::uint32_t uid) {
    std::array<char, 4096> buffer{};
    passwd entry{};
    passwd* found = nullptr;
    const bool known =
        ::getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr;
    return known ? found->pw_name : "";
}

std::string process_user() {
    const std::string name = user_name(::geteuid());
    return name.empty() ? std::to_string(::geteuid()) : name;
}

bool Authenticator::is_token(std::string_view credential) const {
    return net::constant_time_equal(credential, settings_.token);
}

std::optional<Principal> Authenticator::authenticate(const net::HttpRequest& head,
                                                     WallTime now) const {
    if (const auto credential = net::presented_credential(head.headers)) {
        if (is_token(*credential)) {
            return Principal{Principal::Kind::Token, settings_.user, true};
        }
        return std::nullopt;
    }
    if (head.peer.user && (*head.peer.user == ::geteuid() || *head.peer.user == 0)) {
        return Principal{Principal::Kind::Socket, settings_.user, true};
    }
    if (head.peer.user && settings_.socket_users) {
        const std::string name = user_name(*head.peer.user);
        return name.empty() ? std::nullopt
                            : std::optional(Principal{Principal::Kind::Socket, name, false});
    }
    const auto cookie = head.headers.cookie(settings_.cookie_name);
    if (cookie && is_session(*cookie, now)) {
        return Principal{Principal::Kind::Cookie, settings_.user, true};
    }
    const bool open_path = head.path.starts_with("/ws/v1/") || head.path.starts_with("/api/v1/");
    if (settings_.anonymous_read && head.reads_only() && open_path) {
        return Principal{Principal::Kind::Anonymous, "anonymous", false};
    }
    return std::nullopt;
}

std::string Authenticator::new_code(WallTime now) {
    std::string code = net::random_token(16);
    const std::lock_guard lock(mutex_);
    if (codes_.size() >= kCodesMax) {
        codes_.erase(codes_.begin());
    }
    codes_.emplace_back(code, WallTime{now.milliseconds + kCodeLifeMs});
    return code;
}

std::optional<std::string> Authenticator::redeem(std::string_view code, WallTime now) {
    {
        const std::lock_guard lock(mutex_);
        std::erase_if(codes_, [&](const auto& entry) { return entry.second < now; });
        const auto found = std::ranges::find_if(
            codes_, [&](const auto& entry) { return net::constant_time_equal(entry.first, code); });
        if (found == codes_.end()) {
            return std::nullopt;
        }
        codes_.erase(found);
    }
    const std::string payload =
        std::to_string(now.milliseconds + kSessionLifeMs) + "." + net::random_token(8);
    return settings_.cookie_name + "=" + payload + "." + signature(payload) +
           "; Path=/; HttpOnly; SameSite=Strict; Max-Age=" + std::to_string(kSessionLifeMs / 1000);
}

// A session is a signed date, not a table entry, so that it survives a restart of the manager.
bool Authenticator::is_session(std::string_view cookie, WallTime now) const {
    const std::size_t dot = cookie.rfind('.');
    const std::size_t first = cookie.find('.');
    if (dot == std::string_view::npos || first == dot ||
        !net::constant_time_equal(cookie.substr(dot + 1), signature(cookie.substr(0, dot)))) {
        return false;
    }
    std::int64_t expires = 0;
    return parse_number(cookie.substr(0, first), expires) && expires > now.milliseconds;
}

std::string Authenticator::signature(std::string_view payload) const {
    return to_hex(net::hmac_sha256(settings_.token, "session " + std::string(payload)));
}

}  // namespace heddle::rm
