// The driver as an application master.
#include "client/driver/cluster_pool.h"

#include <algorithm>
#include <chrono>
#include <future>
#include <utility>

#include "common/base/check.h"
#include "common/base/log.h"
#include "common/net/http_client.h"
#include "common/rdd/executor_frames.h"
#include "common/wire/codec.h"

namespace heddle::driver {

namespace {

constexpr Duration kConnectTimeout = seconds(10);
constexpr Duration kBackoffMin = milliseconds(50);
constexpr Duration kBackoffMax = seconds(2);
constexpr Duration kProgressInterval = milliseconds(500);
constexpr Duration kNewsPatience = seconds(1);  // for why a container ended
constexpr std::chrono::seconds kBeginPatience{30};
constexpr std::chrono::seconds kFinishPatience{20};

LaunchSpec executor_spec(const ClusterPoolOptions& options) {
    LaunchSpec spec;
    spec.argv = {"executor", "./" + options.program.name};
    spec.artifacts.push_back(options.program);
    spec.environment[rdd::kSecretVariable] = rdd::kSecretFile;
    spec.environment[rdd::kCoresVariable] = std::to_string(options.executor_size.vcores);
    spec.environment[rdd::kMemoryVariable] = std::to_string(options.executor_memory);
    return spec;
}

// Errors after which the manager will not have us, however often we come back.
bool is_final(ErrorCode code) {
    return code == ErrorCode::Unauthenticated || code == ErrorCode::PermissionDenied ||
           code == ErrorCode::NotFound || code == ErrorCode::Conflict;
}

}  // namespace

ClusterPool::ClusterPool(ClusterPoolOptions options, OpenHttp open_http)
    : options_(std::move(options)),
      open_http_(std::move(open_http)),
      book_(options_.attempt, {}, options_.executor_size),
      backoff_(kBackoffMin) {}

ClusterPool::~ClusterPool() {
    finish(FinalStatus::Undefined, "");
}

Status ClusterPool::start(Post post) {
    TRY(open(options_.address, std::move(post)));
    opened_ = true;
    if (open_http_) {
        TRY(http_, open_http_(loop(), options_.address, options_.token));
    }
    LaunchSpec spec = executor_spec(options_);
    spec.environment[rdd::kDriverVariable] = address();
    spec.secrets.push_back({rdd::kSecretFile, secret()});
    loop().post([this, spec = std::move(spec)] {
        book_ = MasterBook(options_.attempt, spec, options_.executor_size, options_.generation);
        connect();
    });
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, kBeginPatience, [this] { return begun_.has_value(); })) {
        return Error{ErrorCode::Timeout, "the resource manager at " + options_.server.text() +
                                             " has not taken the application in 30 s"};
    }
    return *begun_;
}

void ClusterPool::answer(Status status) {
    const std::lock_guard lock(mutex_);
    if (!begun_) {
        begun_ = std::move(status);
        changed_.notify_all();
    }
}

void ClusterPool::connect() {
    if (ended_) {
        return;
    }
    net::Headers headers;
    headers.add("Authorization", "Bearer " + options_.token);
    net::connect_web_socket(loop(), options_.server, "/heddle/v1/masters", headers, {},
                            kConnectTimeout,
                            [this](Result<net::WebSocketPtr> made) { connected(std::move(made)); });
}

void ClusterPool::connected(Result<net::WebSocketPtr> made) {
    if (ended_) {
        return;
    }
    if (!made) {
        if (is_final(made.error().code)) {
            answer(made.error());
            post(ExecutorsRefused{"the resource manager refuses this driver: " +
                                  made.error().message});
            return;
        }
        lost();
        return;
    }
    socket_ = std::move(made).value();
    const std::uint64_t connection = ++connection_;
    net::WebSocket::Events events;
    events.on_message = [this](const std::string& bytes, bool) { take(bytes); };
    events.on_close = [this, connection](const Status&) {
        if (connection == connection_) {
            lost();
        }
    };
    socket_->start(std::move(events));
    const std::string url =
        http_.port == 0 ? "" : "http://" + options_.address + ":" + std::to_string(http_.port);
    send({book_.registration(options_.address, http_.port, url)});
}

