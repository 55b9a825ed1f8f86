#pragma once

// Executors in containers of a cluster. The driver is a master of the resource manager: it asks for
// a count of containers by one launch template, in which its own program becomes an executor, and
// keeps its place over restarts of the manager.

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "client/driver/core/master_book.h"
#include "client/driver/frame_pool.h"
#include "common/net/address.h"
#include "common/net/web_socket.h"

namespace heddle::driver {

struct ClusterPoolOptions {
    net::Endpoint server;
    AttemptId attempt;
    std::string token;    // of the attempt
    std::string address;  // where executors reach this process
    Artifact program;     // what executors run
    std::int32_t executors = 1;
    Resource executor_size;
    std::int64_t executor_memory = 0;  // bytes of it for execution and storage
};

class ClusterPool final : public FramePool {
public:
    /// Opens the driver's own HTTP and answers its port; 0: there is none.
    using OpenHttp = std::function<Result<std::uint16_t>(
        net::EventLoop& loop, const std::string& address, const std::string& token)>;

    ClusterPool(ClusterPoolOptions options, OpenHttp open_http);
    ~ClusterPool() override;

    /// Returns when the manager has welcomed us. Errors: Unavailable, Unauthenticated, Conflict.
    Status start(Post post) override;
    void want(std::int32_t count) override;
    void stop(FinalStatus outcome, const std::string& diagnostics) override;
    std::int32_t slots() const override;
    std::string application_id() const override;

private:
    void connect();
    void connected(Result<net::WebSocketPtr> made);
    void take(const std::string& bytes);
    void react(MasterBook::Reaction reaction);
    void send(const std::vector<MasterToManager>& messages);
    using FramePool::send;
    void lost();
    void beat();
    void answer(Status status);
    std::string host_of(const rdd::ExecutorHello& hello) override;

    ClusterPoolOptions options_;
    OpenHttp open_http_;
    std::uint16_t http_port_ = 0;
    bool opened_ = false;

    MasterBook book_;  // loop thread, as what follows
    net::WebSocketPtr socket_;
    Duration backoff_;
    bool ended_ = false;
    std::uint64_t connection_ = 0;  // counts, so that timers of an old one end

    std::mutex mutex_;
    std::condition_variable changed_;
    std::optional<Status> begun_;
    bool finished_ = false;
};

}  // namespace heddle::driver
