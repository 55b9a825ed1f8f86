// The life of a connection: head, admission, body, handler, answer, and again. process() is the
// only place that advances it, so that an answer given from within the handler does not recurse.

#include "common/net/http_session.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <ctime>
#include <iterator>
#include <utility>

#include "common/base/clock.h"
#include "common/base/strings.h"
#include "common/net/web_socket_codec.h"
#include "common/net/web_socket_session.h"

namespace heddle::net {

namespace {

constexpr std::size_t kChunkHeadLimit = 4 * 1024;  // of undecodable bytes within a body
constexpr std::size_t kPipelineLimit = 64 * 1024;  // of bytes that arrive while an answer is due
constexpr std::size_t kFilePiece = 256 * 1024;
constexpr Duration kLinger = seconds(2);

// The Date of RFC 9110, made once a second.
const std::string& http_date() {
    static thread_local std::time_t made = 0;
    static thread_local std::string text;
    const std::time_t now = std::time(nullptr);
    if (now != made) {
        std::tm parts{};
        gmtime_r(&now, &parts);
        std::array<char, 64> buffer{};
        const std::size_t size =
            std::strftime(buffer.data(), buffer.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
        text.assign(buffer.data(), size);
        made = now;
    }
    return text;
}

bool may_have_body(int status) {
    return status >= 200 && status != 204 && status != 304;
}

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

// A file on its way out, piece by piece.
struct HttpSession::FileAnswer {
    FileRange range;
    std::shared_ptr<const int> descriptor;  // shared with the response; or the file opened here
    HttpResponse response;
    bool without_body = false;
    bool head_sent = false;
    std::uint64_t left = 0;
    std::string piece;
    int failed_with = 0;  // errno

    // File thread. Opens at first, then reads the next piece.
    void read() {
        if (!descriptor && !open()) {
            return;
        }
        piece.resize(static_cast<std::size_t>(std::min<std::uint64_t>(left, kFilePiece)));
        std::size_t have = 0;
        while (have < piece.size() && !without_body) {
            const ssize_t got = pread(*descriptor, piece.data() + have, piece.size() - have,
                                      static_cast<off_t>(range.offset));
            if (got < 0 && errno == EINTR) {
                continue;
            }
            if (got <= 0) {
                failed_with = got < 0 ? errno : EIO;  // the file became shorter
                return;
            }
            have += static_cast<std::size_t>(got);
            range.offset += static_cast<std::uint64_t>(got);
        }
    }

    bool open() {
        const int opened = ::open(range.path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        if (opened < 0) {
            failed_with = errno;
            return false;
        }
        descriptor = std::shared_ptr<const int>(new int(opened), [](const int* number) {
            ::close(*number);
            delete number;
        });
        struct stat found {};
        if (fstat(opened, &found) != 0 || !S_ISREG(found.st_mode)) {
            failed_with = ENOENT;
            return false;
        }
        const auto size = static_cast<std::uint64_t>(found.st_size);
        range.offset = std::min(range.offset, size);
        left = std::min(range.length, size - range.offset);
        return true;
    }
};

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

// -- answering ----------------------------------------------------------------------------------

std::string HttpSession::head_text(int status, const Headers& headers,
                                   std::optional<std::uint64_t> length, bool chunked) const {
    std::string text = "HTTP/1.1 ";
    text += std::to_string(status);
    text += ' ';
    text += reason_phrase(status);
    text += "\r\nDate: ";
    text += http_date();
    text += "\r\n";
    for (const auto& [name, value] : headers) {
        text += name;
        text += ": ";
        // A line break in a value that came from outside must not become a header of ours.
        std::ranges::copy_if(value, std::back_inserter(text),
                             [](char c) { return c != '\r' && c != '\n' && c != '\0'; });
        text += "\r\n";
    }
    if (length) {
        text += "Content-Length: ";
        text += std::to_string(*length);
        text += "\r\n";
    }
    if (chunked) {
        text += "Transfer-Encoding: chunked\r\n";
    }
    if (!keep_alive_) {
        text += "Connection: close\r\n";
    } else if (http_1_0_) {
        text += "Connection: keep-alive\r\n";
    }
    text += "\r\n";
    return text;
}

// The reader's own refusals: in plain words, and never another request on this connection.
void HttpSession::refuse(const Refusal& refusal) {
    keep_alive_ = false;
    phase_ = Phase::Sending;
    HttpResponse response = HttpResponse::text(refusal.status, refusal.why + "\n");
    send_whole(response, false);
}

void HttpSession::refuse_admission(HttpResponse response) {
    // A body that nobody reads would be taken for the next request.
    keep_alive_ = keep_alive_ && parser_->done();
    phase_ = Phase::Handling;
    parser_.reset();
    answer(number_, std::move(response));
}

void HttpSession::answer(std::uint64_t request, HttpResponse response) {
    if (request != number_ || phase_ != Phase::Handling) {
        return;
    }
    const auto self = shared_from_this();
    phase_ = Phase::Sending;
    if (std::holds_alternative<FileRange>(response.body) ||
        std::holds_alternative<DescriptorRange>(response.body)) {
        send_file(response, is_head_);
        return;
    }
    send_whole(response, is_head_);
}

void HttpSession::send_whole(HttpResponse& response, bool without_body) {
    std::string* text = std::get_if<std::string>(&response.body);
    auto* shared = std::get_if<std::shared_ptr<const std::string>>(&response.body);
    const std::uint64_t size = text ? text->size() : *shared ? (*shared)->size() : 0;
    const bool body = may_have_body(response.status);
    OutPieces pieces;
    pieces.add(head_text(response.status, response.headers,
                         body ? std::optional<std::uint64_t>(size) : std::nullopt, false));
    if (body && !without_body && size != 0) {
        if (text) {
            pieces.add(std::move(*text));
        } else {
            pieces.add(SharedBytes::of(std::move(*shared)));
        }
    }
    write_answer(pieces.take());
}

void HttpSession::send_file(const HttpResponse& response, bool without_body) {
    file_ = std::make_shared<FileAnswer>();
    file_->response.status = response.status;
    file_->response.headers = response.headers;
    file_->without_body = without_body;
    if (const auto* named = std::get_if<FileRange>(&response.body)) {
        file_->range = *named;
    } else {
        const auto& open = std::get<DescriptorRange>(response.body);
        file_->descriptor = open.descriptor;
        file_->range.offset = open.offset;
        file_->left = open.length;
    }
    read_file_piece();
}

void HttpSession::read_file_piece() {
    deadline_.clear();
    transport_->core()->run_blocking(
        [file = file_] { file->read(); },
        [weak = weak_from_this(), file = file_] {
            const auto self = weak.lock();
            if (!self || self->phase_ != Phase::Sending || self->file_ != file) {
                return;
            }
            if (file->failed_with != 0) {
                self->file_.reset();
                if (file->head_sent) {
                    self->close();  // the client sees that the body is not complete
                    return;
                }
                HttpResponse missing = HttpResponse::text(404, "no such file\n");
                self->send_whole(missing, self->is_head_);
                return;
            }
            OutPieces pieces;
            if (!std::exchange(file->head_sent, true)) {
                pieces.add(self->head_text(file->response.status, file->response.headers,
                                           file->left, false));
            }
            file->left -= file->piece.size();
            if (file->without_body) {
                file->left = 0;
            } else {
                pieces.add(std::exchange(file->piece, {}));
            }
            self->write_answer(pieces.take());
        });
}

void HttpSession::on_written(std::size_t size, bool drained) {
    if (phase_ == Phase::Sending || phase_ == Phase::Streaming) {
        deadline_.set_after(options_.write_timeout);
    }
    if (phase_ == Phase::Streaming) {
        stream_->queue.written(size);
        if (!drained) {
            return;
        }
        deadline_.clear();
        if (stream_ending_) {
            stop_stream({});
            answer_done();
            return;
        }
        std::function<void()> on_drained;
        {
            const std::lock_guard lock(stream_->mutex);
            on_drained = stream_->on_drained;
        }
        if (on_drained && stream_->queue.waiting() == 0) {
            on_drained();
        }
        return;
    }
    // While write_answer() is on the stack it looks at pending() itself.
    if (phase_ == Phase::Sending && drained && !writing_) {
        answer_done();
    }
}

// Writes a piece of an answer, and goes on when the system took it at once, which is the usual
// case.
void HttpSession::write_answer(std::vector<OutPiece> pieces) {
    deadline_.set_after(options_.write_timeout);
    writing_ = true;
    transport_->write(std::move(pieces));
    writing_ = false;
    if (phase_ == Phase::Sending && transport_->is_open() && transport_->pending() == 0) {
        answer_done();
    }
}

void HttpSession::answer_done() {
    if (file_ && file_->left != 0) {
        read_file_piece();
        return;
    }
    file_.reset();
    deadline_.clear();
    if (!keep_alive_ || peer_ended_) {
        linger();
        return;
    }
    next_request();
}

void HttpSession::next_request() {
    parser_.reset();
    request_ = HttpRequest{};
    phase_ = Phase::Head;
    deadline_.set_after(options_.idle_timeout);
    transport_->start_reading();
    process();
}

// Closing with unread bytes would reset the connection, and the reset may overtake our answer.
void HttpSession::linger() {
    phase_ = Phase::Lingering;
    in_.clear();
    transport_->shut_down_writing();
    if (peer_ended_) {
        close();
        return;
    }
    deadline_.set_after(kLinger);
    transport_->start_reading();
}

// -- streams ------------------------------------------------------------------------------------

void HttpSession::begin_stream(std::uint64_t request, int status, const Headers& headers,
                               std::shared_ptr<StreamState> stream) {
    if (request != number_ || phase_ != Phase::Handling) {
        stream->queue.close();
        return;
    }
    phase_ = Phase::Streaming;
    stream_ = std::move(stream);
    stream_ending_ = false;
    const bool chunked = !http_1_0_ && !is_head_;
    if (!chunked && !is_head_) {
        keep_alive_ = false;  // the end of the body is the end of the connection
    }
    transport_->write(head_text(status, headers, std::nullopt, chunked));
    transport_->start_reading();
    if (phase_ == Phase::Streaming && is_head_) {
        stop_stream({});
        answer_done();
    } else if (phase_ == Phase::Streaming && peer_ended_) {
        close();
    }
}

void HttpSession::flush_stream(const std::shared_ptr<StreamState>& stream) {
    if (stream != stream_ || phase_ != Phase::Streaming) {
        return;
    }
    if (transport_->pending() == 0) {
        deadline_.set_after(options_.write_timeout);
    }
    std::vector<OutPiece> pieces = stream->queue.take();
    if (http_1_0_) {
        transport_->write(std::move(pieces));
        return;
    }
    std::size_t size = 0;
    for (const OutPiece& piece : pieces) {
        size += piece.view().size();
    }
    if (size == 0) {
        return;
    }
    // Everything that waited becomes one chunk; its frame does not count as the writer's bytes.
    std::array<char, 20> hex{};
    const auto end = std::to_chars(hex.data(), hex.data() + hex.size(), size, 16).ptr;
    std::vector<OutPiece> framed;
    framed.push_back({std::string(hex.data(), end) + "\r\n", {}});
    std::ranges::move(pieces, std::back_inserter(framed));
    framed.push_back({"\r\n", {}});
    transport_->write(std::move(framed));
}

void HttpSession::end_stream(const std::shared_ptr<StreamState>& stream, Status how) {
    if (stream != stream_ || phase_ != Phase::Streaming) {
        return;
    }
    if (!how) {
        stop_stream(std::move(how));
        close();
        return;
    }
    flush_stream(stream);
    if (phase_ != Phase::Streaming) {
        return;
    }
    stream_ending_ = true;
    if (!http_1_0_) {
        transport_->write("0\r\n\r\n");
    } else if (transport_->pending() == 0) {
        stop_stream({});
        answer_done();
    }
}

void HttpSession::stop_stream(Status why) {
    const std::shared_ptr<StreamState> stream = std::exchange(stream_, nullptr);
    if (!stream) {
        return;
    }
    stream->queue.close();
    std::function<void(Status)> on_closed;
    {
        const std::lock_guard lock(stream->mutex);
        stream->ended = why;
        stream->on_drained = nullptr;
        on_closed = std::exchange(stream->on_closed, nullptr);
        stream->told = on_closed != nullptr;
    }
    if (on_closed) {
        on_closed(std::move(why));
    }
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
