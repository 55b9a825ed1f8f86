#include "resourcemanager/shell/driver_relay.h"

namespace heddle::rm {
namespace {

constexpr Duration kRetryAfter = seconds(1);

}  // namespace

Result<DriverAddress> driver_of(const View& view, const ApplicationView& app,
                                const TokenBook& tokens) {
    const std::string id = to_string(app.submission->id);
    if (is_final(app.state)) {
        return Error{ErrorCode::NotFound, "application " + id +
                                              " is over; its jobs were shown by "
                                              "its driver, and history is not in this version"};
    }
    if (app.attempts.empty() || app.attempts.back().rpc_port == 0) {
        return Error{ErrorCode::NotFound, "application " + id + " has no driver that answers"};
    }
    const AttemptView& attempt = app.attempts.back();
    std::string host = "127.0.0.1";
    if (!app.submission->unmanaged) {
        const auto node = view.nodes.find(attempt.master_node);
        if (!node) {
            return Error{ErrorCode::NotFound, "the node of " + id + "'s master is not known"};
        }
        host = node->info.address;
    }
    const auto token = tokens.token_of(attempt.id);
    if (!token) {
        return Error{ErrorCode::NotFound, "application " + id + " has no driver that answers"};
    }
    return DriverAddress{net::Endpoint::tcp(host, static_cast<std::uint16_t>(attempt.rpc_port)),
                         *token};
}

DriverRelay::DriverRelay(net::EventLoop& loop, const ViewBoard& board, const TokenBook& tokens,
                         ApplicationId app, OnEvent on_event)
    : loop_(loop), board_(board), tokens_(tokens), app_(app), on_event_(std::move(on_event)) {
    connect();
}

DriverRelay::~DriverRelay() {
    *alive_ = false;
    loop_.cancel(timer_);
    if (exchange_) {
        exchange_->cancel();
    }
}

void DriverRelay::connect() {
    const auto view = board_.view();
    const auto app = view->applications.find(app_);
    const auto driver = app ? driver_of(*view, *app, tokens_)
                            : Result<DriverAddress>(Error{ErrorCode::NotFound, "gone"});
    if (!driver) {
        retry();
        return;
    }
    net::ClientRequest request;
    request.target = "/heddle/v1/jobs/stream";
    request.headers.add("Authorization", "Bearer " + driver->token);
    net::ClientOptions options;
    options.deadline = Duration{0};
    auto reader = std::make_shared<net::EventStreamReader>(
        [this, alive = std::weak_ptr(alive_)](const net::ServerEvent& event) {
            if (const auto here = alive.lock(); here && *here) {
                on_event_(event);
            }
        });
    net::ExchangeEvents events;
    events.on_head = [this, alive = std::weak_ptr(alive_)](int status, const net::Headers&) {
        const auto here = alive.lock();
        if (here && *here && status == 200 && again_) {
            on_event_({"resync", "{}", ""});
        }
    };
    events.on_data = [reader](std::string_view bytes) { reader->feed(bytes); };
    events.on_done = [this, alive = std::weak_ptr(alive_)](const Status&) {
        if (const auto here = alive.lock(); here && *here) {
            again_ = true;
            retry();
        }
    };
    exchange_ = net::start_exchange(loop_, driver->endpoint, std::move(request), options,
                                    std::move(events));
}

void DriverRelay::retry() {
    timer_ = loop_.post_after(kRetryAfter, [this] { connect(); });
}

}  // namespace heddle::rm
