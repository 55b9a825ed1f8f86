#pragma once

// One connection of an HttpServer, from its first request to its end. Loop thread only, except for
// the doors that Responder and the stream handle use.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "common/net/file_sink.h"
#include "common/net/http_parser.h"
#include "common/net/http_server.h"
#include "common/net/http_syntax.h"
#include "common/net/transport.h"

namespace heddle::net {

/// What a stream handle and its session share.
struct StreamState {
    explicit StreamState(std::size_t limit) : queue(limit) {}

    SendQueue queue;
    std::mutex mutex;  // guards the rest
    std::function<void(Status)> on_closed;
    std::function<void()> on_drained;
    std::optional<Status> ended;  // how, once it has
    bool told = false;            // on_closed was called
};

class HttpSession final : public TransportUser, public std::enable_shared_from_this<HttpSession> {
public:
    HttpSession(TransportPtr transport, std::shared_ptr<HttpHandler> handler,
                const HttpServerOptions& options, std::function<void()> on_gone);
    ~HttpSession() override;

    void start();
    void close();

    // Answers to request number `request`; late and doubled ones are dropped.
    void answer(std::uint64_t request, HttpResponse response);
    void begin_stream(std::uint64_t request, int status, const Headers& headers,
                      std::shared_ptr<StreamState> stream);
    void flush_stream(const std::shared_ptr<StreamState>& stream);
    void end_stream(const std::shared_ptr<StreamState>& stream, Status how);

    void on_bytes(std::string_view bytes) override;
    void on_end() override;
    void on_lost(Error why) override;
    void on_written(std::size_t size, bool drained) override;
    void on_abandon() override;

private:
    enum class Phase {
        Head,       // reading a request head, or waiting for one
        Body,       // reading a body
        Storing,    // the body is read, its file is being finished
        Handling,   // waiting for the handler's answer
        Sending,    // writing an answer
        Streaming,  // the handler writes
        Lingering,  // nothing more to say; reading until the peer ends, so that it can read our
                    // answer
        Closed,
    };

    void process();
    bool read_head();
    bool read_body();
    void take_head(std::string_view head);
    void admit();
    void take_body_bytes(std::string_view bytes);
    void body_done();
    void upgrade(const AcceptWebSocket& accept);
    void refuse(const Refusal& refusal);
    void refuse_admission(HttpResponse response);
    void send_compressed(HttpResponse response);
    void send_whole(HttpResponse& response, bool without_body);
    void send_file(const HttpResponse& response, bool without_body);
    void read_file_piece();
    void write_answer(std::vector<OutPiece> pieces);
    void answer_done();
    void next_request();
    void linger();
    void expired();
    void stop_stream(Status why);
    std::string head_text(int status, const Headers& headers, std::optional<std::uint64_t> length,
                          bool chunked) const;

    struct FileAnswer;

    TransportPtr transport_;
    std::shared_ptr<HttpHandler> handler_;
    HttpServerOptions options_;
    std::function<void()> on_gone_;
    Deadline deadline_;
    Phase phase_ = Phase::Head;
    std::string in_;  // received and not yet used
    bool processing_ = false;
    bool writing_ = false;
    bool peer_ended_ = false;

    // The request under way.
    std::uint64_t number_ = 0;
    std::unique_ptr<MessageParser> parser_;
    HttpRequest request_;
    bool keep_alive_ = false;
    bool is_head_ = false;
    bool http_1_0_ = false;
    bool takes_gzip_ = false;
    bool body_failed_ = false;
    std::uint64_t body_limit_ = 0;
    std::uint64_t body_size_ = 0;
    TimePoint body_start_;
    std::unique_ptr<FileSink> sink_;

    // The answer under way.
    std::shared_ptr<StreamState> stream_;  // shared with its handle
    bool stream_ending_ = false;
    std::shared_ptr<FileAnswer> file_;  // shared with the read under way
};

}  // namespace heddle::net
