// One exchange after another: connect, write the request, read the answer as it comes.

#include "common/net/http_client.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <utility>

#include "common/base/clock.h"
#include "common/net/file_sink.h"
#include "common/net/http_parser.h"
#include "common/net/transport.h"

namespace heddle::net {

namespace {

constexpr std::size_t kHeadLimit = 64 * 1024;
constexpr std::size_t kFilePiece = 256 * 1024;

// A file on its way into a request. Lives on the file thread.
struct BodyFile {
    int descriptor = -1;
    std::uint64_t left = 0;
    std::string piece;
    std::optional<Error> error;

    BodyFile() = default;
    BodyFile(const BodyFile&) = delete;
    BodyFile& operator=(const BodyFile&) = delete;
    ~BodyFile() {
        if (descriptor >= 0) {
            close(descriptor);
        }
    }

    void open(const std::string& path) {
        descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
        struct stat found {};
        if (descriptor < 0 || fstat(descriptor, &found) != 0) {
            const ErrorCode code = errno == ENOENT ? ErrorCode::NotFound : ErrorCode::Internal;
            error = Error{code, errno_error("file '" + path + "'").message};
        } else if (!S_ISREG(found.st_mode)) {
            error = Error{ErrorCode::InvalidArgument, "'" + path + "' is no regular file"};
        } else {
            left = static_cast<std::uint64_t>(found.st_size);
        }
    }

    void read_piece() {
        piece.resize(static_cast<std::size_t>(std::min<std::uint64_t>(left, kFilePiece)));
        std::size_t have = 0;
        while (have < piece.size()) {
            const ssize_t got = read(descriptor, piece.data() + have, piece.size() - have);
            if (got < 0 && errno == EINTR) {
                continue;
            }
            if (got <= 0) {
                error = got < 0 ? errno_error("request body")
                                : Error{ErrorCode::DataLoss, "the file became shorter"};
                return;
            }
            have += static_cast<std::size_t>(got);
        }
        left -= piece.size();
    }
};

class Exchange final : public TransportUser, public std::enable_shared_from_this<Exchange> {
public:
    Exchange(std::shared_ptr<LoopCore> core, Endpoint server, ClientRequest request,
             ClientOptions options, ExchangeEvents events)
        : core_(std::move(core)),
          server_(std::move(server)),
          request_(std::move(request)),
          options_(options),
          events_(std::make_shared<const ExchangeEvents>(std::move(events))),
          idle_(core_, [this] { expire(); }),
          deadline_(core_, [this] { expire(); }),
          parser_(
              MessageParser::Kind::Response,
              [this](std::string_view bytes) {
                  // Held here, because the callback may cancel, which lets them go.
                  const auto heard_by = events_;
                  if (heard_by && heard_by->on_data) {
                      heard_by->on_data(bytes);
                  }
              },
              request_.method == "HEAD") {}

    void start() {
        if (done_) {
            return;
        }
        if (options_.deadline > Duration{}) {
            deadline_.set_after(options_.deadline);
        }
        if (request_.body_file.empty()) {
            connect();
            return;
        }
        body_file_ = std::make_shared<BodyFile>();
        core_->run_blocking([file = body_file_, path = request_.body_file] { file->open(path); },
                            [self = shared_from_this()] {
                                if (self->done_) {
                                    return;
                                }
                                if (self->body_file_ && self->body_file_->error) {
                                    self->finish(*self->body_file_->error);
                                } else {
                                    self->connect();
                                }
                            });
    }

    void cancel() { finish(Error{ErrorCode::Cancelled, "cancelled"}); }

    void pause() {
        paused_ = true;
        idle_.clear();
        if (transport_) {
            transport_->pause_reading();
        }
    }

    void resume() {
        paused_ = false;
        if (transport_ && !done_) {
            touch();
            transport_->start_reading();
        }
    }

