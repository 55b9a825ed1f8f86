// What a step says to one peer fits into frames, however much it is.

#include "resourcemanager/core/outbox.h"

#include <gtest/gtest.h>

#include "common/wire/codec.h"
#include "tests/unit/resourcemanager/core/core_fixture.h"

namespace heddle::rm::test {
namespace {

template <typename Message>
std::size_t encoded(Message message) {
    using AnyMessage =
        std::conditional_t<std::is_same_v<Message, NodeOrders>, ManagerToNode, ManagerToMaster>;
    const std::vector<AnyMessage> messages = {std::move(message)};
    return wire::encode_frame(messages).size();
}

constexpr std::int64_t kBig = std::numeric_limits<std::int64_t>::max();

ContainerId long_id() {
    return {{{kBig, kBig}, 1 << 30}, kBig, kBig};
}

TEST(Outbox, CountsNoEntryAsLessThanItTakes) {
    ContainerStart start;
    start.container = long_id();
    start.key = {long_id().attempt, 1 << 30, 1 << 30};
    start.epoch = kBig;
    start.size = {wire::kMemoryMibMax, wire::kVcoresMax};
    start.user = std::string(300, 'u');
    const std::string pattern(1024, 'p');
    start.log_patterns = {pattern, pattern, pattern, pattern};
    start.spec.argv.assign(1000, "");
    start.spec.environment = {{"", ""}, {"A", std::string(100'000, 'v')}};
    start.spec.artifacts.assign(100, {"n", "s", std::string(64, 'a'), ~std::uint64_t{0}, true});
    start.spec.secrets.assign(100, {"n", "c"});
    NodeOrders orders;
    const std::size_t envelope = encoded(orders) + 64;
    orders.starts = {start};
    EXPECT_LE(encoded(orders), envelope + bytes_of(start));
    orders = {};
    const ContainerStop stop{long_id(), {kBig / 2}, "why"};
    orders.stops = {stop};
    orders.acknowledged = {long_id()};
    EXPECT_LE(encoded(orders), envelope + bytes_of(stop) + bytes_of(long_id()));

    const Grant grant{long_id(), start.key, {"n1"}, "127.0.0.1", 65535, start.size};
    const ContainerEnded ended{long_id(), {ExitReason::Unknown, -1, -1, "why", kBig, {kBig}}};
    const AskRefused refused{1 << 30, 1 << 30, "why"};
    MasterNews news;
    news.granted = {grant};
    news.ended = {ended};
    news.refused = {refused};
    EXPECT_LE(encoded(news), envelope + bytes_of(grant) + bytes_of(ended) + bytes_of(refused));
}

TEST(Outbox, CountsNoSizeAsLessThanItTakes) {
    const Resource size{wire::kMemoryMibMax, wire::kVcoresMax};
    const SizeOrder order{long_id(), kBig, size};
    NodeOrders orders;
    const std::size_t envelope = encoded(orders) + 64;
    orders.sizes = {order};
    EXPECT_LE(encoded(orders), envelope + bytes_of(order));
    const ContainerResize resized{long_id(), kBig, size};
    const ResizeRefused refused{long_id(), kBig, "why"};
    MasterNews news;
    news.resized = {resized};
    news.resizes_refused = {refused};
    EXPECT_LE(encoded(news), envelope + bytes_of(resized) + bytes_of(refused));
}

TEST(StartOrder, SaysWhichLogsStay) {
    CoreFixture core;
    core.boot();
    core.add_node("n1");
    ApplicationSubmission submission = core.submission();
    submission.log_patterns.exclude = "core$";
    core.submit(submission);
    const auto orders = CoreFixture::sent<NodeOrders, SendToNode>(core.all_saved());
    ASSERT_EQ(orders.size(), 1U);
    EXPECT_EQ(orders.front().starts.front().log_patterns.exclude, "core$");
}

// A master with launch templates as large as it likes.
class LargeTemplates : public testing::Test {
protected:
    void SetUp() override {
        core.boot();
        core.add_node("n1", {1 << 20, 1 << 10});
        core.submit(ApplicationKind::Master);
        const auto orders = CoreFixture::sent<NodeOrders, SendToNode>(core.all_saved());
        ASSERT_EQ(orders.size(), 1U);
        const ContainerStart& start = orders.front().starts.front();
        core.step(MasterConnected{master, start.spec.secrets.front().contents});
        MasterRegister hello;
        hello.attempt = start.key.attempt;
        const Effects effects = core.step(MasterMessage{master, hello});
        session = CoreFixture::sent<MasterWelcome, SendToMaster>(effects).front().session;
    }

    Effects ask(std::int32_t count, std::size_t bytes) {
        MasterUpdate update;
        update.session = session;
        update.sequence = ++sequence;
        update.complete = true;
        LaunchTemplate worker;
        worker.id = 1;
        worker.spec.argv = {"worker", std::string(bytes, 'x')};
        update.templates = {worker};
        Ask ask;
        ask.id = 1;
        ask.launch_template = 1;
        ask.size = {256, 1};
        ask.count = count;
        update.asks = {ask};
        return core.step(MasterMessage{master, update});
    }

    CoreFixture core;
    ConnectionId master{100};
    std::uint64_t session = 0;
    std::uint64_t sequence = 0;
};

TEST_F(LargeTemplates, LeaveInSeveralMessagesInSequence) {
    const Effects effects = ask(40, kLaunchSpecBytesMax - 1000);
    const auto orders = CoreFixture::sent<NodeOrders, SendToNode>(effects);
    ASSERT_GT(orders.size(), 1U);
    std::size_t starts = 0;
    std::uint64_t last = 1;  // the master's own start
    for (const NodeOrders& message : orders) {
        EXPECT_EQ(message.sequence, ++last);
        EXPECT_LE(encoded(message), kMessageBytesMax);
        for (const ContainerStart& start : message.starts) {
            ++starts;
            EXPECT_EQ(core.rm.books().containers.find(start.container)->order, message.sequence);
        }
    }
    EXPECT_EQ(starts, 40U);
}

TEST_F(LargeTemplates, AreRefusedWhenOneStartWouldNotFit) {
    const Effects effects = ask(1, kLaunchSpecBytesMax);
    const auto news = CoreFixture::sent<MasterNews, SendToMaster>(effects);
    ASSERT_EQ(news.size(), 1U);
    ASSERT_EQ(news.front().refused.size(), 1U);
    EXPECT_EQ(news.front().refused.front().reason,
              "launch template 1 takes more than 2097152 bytes");
    EXPECT_EQ(core.rm.books().asks.classes(), 0U);
}

TEST_F(LargeTemplates, RefuseAnAskThatWaitedForThem) {
    EXPECT_TRUE((CoreFixture::sent<MasterNews, SendToMaster>(ask(0, 10)).empty()));
    ask(2, 10);
    const Effects effects = ask(2, kLaunchSpecBytesMax);
    const auto news = CoreFixture::sent<MasterNews, SendToMaster>(effects);
    ASSERT_EQ(news.size(), 1U);
    EXPECT_FALSE(news.front().refused.empty());
    EXPECT_EQ(core.rm.books().asks.find(
                  core.rm.books().applications.all().begin()->second.current()->record.id, 1),
              nullptr);
}

TEST(Outbox, NumbersNewsThatDoNotFitIntoOneMessage) {
    Outbox<MasterNews> news;
    const std::size_t half = kMessageBytesMax / 2;
    news.room_for(half).granted.emplace_back();
    EXPECT_EQ(news.before_last(), 0U);
    news.room_for(half).granted.emplace_back();
    EXPECT_EQ(news.before_last(), 0U);
    news.room_for(1).granted.emplace_back();
    EXPECT_EQ(news.before_last(), 1U);
    std::vector<std::size_t> sizes;
    news.flush([&](const MasterNews& message) { sizes.push_back(message.granted.size()); });
    EXPECT_EQ(sizes, (std::vector<std::size_t>{2, 1}));
    news.flush([&](const MasterNews&) { FAIL() << "nothing is left"; });
}

}  // namespace
}  // namespace heddle::rm::test
