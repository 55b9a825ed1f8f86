// Requests and live streams of a driver.
#include "client/driver/driver_http.h"

#include <utility>
#include <vector>

#include "common/base/clock.h"
#include "common/net/digest.h"
#include "common/net/server_events.h"
#include "common/wire/http_status.h"

namespace heddle::driver {

namespace {

constexpr Duration kStreamInterval = milliseconds(250);
constexpr std::int32_t kPingEvery = 40;  // intervals without news

// In plain words, as Spark's server says what is wrong.
net::HttpResponse refusal(int status, const std::string& why) {
    return net::HttpResponse::text(status, why);
}

}  // namespace

class DriverHttp::Handler final : public net::HttpHandler,
                                  public std::enable_shared_from_this<Handler> {
public:
    Handler(net::EventLoop& loop, std::string token, RestApplication application, Inspect inspect)
        : loop_(loop),
          token_("Bearer " + std::move(token)),
          application_(std::move(application)),
          inspect_(std::move(inspect)) {}

    net::Admission admit(const net::HttpRequest& head) override {
        if (!net::constant_time_equal(head.headers.get("Authorization"), token_)) {
            net::HttpResponse answer = refusal(401, "the driver's token is needed");
            answer.headers.add("WWW-Authenticate", "Bearer");
            return answer;
        }
        if (!head.reads_only()) {
            return refusal(405, "only GET is known here");
        }
        return net::BodyInMemory{0};
    }

    void handle(net::HttpRequest request, net::Responder responder) override {
        if (closed_) {
            responder.send(refusal(503, "the driver has ended"));
            return;
        }
        const std::vector<std::string>& path = request.segments;
        if (request.path == "/heddle/v1/jobs/stream") {
            open_stream(std::move(responder));
            return;
        }
        if (path.size() < 4 || path[0] != "api" || path[1] != "v1" || path[2] != "applications" ||
            path[3] != application_.id) {
            responder.send(refusal(404, "no such page: " + request.path));
            return;
        }
        RestQuery query;
        query.path.assign(path.begin() + 4, path.end());
        query.parameters = request.query;
        // std::function wants copies; nobody but the callback holds it.
        auto waiting = std::make_shared<net::Responder>(std::move(responder));
        inspect_(
            [self = shared_from_this(), query = std::move(query), waiting](const Driver& core) {
                auto answer = rest_answer(core, self->application_, query, monotonic_now());
                waiting->send(answer ? net::HttpResponse::json(200, std::move(answer).value())
                                     : refusal(wire::http_status(answer.error().code),
                                               answer.error().message));
            });
    }

    void close() {
        closed_ = true;
        streams_.clear();
    }

private:
    struct Stream {
        net::ResponseStreamPtr body;
        std::uint64_t seen = 0;
        std::int32_t quiet = 0;
    };

    void open_stream(net::Responder responder) {
        net::Headers headers;
        headers.add("Content-Type", "text/event-stream");
        headers.add("Cache-Control", "no-store");
        const std::uint64_t id = ++last_stream_;
        Stream stream;
        stream.body = responder.stream(200, std::move(headers));
        stream.body->on_closed([self = weak_from_this(), id](const Status&) {
            if (const auto here = self.lock()) {
                here->streams_.erase(id);
            }
        });
        streams_.emplace(id, std::move(stream));
        update(id);
    }

    // Asks the core for what is new, writes it, and comes back a little later: at most four times a
    // second, however much happens.
    void update(std::uint64_t id) {
        const auto it = streams_.find(id);
        if (closed_ || it == streams_.end()) {
            return;
        }
        inspect_([self = weak_from_this(), id, since = it->second.seen](const Driver& core) {
            const auto here = self.lock();
            if (here == nullptr) {
                return;
            }
            std::string data = stream_data(core, here->application_, since);
            here->loop_.post(
                [self, id, data = std::move(data), version = core.progress().version()]() mutable {
                    if (const auto alive = self.lock()) {
                        alive->written(id, std::move(data), version);
                    }
                });
        });
    }

    void written(std::uint64_t id, std::string data, std::uint64_t version) {
        const auto it = streams_.find(id);
        if (closed_ || it == streams_.end()) {
            return;
        }
        Stream& stream = it->second;
        stream.quiet = data.empty() ? stream.quiet + 1 : 0;
        if (!data.empty()) {
            stream.seen = version;
            stream.body->write(net::format_event({"jobs", std::move(data), {}}));
        } else if (stream.quiet % kPingEvery == 0) {
            stream.body->write(std::string(net::kEventStreamPing));
        }
        loop_.post_after(kStreamInterval, [self = weak_from_this(), id] {
            if (const auto here = self.lock()) {
                here->update(id);
            }
        });
    }

    net::EventLoop& loop_;
    const std::string token_;
    const RestApplication application_;
    const Inspect inspect_;
    std::map<std::uint64_t, Stream> streams_;
    std::uint64_t last_stream_ = 0;
    bool closed_ = false;
};

DriverHttp::DriverHttp(net::EventLoop& loop, std::string token, RestApplication application,
                       Inspect inspect)
    : handler_(std::make_shared<Handler>(loop, std::move(token), std::move(application),
                                         std::move(inspect))),
      server_(loop, handler_) {}

DriverHttp::~DriverHttp() {
    handler_->close();  // connections may hold it a little longer
    server_.close();
}

Result<std::uint16_t> DriverHttp::listen(const std::string& address) {
    return server_.listen(address, 0);
}

}  // namespace heddle::driver