    void on_bytes(std::string_view bytes) override {
        touch();
        in_ += bytes;
        const auto self = shared_from_this();
        while (!done_ && !in_.empty() && !parser_.done()) {
            const bool in_head = !parser_.head_done();
            const Result<std::size_t> used = parser_.feed(in_);
            if (!used) {
                finish(used.error());
                return;
            }
            in_.erase(0, *used);
            if (in_head && parser_.head_done()) {
                head_done();
            } else if (*used == 0) {
                break;
            }
        }
        if (!done_ && in_.size() > kHeadLimit && !parser_.head_done()) {
            finish(Error{ErrorCode::DataLoss, "the header of the answer is too large"});
        } else if (!done_ && parser_.done()) {
            finish({});
        }
    }

    void on_end() override {
        if (!parser_.head_done()) {
            finish(no_answer());
            return;
        }
        const Status whole = parser_.finish();
        // The server or the way to it is gone; what it said so far is not to blame.
        finish(whole ? whole : Status(Error{ErrorCode::Unavailable, whole.error().message}));
    }
    void on_lost(Error why) override { finish(std::move(why)); }
    void on_abandon() override {
        done_ = true;
        events_ = nullptr;
    }

    void on_written(std::size_t, bool drained) override {
        touch();
        if (drained) {
            send_file_piece();
        }
    }

private:
    Error no_answer() const {
        return Error{ErrorCode::Unavailable,
                     server_.text() + " ended the connection without an answer"};
    }

    void connect() {
        if (done_) {
            return;
        }
        connecting_ = connect_transport(core_, server_, options_.connect_timeout,
                                        [weak = weak_from_this()](Result<TransportPtr> result) {
                                            const auto self = weak.lock();
                                            if (self && result) {
                                                self->connected(std::move(*result));
                                            } else if (self) {
                                                self->finish(result.error());
                                            } else if (result) {
                                                (*result)->close();
                                            }
                                        });
    }

    void connected(TransportPtr transport) {
        if (done_) {
            transport->close();
            return;
        }
        transport_ = std::move(transport);
        transport_->set_user(shared_from_this());
        touch();
        const std::uint64_t size = body_file_ ? body_file_->left : request_.body.size();
        std::string head = request_.method + " " + request_.target +
                           " HTTP/1.1\r\nHost: " + server_.authority() +
                           "\r\nConnection: close\r\n";
        for (const auto& [name, value] : request_.headers) {
            head += name + ": " + value + "\r\n";
        }
        if (size != 0 || (request_.method != "GET" && request_.method != "HEAD")) {
            head += "Content-Length: " + std::to_string(size) + "\r\n";
        }
        head += "\r\n";
        OutPieces pieces;
        pieces.add(std::move(head));
        pieces.add(std::move(request_.body));
        transport_->start_reading();
        transport_->write(pieces.take());
    }

    void send_file_piece() {
        if (!body_file_ || body_file_->left == 0 || reading_file_ || done_) {
            return;
        }
        reading_file_ = true;
        core_->run_blocking([file = body_file_] { file->read_piece(); },
                            [self = shared_from_this()] {
                                self->reading_file_ = false;
                                if (self->done_) {
                                    return;
                                }
                                if (self->body_file_->error) {
                                    self->finish(*self->body_file_->error);
                                    return;
                                }
                                self->transport_->write(std::exchange(self->body_file_->piece, {}));
                            });
    }

    void head_done() {
        const MessageHead& head = parser_.head();
        const auto heard_by = events_;
        if (heard_by && heard_by->on_head) {
            heard_by->on_head(head.status, head.headers);
        }
    }

    void touch() {
        if (options_.idle_timeout > Duration{} && !paused_) {
            idle_.set_after(options_.idle_timeout);
        }
    }

    void expire() {
        finish(Error{ErrorCode::Timeout, request_.method + " " + request_.target + " at " +
                                             server_.text() + ": no answer in time"});
    }

    void finish(Status how) {
        if (std::exchange(done_, true)) {
            return;
        }
        const auto self = shared_from_this();
        idle_.clear();
        deadline_.clear();
        connecting_.reset();
        if (transport_) {
            transport_->close();
        }
        const auto heard_by = std::exchange(events_, nullptr);
        if (heard_by && heard_by->on_done) {
            heard_by->on_done(std::move(how));
        }
    }