void ClusterPool::lost() {
    socket_.reset();
    ++connection_;
    book_.connection_lost();
    if (!ended_) {
        loop().post_after(backoff_, [this] { connect(); });
        backoff_ = std::min(backoff_ * 2, kBackoffMax);
    }
}

void ClusterPool::take(const std::string& bytes) {
    const auto messages = wire::decode_frame<ManagerToMaster>(bytes);
    if (!messages) {
        log::error("a message from the resource manager that means nothing",
                   {{"reason", messages.error().message}});
        socket_->close();
        return;
    }
    for (const ManagerToMaster& message : *messages) {
        MasterBook::Reaction reaction = book_.hear(message);
        if (reaction.reconnect) {
            log::warning("news of the resource manager are missing; connecting again", {});
            socket_->close();
            return;
        }
        react(std::move(reaction));
    }
}

void ClusterPool::react(MasterBook::Reaction reaction) {
    send(reaction.send);
    for (const MasterBook::Marked& marked : reaction.marked) {
        if (const auto executor = executor_in(to_string(marked.container))) {
            post(ExecutorLeaving{*executor, marked.leaving, marked.may_stay});
        }
    }
    for (const MasterBook::Ended& ended : reaction.ended) {
        const std::string name = to_string(ended.container);
        if (has_container(name)) {
            drop_container(name, ended.reason, ended.crashed, ended.out_of_memory);
        } else if (const auto lost = lost_.find(name); lost != lost_.end()) {
            post(ExecutorLost{lost->second.executor, ended.reason, ended.crashed,
                              ended.out_of_memory});
            lost_.erase(lost);
        } else if (!was_container(name)) {
            post(ExecutorLost{rdd::kNoExecutor, ended.reason});
        }
    }
    for (const MasterBook::Resized& now : reaction.resized) {
        resized(now);
    }
    if (reaction.welcomed) {
        backoff_ = kBackoffMin;
        answer({});
        beat();
    }
    if (reaction.refused) {
        post(ExecutorsRefused{"the ask for executors is refused: " + *reaction.refused});
    }
    if (reaction.rejected) {
        ended_ = true;
        answer(Error{ErrorCode::Conflict, *reaction.rejected});
        post(ExecutorsRefused{"the resource manager has ended this driver: " + *reaction.rejected});
    }
    if (reaction.finished || reaction.rejected) {
        const std::lock_guard lock(mutex_);
        finished_ = true;
        changed_.notify_all();
    }
}

void ClusterPool::send(const std::vector<MasterToManager>& messages) {
    if (socket_ != nullptr && !messages.empty()) {
        socket_->send(wire::encode_frame(messages));
    }
}

void ClusterPool::beat() {
    loop().post_after(book_.heartbeat_interval(), [this, connection = connection_] {
        if (connection == connection_ && !ended_) {
            send(book_.beat());
            beat();
        }
    });
}

void ClusterPool::want(std::int32_t count, const std::vector<rdd::ExecutorId>& released,
                       bool spare) {
    std::vector<std::string> containers;
    for (const rdd::ExecutorId executor : released) {
        containers.push_back(container_of(executor));
    }
    loop().post([this, count, containers = std::move(containers), spare] {
        send(book_.want(count, containers, spare));
    });
}

void ClusterPool::avoid(const std::vector<std::string>& nodes) {
    loop().post([this, nodes] { send(book_.avoid(nodes)); });
}

void ClusterPool::grow(rdd::ExecutorId executor) {
    const auto container = parse_container_id(container_of(executor));
    loop().post([this, executor, container] {
        if (!container) {
            post(ExecutorResized{executor, 0});
            return;
        }
        Resource size = book_.size_of(to_string(*container));
        size.memory_mib *= 2;
        const auto asked = book_.resize(*container, size);
        if (!asked) {
            post(ExecutorResized{executor, 0});
            return;
        }
        send(*asked);
    });
}

