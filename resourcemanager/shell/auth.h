#pragma once

// Who asks. Identity comes from a credential and from nothing else: the cluster's token (as Bearer
// or as the password of Basic), a cookie that a one-time code was exchanged for, or the user id at
// the other end of the Unix socket. `user.name` and `doAs` are never looked at.

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/result.h"
#include "common/base/time.h"
#include "common/net/http_message.h"

namespace heddle::rm {

struct Principal {
    enum class Kind { Token, Cookie, Socket, Anonymous };
    Kind kind = Kind::Anonymous;
    std::string user;
    bool operates = false;  // the cluster: holds its token, or is the user that it runs as

    bool may_write() const { return kind != Kind::Anonymous; }
    bool is(std::string_view name) const { return kind != Kind::Anonymous && user == name; }
};

/// As net::read_token_file; with `create`, one is generated (0600) when there is no such file.
Result<std::string> load_token(const std::string& path, bool create);

/// The name of the user that this process runs as.
std::string process_user();
/// Empty: the system knows no such user.
std::string user_name(std::uint32_t uid);

class Authenticator {
public:
    struct Settings {
        std::string token;
        std::string user;         // what a holder of the token is called
        std::string cookie_name;  // differs by port: cookies do not
        bool anonymous_read = false;
        bool socket_users = false;  // every user of the machine is let in by the Unix socket
    };

    explicit Authenticator(Settings settings) : settings_(std::move(settings)) {}

    /// Before the first request.
    void set_cookie_name(std::string name) { settings_.cookie_name = std::move(name); }

    bool is_token(std::string_view credential) const;

    /// Nothing: no credential, or a wrong one. A wrong one is never anonymous.
    std::optional<Principal> authenticate(const net::HttpRequest& head, WallTime now) const;

    /// A code that can be redeemed once, for kCodeLife. At most kCodesMax wait, oldest out first.
    std::string new_code(WallTime now);

    /// The Set-Cookie value for a session of kSessionLife. Nothing: no such code, or too late.
    std::optional<std::string> redeem(std::string_view code, WallTime now);

    static constexpr std::int64_t kCodeLifeMs = 15 * 60 * 1000;
    static constexpr std::int64_t kSessionLifeMs = std::int64_t{7} * 24 * 3600 * 1000;
    static constexpr std::size_t kCodesMax = 64;

private:
    bool is_session(std::string_view cookie, WallTime now) const;
    std::string signature(std::string_view payload) const;

    Settings settings_;
    std::mutex mutex_;                                     // guards codes_
    std::vector<std::pair<std::string, WallTime>> codes_;  // with the time at which they expire
};

}  // namespace heddle::rm
