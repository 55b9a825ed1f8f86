// The only file that knows Beast. Its parser class is used below the message containers, which
// would copy every body once more and cost most of Beast's compile time.

#include "common/net/http_parser.h"

#include <boost/beast/http/basic_parser.hpp>

#include <limits>

#include "common/net/http_syntax.h"

namespace heddle::net {

namespace http = boost::beast::http;
using boost::beast::error_code;
using boost::beast::string_view;
using BodyFunction = std::function<void(std::string_view)>;

namespace {

constexpr std::uint32_t kHeadLimit = 64 * 1024;

std::string to_std(string_view text) {
    return {text.data(), text.size()};
}

// The part of the parser that is the same for requests and responses.
template <bool isRequest>
class Parser final : public http::basic_parser<isRequest> {
    using Base = http::basic_parser<isRequest>;

public:
    explicit Parser(BodyFunction on_body) : on_body_(std::move(on_body)) {
        this->header_limit(kHeadLimit);
        this->body_limit(boost::none);  // limits are the business of the user, who counts
    }

    MessageHead& head() { return head_; }

private:
    void on_request_impl(http::verb, string_view method, string_view target, int version,
                         error_code&) override {
        head_.method = to_std(method);
        head_.target = to_std(target);
        head_.version = version;
    }
    void on_response_impl(int status, string_view, int version, error_code&) override {
        head_.status = status;
        head_.version = version;
    }
    void on_field_impl(http::field, string_view name, string_view value,
                       error_code& error) override {
        if (this->is_header_done()) {
            error = http::error::bad_field;  // a trailer
            return;
        }
        head_.headers.add(to_std(name), to_std(value));
    }
    void on_header_impl(error_code&) override {}
    void on_body_init_impl(boost::optional<std::uint64_t> const& length, error_code&) override {
        if (length) {
            head_.content_length = *length;
        }
    }
    std::size_t on_body_impl(string_view body, error_code&) override {
        on_body_({body.data(), body.size()});
        return body.size();
    }
    void on_chunk_header_impl(std::uint64_t, string_view extensions, error_code& error) override {
        if (!extensions.empty()) {
            error = http::error::bad_chunk_extension;
        }
    }
    std::size_t on_chunk_body_impl(std::uint64_t, string_view body, error_code&) override {
        on_body_({body.data(), body.size()});
        return body.size();
    }
    void on_finish_impl(error_code&) override {}

    BodyFunction on_body_;
    MessageHead head_;
};

}  // namespace

class MessageParser::Impl {
public:
    virtual ~Impl() = default;
    virtual Result<std::size_t> feed(std::string_view bytes) = 0;
    virtual Status finish() = 0;
    virtual bool head_done() const = 0;
    virtual bool done() const = 0;
    virtual const MessageHead& head() = 0;

    template <bool isRequest>
    class Of;
};

template <bool isRequest>
class MessageParser::Impl::Of final : public Impl {
public:
    Of(BodyFunction on_body, bool no_body) : parser_(std::move(on_body)) { parser_.skip(no_body); }

    Result<std::size_t> feed(std::string_view bytes) override {
        std::size_t taken = 0;
        // put() stops after each structure; go on while it makes progress.
        while (!parser_.is_done() && taken < bytes.size()) {
            const bool in_head = !parser_.is_header_done();
            error_code error;
            const std::size_t used = parser_.put(
                boost::asio::const_buffer(bytes.data() + taken, bytes.size() - taken), error);
            taken += used;
            if (error == http::error::need_more) {
                break;
            }
            if (error) {
                return Error{ErrorCode::DataLoss, "bad HTTP message: " + error.message()};
            }
            if (in_head && parser_.is_header_done()) {
                finish_head();
                break;
            }
            if (used == 0) {
                break;
            }
        }
        return taken;
    }

    Status finish() override {
        error_code error;
        parser_.put_eof(error);
        if (error) {
            return Error{ErrorCode::DataLoss, "the connection ended within a message"};
        }
        return {};
    }

    bool head_done() const override { return parser_.is_header_done(); }
    bool done() const override { return parser_.is_done(); }
    const MessageHead& head() override { return parser_.head(); }

private:
    void finish_head() {
        MessageHead& head = parser_.head();
        head.keep_alive = parser_.keep_alive();
        if (const auto length = parser_.content_length()) {
            head.content_length = *length;
        }
        head.has_body = !parser_.is_done();
    }

    Parser<isRequest> parser_;
};

MessageParser::MessageParser(Kind kind, BodyFunction on_body, bool no_body) {
    if (kind == Kind::Request) {
        impl_ = std::make_unique<Impl::Of<true>>(std::move(on_body), no_body);
    } else {
        impl_ = std::make_unique<Impl::Of<false>>(std::move(on_body), no_body);
    }
}

MessageParser::~MessageParser() = default;

Result<std::size_t> MessageParser::feed(std::string_view bytes) {
    return impl_->feed(bytes);
}
Status MessageParser::finish() {
    return impl_->finish();
}
bool MessageParser::head_done() const {
    return impl_->head_done();
}
bool MessageParser::done() const {
    return impl_->done();
}
const MessageHead& MessageParser::head() const {
    return impl_->head();
}

}  // namespace heddle::net
