#include "common/net/event_loop.h"

#include <gtest/gtest.h>
#include <sys/eventfd.h>

#include <csignal>

#include "tests/unit/common/net/fixture.h"

namespace heddle::net {
namespace {

using namespace heddle::literals;

TEST(EventLoop, RunsPostedTasksInOrderAndStopsBeforeRun) {
    EventLoop loop;
    std::string order;
    loop.post([&] { order += "a"; });
    loop.post([&] { order += "b"; });
    loop.stop();
    loop.run();
    EXPECT_EQ(order, "ab");
}

TEST(EventLoop, TimersFireByTimeAndCancelledOnesDoNot) {
    EventLoop loop;
    std::string order;
    loop.post_after(2_ms, [&] {
        order += "b";
        loop.stop();
    });
    loop.post_after(1_ms, [&] { order += "a"; });
    const EventLoop::TimerId cancelled = loop.post_after(0_ms, [&] { order += "x"; });
    loop.cancel(cancelled);
    loop.run();
    EXPECT_EQ(order, "ab");
}

TEST(EventLoop, WatchesADescriptorUntilUnwatched) {
    EventLoop loop;
    const int event = eventfd(2, EFD_SEMAPHORE | EFD_CLOEXEC | EFD_NONBLOCK);
    int seen = 0;
    EventLoop::WatchId watch = 0;
    watch = loop.watch_readable(event,
                                [&] {
                                    if (++seen == 3) {
                                        loop.unwatch(watch);
                                        loop.stop();
                                    }
                                })
                .value();
    loop.run();
    EXPECT_EQ(seen, 3);  // nobody read it: it stayed readable
    ::close(event);
}

TEST(EventLoop, HearsSignals) {
    EventLoop loop;
    ASSERT_TRUE(loop.on_signal(SIGUSR1, [&](int number) {
        EXPECT_EQ(number, SIGUSR1);
        loop.stop();
    }));
    loop.post([] { std::raise(SIGUSR1); });
    loop.run();
}

TEST(EventLoop, BlockingWorkComesBackToTheLoop) {
    EventLoop loop;
    std::thread::id worked;
    std::thread::id done;
    loop.run_blocking([&] { worked = std::this_thread::get_id(); },
                      [&] {
                          done = std::this_thread::get_id();
                          loop.stop();
                      });
    loop.run();
    EXPECT_EQ(done, std::this_thread::get_id());
    EXPECT_NE(worked, done);
}

}  // namespace
}  // namespace heddle::net