    std::shared_ptr<LoopCore> core_;
    Endpoint server_;
    ClientRequest request_;
    ClientOptions options_;
    std::shared_ptr<const ExchangeEvents> events_;  // shared with callbacks on the stack
    Deadline idle_;
    Deadline deadline_;
    MessageParser parser_;
    std::shared_ptr<Connecting> connecting_;  // dropping it cancels
    TransportPtr transport_;
    std::shared_ptr<BodyFile> body_file_;  // shared with reads under way
    std::string in_;
    bool reading_file_ = false;
    bool paused_ = false;
    bool done_ = false;
};

// Owns the exchange, but lets it go on the loop thread only.
class ExchangeHandle final : public HttpExchange {
public:
    ExchangeHandle(std::shared_ptr<LoopCore> core, std::shared_ptr<Exchange> exchange)
        : core_(std::move(core)), exchange_(std::move(exchange)) {
        post([](Exchange& started) { started.start(); });
    }
    ~ExchangeHandle() override {
        core_->post([exchange = std::move(exchange_)] { exchange->cancel(); });
    }

    // At once on the loop thread: no callback but on_done follows then.
    void cancel() override {
        if (core_->in_loop_thread()) {
            exchange_->cancel();
        } else {
            post([](Exchange& exchange) { exchange.cancel(); });
        }
    }
    void pause() override {
        if (core_->in_loop_thread()) {
            exchange_->pause();
        } else {
            post([](Exchange& exchange) { exchange.pause(); });
        }
    }
    void resume() override {
        post([](Exchange& exchange) { exchange.resume(); });
    }

private:
    template <typename Action>
    void post(Action action) {
        core_->post([held = exchange_, action] { action(*held); });
    }

    std::shared_ptr<LoopCore> core_;      // shared with the loop, which may be gone
    std::shared_ptr<Exchange> exchange_;  // shared with tasks under way
};

}  // namespace

HttpExchangePtr start_exchange(EventLoop& loop, const Endpoint& server, ClientRequest request,
                               ClientOptions options, ExchangeEvents events) {
    return std::make_shared<ExchangeHandle>(
        loop.core(), std::make_shared<Exchange>(loop.core(), server, std::move(request), options,
                                                std::move(events)));
}

// -- whole responses ------------------------------------------------------------------------------

namespace {

// Where an answer goes that is collected: memory, or a file for a 2xx.
struct Collector : std::enable_shared_from_this<Collector> {
    std::shared_ptr<LoopCore> core;
    std::string path;  // empty: memory
    std::size_t body_limit = 0;
    Download download;
    std::unique_ptr<FileSink> sink;
    std::function<void(Result<Download>)> done;
    std::weak_ptr<HttpExchange> exchange;
    std::optional<Error> failure;

    ExchangeEvents events() {
        const auto self = shared_from_this();
        return {[self](int status, const Headers& headers) { self->on_head(status, headers); },
                [self](std::string_view bytes) { self->on_data(bytes); },
                [self](Status how) { self->on_done(std::move(how)); }};
    }

    void on_head(int status, const Headers& headers) {
        download.response.status = status;
        download.response.headers = headers;
        if (!path.empty() && download.response.success()) {
            sink = std::make_unique<FileSink>(core, path);
        }
    }

    void on_data(std::string_view bytes) {
        if (sink) {
            const bool room = sink->write(bytes, [weak = exchange] {
                if (const auto alive = weak.lock()) {
                    alive->resume();
                }
            });
            if (!room) {
                if (const auto alive = exchange.lock()) {
                    alive->pause();
                }
            }
            return;
        }
        if (download.response.body.size() + bytes.size() > body_limit) {
            failure = Error{ErrorCode::ResourceExhausted,
                            "the answer is larger than " + std::to_string(body_limit) + " bytes"};
            if (const auto alive = exchange.lock()) {
                alive->cancel();
            }
            return;
        }
        download.response.body += bytes;
    }

