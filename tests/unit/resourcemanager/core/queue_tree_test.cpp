// Queues by path and name, and use charged to all levels.

#include "resourcemanager/core/queue_tree.h"

#include <gtest/gtest.h>

namespace heddle::rm {
namespace {

TEST(QueueTree, FindsLeavesByPathAndName) {
    const QueueTree tree({queue_config("root.default"), queue_config("root.team.etl"),
                          queue_config("root.other.etl")});
    EXPECT_EQ(tree.at(tree.find_leaf("").value()).path, "root.default");
    EXPECT_EQ(tree.at(tree.find_leaf("default").value()).path, "root.default");
    EXPECT_EQ(tree.at(tree.find_leaf("root.team.etl").value()).path, "root.team.etl");
    EXPECT_EQ(tree.find_leaf("etl").error().code, ErrorCode::NotFound);
    EXPECT_EQ(tree.find_leaf("nope").error().message, "no queue named 'nope'");
    EXPECT_EQ(tree.find_leaf("root.team").error().code, ErrorCode::InvalidArgument);
}

TEST(QueueTree, ChargesEveryLevel) {
    QueueTree tree({queue_config("root.a.x"), queue_config("root.b")});
    const QueueIndex leaf = tree.find_leaf("x").value();
    tree.charge(leaf, {1024, 1}, true);
    tree.charge(leaf, {2048, 2}, false);
    EXPECT_EQ(tree.at(0).used, (Resource{3072, 3}));
    EXPECT_EQ(tree.at(0).used_by_masters, (Resource{1024, 1}));
    EXPECT_TRUE(tree.before(tree.find_leaf("b").value(), leaf, {8192, 8}));
    tree.check();
    tree.refund(leaf, {1024, 1}, true);
    tree.refund(leaf, {2048, 2}, false);
    EXPECT_TRUE(tree.at(0).used.is_zero());
    tree.check();
}

}  // namespace
}  // namespace heddle::rm
