// Queues by path and name, and use charged to all levels.

#include "resourcemanager/core/queue_tree.h"

#include <gtest/gtest.h>

#include "resourcemanager/core/limits.h"
#include "resourcemanager/core/shares.h"

namespace heddle::rm {
namespace {

SchedulerConfig configured(std::vector<QueueConfig> queues) {
    SchedulerConfig config;
    config.queues = std::move(queues);
    return config;
}

TEST(QueueTree, FindsLeavesByPathAndName) {
    const QueueTree tree(configured({queue_config("root.default"), queue_config("root.team.etl"),
                                     queue_config("root.other.etl")}));
    EXPECT_EQ(tree.at(tree.find_leaf("").value()).path, "root.default");
    EXPECT_EQ(tree.at(tree.find_leaf("default").value()).path, "root.default");
    EXPECT_EQ(tree.at(tree.find_leaf("root.team.etl").value()).path, "root.team.etl");
    EXPECT_EQ(tree.find_leaf("etl").error().code, ErrorCode::NotFound);
    EXPECT_EQ(tree.find_leaf("nope").error().message,
              "no queue named 'nope'; name one that is there (rmctl queue list shows them)");
    EXPECT_EQ(tree.find_leaf("root.team").error().code, ErrorCode::InvalidArgument);
}

TEST(QueueTree, ChargesEveryLevel) {
    QueueTree tree(configured({queue_config("root.a.x"), queue_config("root.b")}));
    const ApplicationId app{1, 1};
    tree.enter({app, tree.find_leaf("x").value(), "alice", 0, 1});
    tree.charge(app, kNoLabel, {1024, 1}, true);
    tree.charge(app, kNoLabel, {2048, 2}, false);
    EXPECT_EQ(tree.at(0).used, (Resource{3072, 3}));
    EXPECT_EQ(tree.at(0).used_by_masters, (Resource{1024, 1}));
    tree.check();
    tree.refund(app, kNoLabel, {1024, 1}, true);
    tree.leave(app);
    EXPECT_NE(tree.seat(app), nullptr);  // it still holds something
    tree.refund(app, kNoLabel, {2048, 2}, false);
    EXPECT_EQ(tree.seat(app), nullptr);
    EXPECT_TRUE(tree.at(0).used.is_zero());
    tree.check();
}

TEST(Shares, CountNamedResources) {
    const Resource whole{8192, 8, {{"gpu", 4}}};
    EXPECT_EQ(dominant_share({1024, 1, {{"gpu", 2}}}, whole), kWholeShare / 2);
    EXPECT_EQ(dominant_share({6144, 1, {{"gpu", 2}}}, whole), kWholeShare / 4 * 3);
    EXPECT_GE(dominant_share({1, 0, {{"fpga", 1}}}, whole), kWholeShare);  // there is none of it
    EXPECT_EQ(scaled(whole, 500), (Resource{4096, 4, {{"gpu", 2}}}));
    EXPECT_EQ(scaled({1024, 1, {{"gpu", 1}}}, 500), (Resource{512, 0}));
}

TEST(Limits, RaiseNamedResourcesToTheLeast) {
    Config config;
    config.scheduler.container_min = {256, 1, {{"license", 1}}};
    const Books books(std::move(config));
    EXPECT_EQ(at_least_minimum(books, {100, 2}), (Resource{256, 2, {{"license", 1}}}));
    EXPECT_EQ(at_least_minimum(books, {512, 2, {{"license", 2}}}),
              (Resource{512, 2, {{"license", 2}}}));
}

// Half of four gpus for masters: two of one each.
TEST(QueueTree, CountsNamedResourcesAgainstTheShareOfMasters) {
    QueueTree tree(configured({queue_config("root.q")}));
    tree.refresh({{kNoLabel, {8192, 8, {{"gpu", 4}}}}});
    const Shape master{1, {512, 1, {{"gpu", 1}}}, kNoLabel, AskKind::Master};
    const QueueIndex leaf = tree.find_leaf("q").value();
    for (std::uint64_t i = 1; i <= 3; ++i) {
        const ApplicationId app{1, static_cast<std::int32_t>(i)};
        tree.enter({app, leaf, "alice", 0, i});
        const auto refusal = tree.refusal(app, master);
        EXPECT_EQ(refusal.has_value(), i == 3) << i;
        if (refusal.has_value()) {
            EXPECT_EQ(refusal->limit, Limit::QueueMasters);
            EXPECT_EQ(refusal->bound.named.get("gpu"), 2);
        } else {
            tree.charge(app, kNoLabel, master.size, true);
        }
    }
}

// Three quarters of what the queue is owed: three of four gpus.
TEST(QueueTree, CountsNamedResourcesAgainstTheFactorOfUsers) {
    QueueConfig queue = queue_config("root.q");
    queue.user_limit_factor = 750;
    QueueTree tree(configured({queue}));
    tree.refresh({{kNoLabel, {8192, 8, {{"gpu", 4}}}}});
    const ApplicationId app{1, 1};
    tree.enter({app, tree.find_leaf("q").value(), "alice", 0, 1});
    const Shape shape{1, {512, 1, {{"gpu", 1}}}, kNoLabel, AskKind::Ordinary};
    for (std::int32_t i = 0; i < 3; ++i) {
        EXPECT_FALSE(tree.refusal(app, shape).has_value()) << i;
        tree.charge(app, kNoLabel, shape.size, false);
    }
    const auto refusal = tree.refusal(app, shape);
    ASSERT_TRUE(refusal.has_value());
    EXPECT_EQ(refusal->limit, Limit::UserFactor);
    EXPECT_EQ(refusal->bound, (Resource{6144, 6, {{"gpu", 3}}}));
}

// A user's use counts for the weight, which another configuration may change while nobody asks.
TEST(QueueTree, WeighsUseAnewWithAnotherConfiguration) {
    QueueConfig queue = queue_config("root.q");
    QueueTree tree(configured({queue}));
    tree.refresh({{kNoLabel, {8192, 8}}});
    const ApplicationId app{1, 1};
    tree.enter({app, tree.find_leaf("q").value(), "alice", 0, 1});
    tree.charge(app, kNoLabel, {4096, 4}, false);
    queue.user_weights["alice"] = 2000;
    tree.reconfigure(configured({queue}));
    tree.check();
    EXPECT_EQ(part_of(tree.user(tree.seat(app)->user), 0).use, kWholeShare / 4);
}

QueueConfig with_gpu(const std::string& path, std::int64_t owed, std::int64_t most) {
    QueueConfig queue = queue_config(path);
    queue.capacity["gpu"].guaranteed.all = {Share::Kind::Percent, owed * 1000};
    queue.capacity["gpu"].maximum.all = {Share::Kind::Percent, most * 1000};
    return queue;
}

// What is held on some nodes counts nowhere else, and limits are those of the nodes.
TEST(QueueTree, HoldsLimitsLabelByLabel) {
    QueueTree tree(configured({with_gpu("root.a", 50, 50), with_gpu("root.b", 50, 100)}));
    tree.refresh({{kNoLabel, {8192, 8}}, {"gpu", {4096, 4}}});
    const ApplicationId app{1, 1};
    const QueueIndex leaf = tree.find_leaf("a").value();
    tree.enter({app, leaf, "alice", 0, 1});
    const Shape gpu{1, {1024, 1}, "gpu", AskKind::Ordinary};
    const Shape plain{2, {1024, 1}, kNoLabel, AskKind::Ordinary};
    tree.charge(app, kNoLabel, {6144, 6}, false);
    EXPECT_FALSE(tree.refusal(app, gpu).has_value());
    tree.charge(app, "gpu", {2048, 2}, false);
    const auto refusal = tree.refusal(app, gpu);
    ASSERT_TRUE(refusal.has_value());
    EXPECT_EQ(refusal->limit, Limit::QueueMaximum);
    EXPECT_EQ(refusal->queue, leaf);
    EXPECT_EQ(refusal->used, (Resource{2048, 2}));
    EXPECT_EQ(refusal->bound, (Resource{2048, 2}));
    EXPECT_FALSE(tree.refusal(app, plain).has_value());
    EXPECT_EQ(tree.at(leaf).used, (Resource{8192, 8}));
    tree.check();
}

// One that is configured no more and has nothing is no partition any more; the next one takes its
// place, with nothing of what was there.
TEST(QueueTree, ForgetsLabelsThatWereRemoved) {
    SchedulerConfig config = configured({queue_config("root.a")});
    config.labels = {{"gpu", true}, {"ssd", true}};
    QueueTree tree(config);
    const std::map<std::string, Resource> totals = {{kNoLabel, {8192, 8}}, {"gpu", {}}};
    tree.refresh(totals);
    const ApplicationId app{1, 1};
    tree.enter({app, tree.find_leaf("a").value(), "alice", 0, 1});
    tree.charge(app, "gpu", {1024, 1}, false);
    config.labels = {{"ssd", true}};
    tree.reconfigure(config);
    tree.refresh(totals);
    EXPECT_TRUE(tree.labels().contains("gpu"));  // something is held there
    tree.refund(app, "gpu", {1024, 1}, false);
    tree.reconfigure(config);
    tree.refresh(totals);
    EXPECT_FALSE(tree.labels().contains("gpu"));
    EXPECT_TRUE(tree.labels().contains("ssd"));
    EXPECT_EQ(tree.label_index("gpu"), UINT32_MAX);
    tree.check();
    config.labels = {{"ssd", true}, {"tpu", true}};
    tree.reconfigure(config);
    tree.refresh({{kNoLabel, {8192, 8}}, {"tpu", {4096, 4}}});
    EXPECT_LT(tree.label_index("tpu"), 3U);
    EXPECT_EQ(tree.total("tpu"), (Resource{4096, 4}));
    tree.check();
}

// Half of the masters' share for each of two users that want masters; all of it for the only one.
TEST(QueueTree, SharesTheMastersLimitAmongUsersThatWantMasters) {
    QueueConfig queue = queue_config("root.q");
    queue.user_limit_percent_min = 50;
    QueueTree tree(configured({queue}));
    tree.refresh({{kNoLabel, {8192, 8}}});
    const QueueIndex leaf = tree.find_leaf("q").value();
    const Shape master{1, {1024, 1}, kNoLabel, AskKind::Master};
    for (std::int32_t i = 1; i <= 4; ++i) {
        tree.enter({{1, i}, leaf, i < 4 ? "ada" : "bob", 0, static_cast<std::uint64_t>(i)});
    }
    tree.charge({1, 1}, kNoLabel, master.size, true);
    tree.charge({1, 2}, kNoLabel, master.size, true);
    const AskSlot of_ada{0, {{1, 3}, 1}, 0};
    const AskSlot of_bob{0, {{1, 4}, 1}, 0};
    tree.open(of_ada, master.id, kNoLabel, true);
    EXPECT_FALSE(tree.refusal({1, 3}, master).has_value());
    tree.open(of_bob, master.id, kNoLabel, true);
    const auto refusal = tree.refusal({1, 3}, master);
    ASSERT_TRUE(refusal.has_value());
    EXPECT_EQ(refusal->limit, Limit::UserMasters);
    EXPECT_EQ(refusal->used, (Resource{2048, 2}));
    EXPECT_EQ(refusal->bound, (Resource{2048, 2}));
    EXPECT_EQ(tree.user_masters_max(leaf, kNoLabel), (Resource{2048, 2}));
    EXPECT_FALSE(tree.refusal({1, 4}, master).has_value());
    EXPECT_TRUE(tree.block_if_refused({1, 3}, master));
    tree.check();
    tree.close(of_bob, kNoLabel);
    EXPECT_FALSE(tree.refusal({1, 3}, master).has_value());
    tree.check();
}

// What an ask without a label has borrowed stands in nobody's way but on the node.
TEST(QueueTree, CountsWhatIsLentAgainstNoLimit) {
    QueueTree tree(configured({with_gpu("root.a", 50, 50)}));
    tree.refresh({{kNoLabel, {8192, 8}}, {"gpu", {4096, 4}}});
    const ApplicationId app{1, 1};
    const QueueIndex leaf = tree.find_leaf("a").value();
    tree.enter({app, leaf, "alice", 0, 1});
    tree.charge(app, "gpu", {4096, 4}, false, true);
    EXPECT_FALSE(tree.refusal(app, {1, {1024, 1}, "gpu", AskKind::Ordinary}).has_value());
    EXPECT_EQ(part_of(tree.at(leaf), tree.label_index("gpu")).lent, (Resource{4096, 4}));
    EXPECT_EQ(tree.at(0).used, (Resource{4096, 4}));
    tree.check();
    tree.refund(app, "gpu", {4096, 4}, false, true);
    tree.leave(app);
    EXPECT_TRUE(tree.at(0).used.is_zero());
    tree.check();
}

}  // namespace
}  // namespace heddle::rm