    void on_done(Status how) {
        if (failure || !how) {
            sink.reset();
            const auto call = std::exchange(done, nullptr);
            call(failure ? *failure : how.error());
            return;
        }
        if (!sink) {
            const auto call = std::exchange(done, nullptr);
            call(std::move(download));
            return;
        }
        sink->finish([self = shared_from_this()](Result<Upload> upload) {
            const auto call = std::exchange(self->done, nullptr);
            if (!upload) {
                call(upload.error());
                return;
            }
            self->download.file = std::move(*upload);
            call(std::move(self->download));
        });
    }
};

HttpExchangePtr collect(EventLoop& loop, const Endpoint& server, ClientRequest request,
                        std::string path, ClientOptions options,
                        std::function<void(Result<Download>)> done) {
    const auto collector = std::make_shared<Collector>();  // shared by the callbacks
    collector->core = loop.core();
    collector->path = std::move(path);
    collector->body_limit = options.body_limit;
    collector->done = std::move(done);
    HttpExchangePtr exchange =
        start_exchange(loop, server, std::move(request), options, collector->events());
    collector->exchange = exchange;
    return exchange;
}

}  // namespace

HttpExchangePtr fetch(EventLoop& loop, const Endpoint& server, ClientRequest request,
                      ClientOptions options, std::function<void(Result<ClientResponse>)> done) {
    return collect(loop, server, std::move(request), {}, options,
                   [done = std::move(done)](Result<Download> result) {
                       if (result) {
                           done(std::move(result->response));
                       } else {
                           done(result.error());
                       }
                   });
}

HttpExchangePtr fetch_to_file(EventLoop& loop, const Endpoint& server, ClientRequest request,
                              std::string path, ClientOptions options,
                              std::function<void(Result<Download>)> done) {
    return collect(loop, server, std::move(request), std::move(path), options, std::move(done));
}

// -- HttpClient -----------------------------------------------------------------------------------

HttpClient::HttpClient(Endpoint server, Headers headers, ClientOptions options)
    : server_(std::move(server)),
      headers_(std::move(headers)),
      options_(options),
      loop_(std::make_unique<EventLoop>()) {}

HttpClient::~HttpClient() = default;

ClientRequest HttpClient::with_headers(ClientRequest request) const {
    for (const auto& [name, value] : headers_) {
        if (!request.headers.has(name)) {
            request.headers.add(name, value);
        }
    }
    return request;
}

Result<ClientResponse> HttpClient::send(ClientRequest request) {
    Result<ClientResponse> result = Error{ErrorCode::Cancelled, "cancelled"};
    if (cancelled_) {
        return result;
    }
    const HttpExchangePtr exchange = fetch(*loop_, server_, with_headers(std::move(request)),
                                           options_, [&](Result<ClientResponse> answer) {
                                               result = std::move(answer);
                                               loop_->stop();
                                           });
    loop_->run();
    return result;
}

Result<Download> HttpClient::download(ClientRequest request, std::string path) {
    Result<Download> result = Error{ErrorCode::Cancelled, "cancelled"};
    if (cancelled_) {
        return result;
    }
    const HttpExchangePtr exchange =
        fetch_to_file(*loop_, server_, with_headers(std::move(request)), std::move(path), options_,
                      [&](Result<Download> answer) {
                          result = std::move(answer);
                          loop_->stop();
                      });
    loop_->run();
    return result;
}

Result<ClientResponse> HttpClient::stream(ClientRequest request,
                                          std::function<bool(std::string_view)> on_data) {
    ClientResponse response;
    Status outcome = Error{ErrorCode::Cancelled, "cancelled"};
    if (cancelled_) {
        return outcome.error();
    }
    bool stopped = false;
    ClientOptions options = options_;
    options.deadline = Duration{};
    HttpExchangePtr exchange;
    ExchangeEvents events;
    events.on_head = [&](int status, const Headers& headers) {
        response.status = status;
        response.headers = headers;
    };
    events.on_data = [&](std::string_view bytes) {
        if (stopped) {
            return;
        }
        if (!response.success()) {
            const std::size_t room =
                options.body_limit - std::min(options.body_limit, response.body.size());
            response.body += bytes.substr(0, room);
        } else if (!on_data(bytes)) {
            stopped = true;
            exchange->cancel();
        }
    };
    events.on_done = [&](Status how) {
        outcome = stopped ? Status() : std::move(how);
        loop_->stop();
    };
    exchange = start_exchange(*loop_, server_, with_headers(std::move(request)), options,
                              std::move(events));
    loop_->run();
    if (!outcome) {
        return outcome.error();
    }
    return response;
}

void HttpClient::cancel() {
    cancelled_ = true;
    loop_->stop();
}

}  // namespace heddle::net
