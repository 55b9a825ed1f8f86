// The life of a connection: head, admission, body, handler, answer, and again. process() is the
// only place that advances it, so that an answer given from within the handler does not recurse.
// How answers are written is in http_session_answer.cpp.

#include "common/net/http_session.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "common/base/clock.h"
#include "common/base/strings.h"
#include "common/net/gzip.h"
#include "common/net/web_socket_codec.h"
#include "common/net/web_socket_session.h"

namespace heddle::net {

namespace {

constexpr std::size_t kChunkHeadLimit = 4 * 1024;  // of undecodable bytes within a body
constexpr std::size_t kPipelineLimit = 64 * 1024;  // of bytes that arrive while an answer is due

int status_of(const Error& error) {
    switch (error.code) {
        case ErrorCode::AlreadyExists:
            return 409;
        case ErrorCode::ResourceExhausted:
            return 507;
        default:
            return 500;
    }
}

}  // namespace

HttpSession::HttpSession(TransportPtr transport, std::shared_ptr<HttpHandler> handler,
                         const HttpServerOptions& options, std::function<void()> on_gone)
    : transport_(std::move(transport)),
      handler_(std::move(handler)),
      options_(options),
      on_gone_(std::move(on_gone)),
      deadline_(transport_->core(), [this] { expired(); }) {}

HttpSession::~HttpSession() {
    if (on_gone_) {
        on_gone_();
    }
}

void HttpSession::start() {
    deadline_.set_after(options_.header_deadline);
    transport_->start_reading();
}

void HttpSession::close() {
    const auto self = shared_from_this();
    phase_ = Phase::Closed;
    deadline_.clear();
    sink_.reset();
    file_.reset();
    transport_->close();
    stop_stream(Error{ErrorCode::Unavailable, "the connection was closed"});
    if (const auto gone = std::exchange(on_gone_, nullptr)) {
        gone();
    }
}

void HttpSession::on_abandon() {
    phase_ = Phase::Closed;
    deadline_.clear();
    sink_.reset();
    stream_.reset();
    on_gone_ = nullptr;
}

// -- reading ------------------------------------------------------------------------------------

void HttpSession::on_bytes(std::string_view bytes) {
    if (phase_ == Phase::Lingering) {
        return;  // read and forgotten until the peer ends
    }
    in_ += bytes;
    if (phase_ == Phase::Body) {
        const auto earned =
            static_cast<std::int64_t>((body_size_ + in_.size()) * 1'000'000 /
                                      std::max<std::uint64_t>(1, options_.body_rate_min));
        deadline_.set(body_start_ + options_.body_deadline + microseconds(earned));
    }
    if (phase_ != Phase::Head && phase_ != Phase::Body && in_.size() > kPipelineLimit) {
        transport_->pause_reading();
    }
    process();
}

void HttpSession::process() {
    if (std::exchange(processing_, true)) {
        return;
    }
    const auto self = shared_from_this();
    bool more = true;
    while (more) {
        switch (phase_) {
            case Phase::Head:
                more = read_head();
                break;
            case Phase::Body:
                more = read_body();
                break;
            case Phase::Storing:
            case Phase::Handling:
            case Phase::Sending:
            case Phase::Streaming:
            case Phase::Lingering:
            case Phase::Closed:
                more = false;
                break;
        }
    }
    processing_ = false;
}

// True when a phase was finished.
bool HttpSession::read_head() {
    // An empty line before a request was left by old clients after a body; RFC 9112 lets us skip
    // it.
    if (in_.starts_with("\r\n")) {
        in_.erase(0, 2);
    }
    if (in_.empty()) {
        if (peer_ended_) {
            close();
        }
        return false;
    }
    if (number_ != 0 && !parser_) {
        deadline_.set_after(options_.header_deadline);
    }
    if (!parser_) {
        parser_ = std::make_unique<MessageParser>(
            MessageParser::Kind::Request,
            [this](std::string_view bytes) { take_body_bytes(bytes); });
    }
    const std::size_t end = in_.find("\r\n\r\n");
    if (std::min(end, in_.size()) > options_.header_limit) {
        refuse(
            {431, "the header is larger than " + std::to_string(options_.header_limit) + " bytes"});
        return false;
    }
    if (end == std::string::npos) {
        // Bare line feeds never become a head: say so at once instead of at the deadline.
        if (in_.find("\n\n") != std::string::npos || in_.find('\0') != std::string::npos) {
            refuse({400, "a line does not end in CR LF"});
        } else if (peer_ended_) {
            close();
        }
        return false;
    }
    const std::string head = in_.substr(0, end + 4);
    in_.erase(0, end + 4);
    take_head(head);
    return true;
}

void HttpSession::take_head(std::string_view head) {
    const Refusal refusal = check_request_head(head, options_.field_limit);
    if (refusal.refused()) {
        refuse(refusal);
        return;
    }
    const Result<std::size_t> used = parser_->feed(head);
    if (!used || !parser_->head_done()) {
        refuse({400, used ? "bad header" : used.error().message});
        return;
    }
    const MessageHead& parsed = parser_->head();
    Result<Target> target = parse_target(parsed.target);
    if (!target) {
        refuse({400, target.error().message});
        return;
    }
    request_ = HttpRequest{};
    request_.method = parsed.method;
    request_.target = parsed.target;
    request_.path = std::move(target->path);
    request_.segments = std::move(target->segments);
    request_.query = std::move(target->query);
    request_.headers = parsed.headers;
    request_.peer = transport_->peer();
    http_1_0_ = parsed.version == 10;
    request_.wants_web_socket =
        !http_1_0_ && is_web_socket_request(request_.method, request_.headers);
    keep_alive_ = parsed.keep_alive;
    is_head_ = request_.method == "HEAD";
    takes_gzip_ = accepts_gzip(request_.headers.get("Accept-Encoding"));
    body_size_ = 0;
    body_failed_ = false;
    ++number_;
    deadline_.clear();
    admit();
}

void HttpSession::admit() {
    const std::string expect = to_lower(request_.headers.get("Expect"));
    if (!expect.empty() && expect != "100-continue") {
        refuse({417, "unknown expectation"});
        return;
    }
    Admission admission = handler_->admit(request_);
    if (phase_ == Phase::Closed) {
        return;
    }
    if (auto* response = std::get_if<HttpResponse>(&admission)) {
        refuse_admission(std::move(*response));
        return;
    }
    if (const auto* accept = std::get_if<AcceptWebSocket>(&admission)) {
        upgrade(*accept);
        return;
    }
    if (const auto* memory = std::get_if<BodyInMemory>(&admission)) {
        body_limit_ = memory->limit;
    } else {
        const auto& to_file = std::get<BodyToFile>(admission);
        body_limit_ = to_file.limit;
        sink_ = std::make_unique<FileSink>(transport_->core(), to_file.path);
    }
    if (parser_->head().content_length.value_or(0) > body_limit_) {
        sink_.reset();
        refuse({413, "the body is larger than " + std::to_string(body_limit_) + " bytes"});
        return;
    }
    if (parser_->done()) {
        body_done();
        return;
    }
    phase_ = Phase::Body;
    body_start_ = monotonic_now();
    deadline_.set(body_start_ + options_.body_deadline);
    if (!expect.empty() && !http_1_0_ && in_.empty()) {
        transport_->write("HTTP/1.1 100 Continue\r\n\r\n");
    }
}

bool HttpSession::read_body() {
    while (!in_.empty() && !parser_->done() && phase_ == Phase::Body) {
        const Result<std::size_t> used = parser_->feed(in_);
        if (!used) {
            sink_.reset();
            refuse({400, used.error().message});
            return false;
        }
        in_.erase(0, *used);
        if (body_failed_) {
            sink_.reset();
            refuse({413, "the body is larger than " + std::to_string(body_limit_) + " bytes"});
            return false;
        }
        if (*used == 0) {
            if (in_.size() > kChunkHeadLimit) {
                sink_.reset();
                refuse({400, "bad chunk"});
                return false;
            }
            break;
        }
    }
    if (phase_ != Phase::Body) {
        return false;
    }
    if (!parser_->done()) {
        if (peer_ended_) {
            close();
        }
        return false;
    }
    deadline_.clear();
    body_done();
    return true;
}

void HttpSession::take_body_bytes(std::string_view bytes) {
    body_size_ += bytes.size();
    if (body_failed_ || body_size_ > body_limit_) {
        body_failed_ = true;
        return;
    }
    if (!sink_) {
        request_.body += bytes;
        return;
    }
    const bool room = sink_->write(bytes, [weak = weak_from_this()] {
        const auto self = weak.lock();
        if (self && self->phase_ == Phase::Body) {
            self->transport_->start_reading();
        }
    });
    if (!room) {
        transport_->pause_reading();
    }
}

void HttpSession::body_done() {
    parser_.reset();
    if (!sink_) {
        phase_ = Phase::Handling;
        handler_->handle(std::move(request_),
                         Responder(transport_->core(), weak_from_this(), number_));
        return;
    }
    phase_ = Phase::Storing;
    transport_->start_reading();  // to notice a peer that goes away
    sink_->finish([weak = weak_from_this()](Result<Upload> upload) {
        const auto self = weak.lock();
        if (!self || self->phase_ != Phase::Storing) {
            if (upload) {
                unlink(upload->path.c_str());
            }
            return;
        }
        self->sink_.reset();
        if (!upload) {
            self->refuse({status_of(upload.error()), upload.error().message});
            return;
        }
        self->phase_ = Phase::Handling;
        self->request_.upload = std::move(*upload);
        self->handler_->handle(
            std::move(self->request_),
            Responder(self->transport_->core(), self->weak_from_this(), self->number_));
    });
}

// -- WebSocket ----------------------------------------------------------------------------------

void HttpSession::upgrade(const AcceptWebSocket& accept) {
    if (!request_.wants_web_socket) {
        refuse({426, "this resource is a WebSocket"});
        return;
    }
    const auto self = shared_from_this();
    phase_ = Phase::Closed;
    deadline_.clear();
    const std::string key(request_.headers.get("Sec-WebSocket-Key"));
    const TransportPtr transport = transport_;
    transport->pause_reading();
    const auto socket = std::make_shared<WebSocketSession>(transport, accept.options,
                                                           WebSocketSession::Side::Server);
    transport->set_user(socket);
    transport->write(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Accept: " +
        web_socket_accept(key) + "\r\n\r\n");
    WebSocketPtr handle = socket->make_handle(std::exchange(in_, {}));
    if (const auto gone = std::exchange(on_gone_, nullptr)) {
        gone();
    }
    handler_->on_web_socket(std::move(request_), std::move(handle));
}

// -- ends ---------------------------------------------------------------------------------------

void HttpSession::on_end() {
    peer_ended_ = true;
    switch (phase_) {
        case Phase::Head:
        case Phase::Body:
            process();
            break;
        case Phase::Storing:
        case Phase::Handling:
        case Phase::Sending:
            break;  // a client may end its side after the request
        case Phase::Streaming:
        case Phase::Lingering:
            close();
            break;
        case Phase::Closed:
            break;
    }
}

void HttpSession::on_lost(Error why) {
    phase_ = Phase::Closed;
    deadline_.clear();
    sink_.reset();
    file_.reset();
    stop_stream(std::move(why));
    if (const auto gone = std::exchange(on_gone_, nullptr)) {
        gone();
    }
}

void HttpSession::expired() {
    const auto self = shared_from_this();
    switch (phase_) {
        case Phase::Head:
            if (in_.empty()) {
                close();
            } else {
                refuse({408, "the header did not arrive in time"});
            }
            break;
        case Phase::Body:
            sink_.reset();
            refuse({408, "the body did not arrive in time"});
            break;
        case Phase::Streaming:
            stop_stream(Error{ErrorCode::Timeout, "the reader takes nothing"});
            close();
            break;
        case Phase::Storing:
        case Phase::Handling:
        case Phase::Sending:
        case Phase::Lingering:
            close();
            break;
        case Phase::Closed:
            break;
    }
}

}  // namespace heddle::net
