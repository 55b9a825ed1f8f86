#pragma once

// HTTP/1.1 server: a strict reader of requests, asynchronous answers, streams, uploads to files and
// WebSocket upgrades. It knows nothing of routes and credentials; a handler is asked twice, first
// with the head of a request, when it may refuse before a body is read, then with all of it.
//
// What the strict reader refuses (400 and close, 413 and 431 for sizes, 408 for slowness): any line
// not ended by CRLF, a header continued on a second line, a space before the colon, control
// characters, none or two Host fields, more than one Content-Length or one that is not only digits,
// both Content-Length and Transfer-Encoding, a Transfer-Encoding other than exactly "chunked" or on
// HTTP/1.0, chunk extensions and trailers, a target that is not a path (absolute form, "*",
// authority form), and in the path: bad escapes, encoded slashes, NUL and control characters, empty
// segments, "." and "..", text that is not UTF-8.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <variant>

#include "common/base/result.h"
#include "common/base/time.h"
#include "common/net/event_loop.h"
#include "common/net/http_message.h"
#include "common/net/web_socket.h"

namespace heddle::net {

struct HttpServerOptions {
    std::size_t header_limit = 8 * 1024;
    std::size_t field_limit = 64;
    Duration header_deadline = seconds(5);  // from the first byte (or the accept) to the empty line
    Duration idle_timeout = seconds(60);    // of a kept connection between two requests
    // A body may take `body_deadline`, and longer only as far as it has kept the rate.
    Duration body_deadline = seconds(30);
    std::uint64_t body_rate_min = 16 * 1024;  // bytes per second
    Duration write_timeout = seconds(30);     // without any progress of an answer
    std::size_t connection_limit = 16384;
    std::size_t connection_limit_per_peer = 4096;  // TCP only, by address
};

/// How a body is taken.
struct BodyInMemory {
    std::size_t limit = 1u << 20;  // larger: 413
};
/// Into a new file (0600) at `path`, which must not exist; removed again when the body does not
/// arrive whole. The handler gets an Upload and owns the file then.
struct BodyToFile {
    std::string path;
    std::uint64_t limit = 0;
};
/// Ends in on_web_socket(). For requests with `wants_web_socket` only.
struct AcceptWebSocket {
    WebSocketOptions options;
};
/// What a handler says to the head of a request; a response refuses it.
using Admission = std::variant<HttpResponse, BodyInMemory, BodyToFile, AcceptWebSocket>;

/// An answer that is written bit by bit, chunked. Any thread.
class ResponseStream {
public:
    enum class Write {
        Accepted,
        Slow,    // accepted, but more than half of the buffer limit waits: wait for on_drained
        Closed,  // not accepted: the peer is gone, or was dropped because the buffer limit was
                 // passed
    };

    virtual ~ResponseStream() = default;  // dropping the last reference without close() aborts

    virtual Write write(std::string bytes) = 0;
    virtual std::size_t pending_bytes() const = 0;
    /// Ends the body in the regular way, after what is queued.
    virtual void close() = 0;
    /// Ends the connection so that the client sees an incomplete body.
    virtual void abort() = 0;
    /// Both are called on the loop thread; set them at once after stream(). `on_closed` is called
    /// once, with success after close(); `on_drained` when nothing waits any more.
    virtual void on_closed(std::function<void(Status why)> callback) = 0;
    virtual void on_drained(std::function<void()> callback) = 0;
};
using ResponseStreamPtr =
    std::shared_ptr<ResponseStream>;  // shared by the writer and its callbacks

struct StreamOptions {
    std::size_t buffer_limit = 1u << 20;
};

class HttpSession;

/// The duty to answer one request, once, from any thread. Dropped without an answer it answers 500.
/// HEAD is answered like GET; the server leaves out the body.
class Responder {
public:
    Responder(std::shared_ptr<LoopCore> core, std::weak_ptr<HttpSession> session,
              std::uint64_t request);
    Responder(Responder&&) noexcept = default;
    Responder& operator=(Responder&& other) noexcept;
    ~Responder();

    /// Errors of the connection are not reported: nobody is there to care. Text of some size goes
    /// out as gzip when the client takes it, unless it is marked no-store (it may hold a secret,
    /// whose bytes would show in the length) or has a coding or an ETag of its own. Streams and
    /// files go out as they are.
    void send(HttpResponse response);

    /// The same with an answer that is made on the loop's thread, or not at all when the connection
    /// is gone: for what takes long to write, asked of a thread that others wait for.
    void send_made(std::function<HttpResponse()> make);

    /// `change` sees the answer on its way into send(), on the answering thread; a stream is not
    /// shown to it. For what depends on the request's head and not on the handler.
    void change_with(std::function<void(HttpResponse&)> change) { change_ = std::move(change); }

    /// Sends status and headers and leaves the body open.
    ResponseStreamPtr stream(int status, Headers headers, StreamOptions options = {});

    /// False once an answer was given.
    bool pending() const { return core_ != nullptr; }

private:
    std::shared_ptr<LoopCore> core_;  // shared with the loop, which may be gone; null once answered
    std::weak_ptr<HttpSession> session_;
    std::uint64_t request_ = 0;
    std::function<void(HttpResponse&)> change_;
};

/// What to do with requests. Both functions run on the loop thread and must not block.
class HttpHandler {
public:
    virtual ~HttpHandler() = default;

    /// `head` has no body yet. The place for Host, Origin, credential and route checks.
    virtual Admission admit(const HttpRequest& head) = 0;

    /// `responder` may be moved to another thread and be answered later.
    virtual void handle(HttpRequest request, Responder responder) = 0;

    /// After admit() answered AcceptWebSocket and the handshake is done. Not called if it fails.
    virtual void on_web_socket(HttpRequest head, WebSocketPtr socket);
};

class HttpServer {
public:
    /// `handler` is shared with connections that may end a little later than the server.
    HttpServer(EventLoop& loop, std::shared_ptr<HttpHandler> handler,
               HttpServerOptions options = {});
    /// As close(). After it the handler is not called any more.
    ~HttpServer();
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;

    /// Listens on a numeric address; port 0 takes a free one. Returns the port. May be called
    /// several times. Errors: Conflict when the port is in use, InvalidArgument for a bad address;
    /// the message names address and port.
    Result<std::uint16_t> listen(const std::string& address, std::uint16_t port);

    /// Listens on a Unix socket with the given mode, replacing a socket file that nobody listens
    /// on. The file is removed on close. Errors: Conflict when another process listens there.
    Status listen_unix(const std::string& path, unsigned mode = 0600);

    /// Stops listening and drops all connections, WebSockets that were accepted excepted. Any
    /// thread.
    void close();

    /// Open connections, WebSockets excepted.
    std::size_t connections() const;

private:
    class Impl;
    std::shared_ptr<Impl> impl_;  // shared with pending operations of the loop
};

}  // namespace heddle::net
