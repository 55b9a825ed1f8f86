#pragma once

// HTTP/1.1 client over TCP and Unix sockets: asynchronous exchanges on an EventLoop, and blocking
// calls for tools and tests. One connection per exchange. Redirects are never followed.

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "common/base/result.h"
#include "common/base/time.h"
#include "common/net/address.h"
#include "common/net/event_loop.h"
#include "common/net/http_message.h"
#include "common/net/web_socket.h"

namespace heddle::net {

struct ClientRequest {
    std::string method = "GET";
    std::string target = "/";  // path and query, encoded
    Headers headers;           // without Host, Content-Length and Connection
    std::string body;
    std::string body_file;  // streamed instead of `body` when not empty
};

struct ClientResponse {
    int status = 0;
    Headers headers;
    std::string body;

    bool success() const { return status >= 200 && status < 300; }
};

struct ClientOptions {
    Duration connect_timeout = seconds(5);
    // For the whole exchange. Zero: none, as streams need; then only `idle_timeout` counts.
    Duration deadline = seconds(30);
    Duration idle_timeout = seconds(60);  // without a byte in either direction; zero: none
    std::size_t body_limit = 64u << 20;   // of a body that is collected in memory
};

/// An exchange under way. Dropping the last reference cancels it. Any thread.
class HttpExchange {
public:
    virtual ~HttpExchange() = default;
    /// on_done follows with Cancelled, unless the exchange was over.
    virtual void cancel() = 0;
    /// Stops and continues reading the body, for a receiver that is slower than the sender.
    virtual void pause() = 0;
    virtual void resume() = 0;
};
using HttpExchangePtr = std::shared_ptr<HttpExchange>;  // shared by the starter and its callbacks

/// All on the loop thread. Errors of on_done: Unavailable (no connection, connection lost),
/// Timeout, Cancelled, DataLoss (not HTTP), ResourceExhausted (over a limit), or of the local file.
struct ExchangeEvents {
    std::function<void(int status, const Headers& headers)> on_head;  // may be empty
    std::function<void(std::string_view bytes)> on_data;              // any status
    std::function<void(Status how)> on_done;                          // once, last
};
[[nodiscard]] HttpExchangePtr start_exchange(EventLoop& loop, const Endpoint& server,
                                             ClientRequest request, ClientOptions options,
                                             ExchangeEvents events);

/// The whole response in memory. `done` is called once, on the loop thread.
[[nodiscard]] HttpExchangePtr fetch(EventLoop& loop, const Endpoint& server, ClientRequest request,
                                    ClientOptions options,
                                    std::function<void(Result<ClientResponse>)> done);

/// The body of a 2xx response goes to a new file at `path` (0600, must not exist; removed again on
/// failure), its size and digest into `upload`; other bodies stay in memory.
struct Download {
    ClientResponse response;
    Upload file;  // path empty unless the status was 2xx
};
[[nodiscard]] HttpExchangePtr fetch_to_file(EventLoop& loop, const Endpoint& server,
                                            ClientRequest request, std::string path,
                                            ClientOptions options,
                                            std::function<void(Result<Download>)> done);

/// Opens a WebSocket. `done` is called once, on the loop thread. Errors: Unavailable, Timeout;
/// Unauthenticated, PermissionDenied, NotFound, Conflict when the server answered 401, 403, 404,
/// 409, with its words in the message.
void connect_web_socket(EventLoop& loop, const Endpoint& server, const std::string& target,
                        const Headers& headers, WebSocketOptions options, Duration timeout,
                        std::function<void(Result<WebSocketPtr>)> done);

/// Blocking calls, each on a loop of its own. One call at a time; cancel() from any thread.
class HttpClient {
public:
    /// `headers` go with every request, for example the credential.
    explicit HttpClient(Endpoint server, Headers headers = {}, ClientOptions options = {});
    ~HttpClient();

    const Endpoint& server() const { return server_; }
    ClientOptions& options() { return options_; }

    Result<ClientResponse> send(ClientRequest request);
    Result<ClientResponse> get(std::string target) {
        return send({"GET", std::move(target), {}, {}, {}});
    }

    Result<Download> download(ClientRequest request, std::string path);

    /// Calls `on_data` with each piece of the body of a 2xx response until it returns false, the
    /// body ends, or cancel(). Returns the head, with the body only if the status was not 2xx. No
    /// deadline for the whole, `idle_timeout` counts. Errors: as on_done; ending by false is
    /// success.
    Result<ClientResponse> stream(ClientRequest request,
                                  std::function<bool(std::string_view bytes)> on_data);

    /// Ends a call under way, and every later one, with Cancelled.
    void cancel();

private:
    ClientRequest with_headers(ClientRequest request) const;

    Endpoint server_;
    Headers headers_;
    ClientOptions options_;
    std::unique_ptr<EventLoop> loop_;
    std::atomic<bool> cancelled_{false};
};

}  // namespace heddle::net