// The executor's own part grows by as much as its container does.
void ClusterPool::resized(const MasterBook::Resized& now) {
    const auto executor = executor_in(to_string(now.container));
    if (!executor) {
        return;
    }
    if (!now.refused.empty()) {
        log::warning("an executor gets no more memory",
                     {{"executor", rdd::to_string(*executor)}, {"reason", now.refused}});
        post(ExecutorResized{*executor, 0});
        return;
    }
    const std::int64_t more = now.size.memory_mib - options_.executor_size.memory_mib;
    post(ExecutorResized{*executor, options_.executor_memory + more * (std::int64_t{1} << 20)});
}

// Whatever is sent meanwhile takes it along: this only sees to it that something is.
void ClusterPool::progress(std::int32_t percent) {
    percent_.store(percent, std::memory_order_relaxed);
    if (percent_timer_.exchange(true)) {
        return;
    }
    loop().post([this] {
        loop().post_after(kProgressInterval, [this] {
            percent_timer_ = false;
            book_.progress(percent_.load(std::memory_order_relaxed));
            if (!ended_ && book_.progress_waits()) {
                send(book_.beat());
            }
        });
    });
}

// The manager's news say how the container ended, a moment after its connection did.
void ClusterPool::gone(const std::string& container, ExecutorLost event, bool explained) {
    if (explained || ended_ || book_.node_of(container).empty()) {
        post(std::move(event));
        return;
    }
    lost_[container] = std::move(event);
    loop().post_after(kNewsPatience, [this, container] {
        if (const auto lost = lost_.find(container); lost != lost_.end()) {
            post(std::move(lost->second));
            lost_.erase(lost);
        }
    });
}

std::string ClusterPool::host_of(const rdd::ExecutorHello& hello) {
    const std::string node = book_.node_of(hello.container);
    return node.empty() ? hello.host : node;
}

void ClusterPool::stop(FinalStatus outcome, const std::string& diagnostics) {
    const bool again = std::exchange(stopped_, true);  // also of a pool that could not be opened
    if (again || !opened_) {
        return;
    }
    if (!options_.in_container) {
        finish(outcome, diagnostics);
        return;
    }
    failure_ = outcome == FinalStatus::Failed ? diagnostics : std::string();
    flush();
    hang_up();
    std::promise<void> quiet;
    loop().post([this, &quiet] {
        http_ = {};
        mute();
        quiet.set_value();
    });
    quiet.get_future().wait();
}

void ClusterPool::leave() {
    CHECK(stopped_ || !opened_);
    if (!std::exchange(opened_, false)) {
        return;
    }
    loop().post([this] {
        ended_ = true;
        socket_.reset();
    });
    close();
}

void ClusterPool::finish(FinalStatus outcome, const std::string& diagnostics) {
    if (!std::exchange(opened_, false)) {
        return;
    }
    stopped_ = true;
    flush();
    bool begun = false;
    {
        const std::lock_guard lock(mutex_);
        begun = begun_.has_value() && begun_->ok();
    }
    if (begun) {
        loop().post([this, outcome, diagnostics] { send(book_.finish(outcome, diagnostics)); });
        std::unique_lock lock(mutex_);
        if (!changed_.wait_for(lock, kFinishPatience, [this] { return finished_; })) {
            log::warning("the resource manager has not confirmed the end of the application");
        }
    }
    loop().post([this] {
        ended_ = true;
        socket_.reset();
    });
    close();
}

std::int32_t ClusterPool::slots() const {
    return options_.executors * static_cast<std::int32_t>(options_.executor_size.vcores);
}

std::string ClusterPool::application_id() const {
    return to_string(options_.attempt.application);
}

}  // namespace heddle::driver
