#include "resourcemanager/shell/proxy.h"

#include <memory>

#include "resourcemanager/shell/router.h"

namespace heddle::rm {
namespace {

constexpr Duration kConnectTimeout = seconds(3);

// One exchange; shared by the callbacks of both sides, which both run on the loop thread.
class Pass : public std::enable_shared_from_this<Pass> {
public:
    Pass(ProxyRequest request, net::Responder responder)
        : request_(std::move(request)), responder_(std::move(responder)) {}

    void start(net::EventLoop& loop) {
        net::ClientRequest outgoing;
        outgoing.target = request_.target;
        outgoing.headers.add("Authorization", "Bearer " + request_.token);
        net::ClientOptions options;
        options.connect_timeout = kConnectTimeout;
        options.deadline = request_.deadline;
        if (request_.deadline == Duration{0}) {
            options.idle_timeout = Duration{0};
        }
        net::ExchangeEvents events;
        const auto self = shared_from_this();
        events.on_head = [self](int status, const net::Headers& headers) {
            self->on_head(status, headers);
        };
        events.on_data = [self](std::string_view bytes) { self->on_data(bytes); };
        events.on_done = [self](const Status& how) { self->on_done(how); };
        exchange_ = net::start_exchange(loop, request_.server, std::move(outgoing), options,
                                        std::move(events));
    }

private:
    void on_head(int status, const net::Headers& headers) {
        if (status >= 300 && status < 400) {
            redirected_ = true;
            return;
        }
        net::Headers kept;
        for (const std::string& name : request_.keep) {
            if (const std::string* value = headers.find(name)) {
                kept.add(name, *value);
            }
        }
        kept.add("Cache-Control", "no-store");
        kept.add("X-Content-Type-Options", "nosniff");
        stream_ = responder_.stream(status, std::move(kept));
        const std::weak_ptr weak = weak_from_this();
        stream_->on_closed([weak](const Status&) {
            if (const auto self = weak.lock(); self && self->exchange_) {
                self->exchange_->cancel();
            }
        });
        stream_->on_drained([weak] {
            if (const auto self = weak.lock(); self && self->exchange_) {
                self->exchange_->resume();
            }
        });
    }

    void on_data(std::string_view bytes) {
        if (!stream_) {
            return;
        }
        switch (stream_->write(std::string(bytes))) {
            case net::ResponseStream::Write::Accepted:
                return;
            case net::ResponseStream::Write::Slow:
                exchange_->pause();
                return;
            case net::ResponseStream::Write::Closed:
                exchange_->cancel();
                return;
        }
    }

    void on_done(const Status& how) {
        if (stream_) {
            how.ok() ? stream_->close() : stream_->abort();
            stream_.reset();
        } else if (redirected_) {
            responder_.send(error_response(
                {ErrorCode::Unavailable, request_.what + " answered with a redirect, which is not "
                                                         "followed"}));
        } else {
            const Error error = how.ok() ? Error{ErrorCode::Unavailable, "no answer"} : how.error();
            responder_.send(error_response(
                {error.code == ErrorCode::Timeout ? ErrorCode::Timeout : ErrorCode::Unavailable,
                 request_.what + " does not answer: " + error.message}));
        }
        exchange_.reset();
    }

    ProxyRequest request_;
    net::Responder responder_;
    bool redirected_ = false;
    net::ResponseStreamPtr stream_;
    net::HttpExchangePtr exchange_;  // holds this through its callbacks until it is done
};

}  // namespace

void pass_on(net::EventLoop& loop, ProxyRequest request, net::Responder responder) {
    std::make_shared<Pass>(std::move(request), std::move(responder))->start(loop);
}

}  // namespace heddle::rm
