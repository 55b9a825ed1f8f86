// The index of free capacity: exact, spreading, and without looking at all nodes.

#include "resourcemanager/core/placement.h"

#include <gtest/gtest.h>

#include "common/base/prng.h"

namespace heddle::rm {
namespace {

TEST(FreeIndex, FindsTheRoomiestNode) {
    FreeIndex index;
    index.set(0, Resource{4096, 4});
    index.set(1, Resource{8192, 4});
    index.set(2, Resource{1024, 8});
    EXPECT_EQ(index.find({1024, 1}), 2U);
    EXPECT_EQ(index.find({2048, 1}), 1U);
    EXPECT_EQ(index.find({8192, 4}), 1U);
    EXPECT_EQ(index.find({8193, 1}), std::nullopt);
    EXPECT_EQ(index.find({1, 9}), std::nullopt);
    index.set(1, std::nullopt);
    EXPECT_EQ(index.find({2048, 1}), 0U);
}

TEST(FreeIndex, AgreesWithAScanOfAllNodes) {
    Prng prng(7);
    FreeIndex index;
    std::vector<Resource> free(200);
    for (int turn = 0; turn < 5000; ++turn) {
        const auto node = static_cast<NodeIndex>(prng.below(free.size()));
        free[node] = {prng.between(0, 64) * 256, prng.between(0, 16)};
        index.set(node, free[node]);
        const Resource size{prng.between(1, 64) * 256, prng.between(1, 16)};
        bool any = false;
        for (const Resource& room : free) {
            any = any || size.fits_in(room);
        }
        const std::optional<NodeIndex> found = index.find(size);
        ASSERT_EQ(found.has_value(), any);
        ASSERT_TRUE(!found.has_value() || size.fits_in(free[*found]));
    }
}

// Ten times the nodes, the same looks: at most one per number of free vcores that occurs.
TEST(FreeIndex, VisitsFewNodesHoweverManyThereAre) {
    for (const NodeIndex nodes : {1000U, 10000U}) {
        FreeIndex index;
        Prng prng(3);
        std::vector<Resource> free;
        for (NodeIndex node = 0; node < nodes; ++node) {
            free.push_back({prng.between(0, 128) * 1024, prng.between(0, 32)});
            index.set(node, free.back());
        }
        const int questions = 1000;
        for (int i = 0; i < questions; ++i) {
            const Resource size{1024 * prng.between(1, 8), prng.between(1, 4)};
            if (const std::optional<NodeIndex> node = index.find(size)) {
                free[*node] -= size;
                index.set(*node, free[*node]);
            }
        }
        EXPECT_LE(index.visited(), questions * 33);
        EXPECT_GT(index.visited(), 0);
    }
}

}  // namespace
}  // namespace heddle::rm
