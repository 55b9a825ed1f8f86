// Queues by path and name, and use charged to all levels.

#include "resourcemanager/core/queue_tree.h"

#include <gtest/gtest.h>

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
    EXPECT_EQ(tree.find_leaf("nope").error().message, "no queue named 'nope'");
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

}  // namespace
}  // namespace heddle::rm
