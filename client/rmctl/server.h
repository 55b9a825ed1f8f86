#pragma once

// The resource manager as commands see it: found by the rules of docs, spoken to over HTTP, its
// refusals turned into errors that say what was asked.

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "client/rmctl/interrupt.h"
#include "client/rmctl/options.h"
#include "client/rmctl/terminal.h"
#include "common/base/result.h"
#include "common/base/retry.h"
#include "common/base/time.h"

namespace heddle::rmctl {

constexpr std::string_view kJsonType = "application/json";
constexpr std::string_view kTomlType = "application/toml";

/// How long a command that has spoken with the manager waits for it to come back.
constexpr Duration kServerAway = seconds(60);
/// How long a submission that has not spoken with it yet waits for one that is just starting.
constexpr Duration kServerStarting = seconds(3);

/// What a refusal means: the server's words, led by `what` unless they name the object already.
/// Unavailable when the words are a page instead of JSON: then it is another kind of server.
Error refusal_of(int status, std::string_view body, std::string_view what);

class Server {
public:
    /// Finds server and token: flags, then HEDDLE_SERVER and HEDDLE_TOKEN_FILE, then endpoint.json
    /// of the development cluster, then the socket in /run/heddle. No connection is made yet.
    /// Errors: Unavailable when there is nothing to talk to, saying how to start something;
    /// InvalidArgument for a malformed address, NotFound for a token file that is not there.
    static Result<Server> find(const Options& options);

    /// A server at a known place.
    static Result<Server> at(const std::string& address, const std::string& token_file);

    Server(Server&&) noexcept;
    Server& operator=(Server&&) noexcept;
    ~Server();

    /// The body of the answer. `what` names the object in errors: "application application_1_2".
    /// Errors: Unavailable (nobody answers: exit code 5), Unauthenticated, PermissionDenied,
    /// NotFound, Conflict, InvalidArgument with the server's words.
    Result<std::string> get(const std::string& target, std::string_view what);
    Result<std::string> put(const std::string& target, std::string body, std::string_view what,
                            std::string_view type = kJsonType);
    Result<std::string> post(const std::string& target, std::string body, std::string_view what,
                             std::string_view type = kJsonType);

    /// True when the server has `target`. Errors: as get, without NotFound.
    Result<bool> exists(const std::string& target);
    /// Sends a file's bytes. Errors: as get, and those of reading the file.
    Status upload(const std::string& target, const std::string& path);

    /// Calls `on_data` with pieces of the body until it ends or `on_data` answers false.
    Status stream(const std::string& target, std::string_view what,
                  std::function<bool(std::string_view)> on_data);

    /// How long the last refusal asked to wait; a tenth of a second where it said nothing.
    Duration retry_after() const { return retry_after_; }

    /// Ends a call under way with Cancelled, and every later one. Any thread.
    void cancel();

    /// "http://127.0.0.1:8088" or "unix:/run/heddle/resourcemanager.sock".
    const std::string& address() const { return address_; }
    /// Empty when no token is used (Unix socket).
    const std::string& token_file() const { return token_file_; }

private:
    struct Connection;
    Server(std::string address, std::string token_file, std::unique_ptr<Connection> connection);

    Error no_answer(Error error) const;
    Result<std::string> exchange(const char* method, const std::string& target, std::string body,
                                 std::string_view what, std::string_view type);

    std::string address_;
    std::string token_file_;
    std::unique_ptr<Connection> connection_;
    Duration retry_after_ = milliseconds(100);
};

/// As until_available(), until the user interrupts. It says what it waits for, and keeps the time
/// that the server asks for (Retry-After).
template <typename Call>
auto until_answered(const Options& options, const Server& server, Call&& call,
                    Duration patience = kServerAway) -> decltype(call()) {
    Progress progress(options.quiet);
    return until_available(patience, std::forward<Call>(call), interrupted,
                           [&](const Error& error) {
                               progress.show("Waiting: " + error.message);
                               return server.retry_after();
                           });
}

}  // namespace heddle::rmctl
