#include "common/net/frame_channel.h"

#include <gtest/gtest.h>

#include <atomic>

#include "tests/unit/common/net/fixture.h"

namespace heddle::net {
namespace {

using namespace heddle::literals;

class FrameChannelTest : public testing::Test {
protected:
    FrameConnectionPtr connect(FrameOptions options = {}) {
        Box<FrameConnectionPtr> accepted;
        server_ = std::make_unique<FrameServer>(server_loop_.loop, options,
                                                [accepted](FrameConnectionPtr connection) mutable {
                                                    accepted.put(std::move(connection));
                                                });
        const std::uint16_t port = server_->listen("127.0.0.1", 0).value();
        Box<FrameConnectionPtr> opened;
        connect_frames(client_loop_.loop, Endpoint::tcp("127.0.0.1", port), {}, 5_s,
                       [opened](Result<FrameConnectionPtr> result) mutable {
                           opened.put(std::move(result).value());
                       });
        remote_ = accepted.get();
        return opened.get();
    }

    RunningLoop server_loop_;
    RunningLoop client_loop_;
    std::unique_ptr<FrameServer> server_;
    FrameConnectionPtr remote_;
};

TEST_F(FrameChannelTest, CarriesSmallAndLargePayloadsInOrder) {
    const FrameConnectionPtr client = connect();
    const std::vector<std::size_t> sizes = {0, 1, 4095, 70'000, 5'000'000, 3};
    std::size_t at = 0;
    Box<Status> closed;
    FrameConnection::Events events;
    events.on_frame = [&](Frame frame) {
        EXPECT_EQ(frame.kind, 200);
        EXPECT_EQ(frame.correlation, UINT64_MAX - at);
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(frame.payload.data) % 16, 0u);
        EXPECT_EQ(frame.payload.text(),
                  "head" + std::string(sizes[at], static_cast<char>('a' + at)));
        ++at;
    };
    events.on_close = [&](Status why) { closed.put(std::move(why)); };
    remote_->start(events);
    client->start({});
    for (std::size_t index = 0; index < sizes.size(); ++index) {
        const std::string body(sizes[index], static_cast<char>('a' + index));
        EXPECT_TRUE(client->send(200, UINT64_MAX - index, "head", {SharedBytes::of(body)}));
    }
    client->close();
    EXPECT_TRUE(closed.get().ok());
    EXPECT_EQ(at, sizes.size());
    EXPECT_FALSE(client->send(1, 1, ""));
}

TEST_F(FrameChannelTest, SendsFromSeveralThreadsWithoutMixing) {
    const FrameConnectionPtr client = connect();
    constexpr int kThreads = 4;
    constexpr std::uint64_t kEach = 5'000;
    std::vector<std::uint64_t> next(kThreads, 0);
    std::uint64_t total = 0;
    Box<bool> all;
    FrameConnection::Events events;
    events.on_frame = [&](Frame frame) {
        EXPECT_EQ(frame.correlation, next[frame.kind]++);
        if (++total == kThreads * kEach) {
            all.put(true);
        }
    };
    remote_->start(events);
    client->start({});
    std::vector<std::thread> threads;
    for (int thread = 0; thread < kThreads; ++thread) {
        threads.emplace_back([&, thread] {
            for (std::uint64_t index = 0; index < kEach; ++index) {
                client->send(static_cast<std::uint8_t>(thread), index, "0123456789abcdef");
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    EXPECT_TRUE(all.get());
}

TEST_F(FrameChannelTest, RefusesAFrameOverTheLimit) {
    FrameOptions options;
    options.frame_limit = 1000;
    const FrameConnectionPtr client = connect(options);
    Box<Status> closed;
    FrameConnection::Events events;
    events.on_close = [&](Status why) { closed.put(std::move(why)); };
    remote_->start(events);
    EXPECT_FALSE(remote_->send(1, 1, std::string(1001, 'x')));
    client->start({});
    client->send(1, 1, std::string(1001, 'x'));
    EXPECT_EQ(closed.get().error().code, ErrorCode::ResourceExhausted);
}

TEST_F(FrameChannelTest, APausedReceiverFillsTheSendersQueue) {
    const FrameConnectionPtr client = connect();
    std::atomic<int> frames{0};
    std::atomic<bool> paused{false};  // after it, so that resume() does not overtake pause()
    Box<bool> drained;
    Box<bool> all;
    FrameConnection::Events events;
    events.on_frame = [&](Frame) {
        if (++frames == 1) {
            remote_->pause();
            paused = true;
        }
        if (frames == 64) {
            all.put(true);
        }
    };
    remote_->start(events);
    FrameConnection::Events of_client;
    of_client.on_drained = [drained, told = false]() mutable {
        if (!std::exchange(told, true)) {
            drained.put(true);
        }
    };
    client->start(of_client);  // first: else all may have been written before anybody listens
    const SharedBytes block = SharedBytes::of(std::string(1 << 20, 'b'));
    for (int index = 0; index < 64; ++index) {
        client->send(1, 1, "", {block});
    }
    while (!paused) {
        std::this_thread::yield();
    }
    EXPECT_GT(client->pending_bytes(), 1u << 20);
    EXPECT_EQ(frames, 1);
    remote_->resume();
    EXPECT_TRUE(all.get());
    EXPECT_TRUE(drained.get());
}

}  // namespace
}  // namespace heddle::net
