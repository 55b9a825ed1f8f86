#pragma once

// Executors in containers of a cluster. The driver is a master of the resource manager: it asks for
// a count of containers by one launch template, in which its own program becomes an executor, and
// keeps its place over restarts of the manager.

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
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
    bool in_container = false;         // the application ends with this process, not with its jobs
    std::int32_t generation = 0;       // of those in one container
};

/// The driver's own HTTP; ends when the last holder lets go of it.
struct OwnHttp {
    std::uint16_t port = 0;
    std::shared_ptr<void> server;  // shared with whoever opened it
};

class ClusterPool final : public FramePool {
public:
    /// Opens the driver's own HTTP on the pool's loop.
    using OpenHttp = std::function<Result<OwnHttp>(net::EventLoop& loop, const std::string& address,
                                                   const std::string& token)>;

    ClusterPool(ClusterPoolOptions options, OpenHttp open_http);
    ~ClusterPool() override;

    /// Returns when the manager has welcomed us. Errors: Unavailable, Unauthenticated, Conflict.
    Status start(Post post) override;
    void want(std::int32_t count, const std::vector<rdd::ExecutorId>& released,
              bool spare) override;
    void avoid(const std::vector<std::string>& nodes) override;
    void grow(rdd::ExecutorId executor) override;
    void progress(std::int32_t percent) override;
    /// In a container the manager goes on hearing from us: how the application ended is known when
    /// its process ends, see program_end.h. Elsewhere the application ends here.
    void stop(FinalStatus outcome, const std::string& diagnostics) override;
    /// States how the application ended, and returns when the manager has it. Safe to call twice.
    void finish(FinalStatus outcome, const std::string& diagnostics);
    /// Another pool of this attempt takes over: no more is heard of this one. After stop().
    void leave();

    bool in_container() const { return options_.in_container; }
    bool stopped() const { return stopped_; }
    /// Why the jobs failed; empty: they did not.
    const std::string& failure() const { return failure_; }
    std::int32_t slots() const override;
    std::string application_id() const override;

private:
    void resized(const MasterBook::Resized& now);
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
    void gone(const std::string& container, ExecutorLost event, bool explained) override;

    ClusterPoolOptions options_;
    OpenHttp open_http_;
    OwnHttp http_;
    bool opened_ = false;
    bool stopped_ = false;  // no more jobs; the manager may still be told how all ended
    std::string failure_;

    MasterBook book_;  // loop thread, as what follows
    net::WebSocketPtr socket_;
    Duration backoff_;
    bool ended_ = false;
    std::uint64_t connection_ = 0;              // counts, so that timers of an old one end
    std::map<std::string, ExecutorLost> lost_;  // by container: closed, and not known why

    std::atomic<std::int32_t> percent_{0};
    std::atomic<bool> percent_timer_{false};

    std::mutex mutex_;
    std::condition_variable changed_;
    std::optional<Status> begun_;
    bool finished_ = false;
};

}  // namespace heddle::driver
