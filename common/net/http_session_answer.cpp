// How a connection answers: whole, from a file piece by piece, or as a stream that the handler
// writes.

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

#include "common/net/gzip.h"

namespace heddle::net {

namespace {

constexpr std::size_t kFilePiece = 256 * 1024;
constexpr Duration kLinger = seconds(2);
// Below, the header that says so eats what is saved; above, the loop would notice the time.
constexpr std::size_t kGzipMin = 1024;
constexpr std::size_t kGzipInLoopMax = 64 * 1024;

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

// True for text whose coding is ours to choose.
bool may_compress(const HttpResponse& response) {
    const std::string* body = std::get_if<std::string>(&response.body);
    const std::string_view type = response.headers.get("Content-Type");
    const bool text = type.starts_with("application/json") || type.starts_with("application/xml") ||
                      type.starts_with("text/");
    return body != nullptr && body->size() >= kGzipMin && text && response.status != 206 &&
           may_have_body(response.status) && !response.headers.has("Content-Encoding") &&
           !response.headers.has("ETag") &&
           response.headers.get("Cache-Control").find("no-store") == std::string_view::npos;
}

// For caches on the way: the answer would be another one for another client.
void add_vary(Headers& headers, std::string_view field) {
    const std::string before(headers.get("Vary"));
    headers.set("Vary", before.empty() ? std::string(field) : before + ", " + std::string(field));
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
    if (may_compress(response)) {
        add_vary(response.headers, "Accept-Encoding");
        if (takes_gzip_ && !is_head_) {
            send_compressed(std::move(response));
            return;
        }
    }
    send_whole(response, is_head_);
}

void HttpSession::send_compressed(HttpResponse response) {
    response.headers.add("Content-Encoding", "gzip");
    std::string& text = std::get<std::string>(response.body);
    if (text.size() <= kGzipInLoopMax) {
        text = gzip(text);
        send_whole(response, false);
        return;
    }
    // Shared by the two functions, which run one after the other.
    const auto answer = std::make_shared<HttpResponse>(std::move(response));
    transport_->core()->run_computing(
        [answer] {
            std::string& body = std::get<std::string>(answer->body);
            body = gzip(body);
        },
        [weak = weak_from_this(), answer, request = number_] {
            const auto self = weak.lock();
            if (self && self->phase_ == Phase::Sending && self->number_ == request) {
                self->send_whole(*answer, false);
            }
        });
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

}  // namespace heddle::net
