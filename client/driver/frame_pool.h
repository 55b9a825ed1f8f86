#pragma once

// Executors in other processes: they connect, show the application's secret and that they run the
// same program, and get a number. What starts and ends the processes is left to derived classes.

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>

#include "client/driver/executor_pool.h"
#include "common/net/event_loop.h"
#include "common/net/frame_channel.h"
#include "common/rdd/bytes.h"

namespace heddle::driver {

class FramePool : public ExecutorPool {
public:
    FramePool();
    ~FramePool() override;
    FramePool(const FramePool&) = delete;
    FramePool& operator=(const FramePool&) = delete;

    void serve(std::shared_ptr<const blocks::BroadcastStore> broadcasts) override {
        broadcasts_ = std::move(broadcasts);
    }
    void send(rdd::ExecutorId executor, const rdd::ToExecutor& message) override;
    void flush() override;
    void drop(rdd::ExecutorId executor, const std::string& reason) override;

protected:
    /// Begins to listen on an ephemeral port of `address`, and starts the loop's thread.
    Status open(const std::string& address, Post post);
    /// Takes no new connections and closes those that are there, after what is queued. Executors
    /// end when their connection does.
    void hang_up();
    /// Nothing is posted any more. On the loop's thread.
    void mute() {
        post_ = [](Event) {};
    }
    /// Hangs up and ends the loop's thread. Safe to call twice.
    void close();
    /// Ends the connection of the executor that lives in a container or process of ours.
    void drop_container(const std::string& container, const std::string& reason, bool crashed,
                        bool out_of_memory = false);
    bool has_container(const std::string& container);
    std::optional<rdd::ExecutorId> executor_in(const std::string& container);
    /// Empty: it is gone, or has none.
    std::string container_of(rdd::ExecutorId executor);
    /// An executor of the container has been here, whether it still is or not.
    bool was_container(const std::string& container);

    net::EventLoop& loop() { return loop_; }
    const std::string& secret() const { return secret_; }
    std::string address() const { return address_ + ":" + std::to_string(port_); }
    const std::string& host() const { return address_; }
    std::uint16_t port() const { return port_; }
    void post(Event event) { post_(std::move(event)); }

    /// On the loop's thread: an executor of ours is there, with the container it named.
    virtual void joined(const std::string&) {}
    /// On the loop's thread: the connection of an executor has ended. `explained`: by us, or with a
    /// reason that says more than that it is closed.
    virtual void gone(const std::string& container, ExecutorLost event, bool explained) {
        (void)container;
        (void)explained;
        post(std::move(event));
    }
    /// The name of the node on which an executor runs. On the loop's thread.
    virtual std::string host_of(const rdd::ExecutorHello& hello) { return hello.host; }

private:
    struct Connection {
        net::FrameConnectionPtr frames;
        bool trusted = false;
        bool blocks = false;       // an executor's second one, for chunks of broadcast variables
        rdd::ExecutorId executor;  // kNoExecutor: has not said hello
        std::string container;
        rdd::ByteWriter outbox;      // of the core thread
        std::string reason;          // why we ended it
        bool crashed = false;        // because its process had ended by itself
        bool out_of_memory = false;  // and it was too large
    };
    using ConnectionPtr = std::shared_ptr<Connection>;  // shared by callbacks and the table

    void accept(net::FrameConnectionPtr frames);
    void take(const ConnectionPtr& connection, const net::Frame& frame);
    void answer_blocks(const ConnectionPtr& connection, const net::Frame& frame);
    Status take_message(const ConnectionPtr& connection, std::string_view bytes);
    Status register_executor(const ConnectionPtr& connection, const rdd::ExecutorHello& hello);
    void ended(const ConnectionPtr& connection, const Status& why);

    std::shared_ptr<const blocks::BroadcastStore> broadcasts_;  // shared with the runner
    net::EventLoop loop_;
    std::string secret_;
    std::string address_;
    std::uint16_t port_ = 0;
    Post post_;
    std::unique_ptr<net::FrameServer> server_;
    std::thread thread_;

    std::mutex mutex_;  // guards what follows
    std::map<Connection*, ConnectionPtr> connections_;
    std::map<rdd::ExecutorId, ConnectionPtr> executors_;
    std::set<std::string> containers_;  // that have been here
    std::int32_t next_executor_ = 1;
};

}  // namespace heddle::driver
