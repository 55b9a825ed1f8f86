// The index of free capacity: exact, spreading, and without looking at all nodes.

#include "resourcemanager/core/placement.h"

#include <gtest/gtest.h>

#include <tuple>

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

TEST(FreeIndex, PacksOnTheNodeWithLeastRoom) {
    FreeIndex index;
    index.set(0, Resource{8192, 8});
    index.set(1, Resource{4096, 4});
    index.set(2, Resource{2048, 4});
    index.set(3, Resource{2048, 4});
    index.set(4, Resource{1024, 16});
    const auto find = [&](const Resource& size, const std::set<NodeIndex>& avoided = {}) {
        return index.find(size, "", avoided, NodeOrder::Pack);
    };
    EXPECT_EQ(find({1024, 1}), 2U);  // of equal ones the first
    EXPECT_EQ(find({1024, 1}, {2}), 3U);
    EXPECT_EQ(find({1024, 1}, {2, 3}), 1U);
    EXPECT_EQ(find({4096, 1}), 1U);
    EXPECT_EQ(find({1024, 5}), 0U);
    EXPECT_EQ(find({1024, 9}), 4U);
    EXPECT_EQ(find({2048, 9}), std::nullopt);
    EXPECT_EQ(index.find({1024, 1}), 4U);
}

TEST(FreeIndex, PacksAsAScanOfAllNodesWould) {
    Prng prng(9);
    FreeIndex index;
    std::vector<Resource> free(100);
    for (int turn = 0; turn < 3000; ++turn) {
        const auto node = static_cast<NodeIndex>(prng.below(free.size()));
        free[node] = {prng.between(0, 16) * 256, prng.between(0, 8)};
        index.set(node, free[node]);
        const Resource size{prng.between(1, 16) * 256, prng.between(1, 8)};
        std::optional<NodeIndex> best;
        const auto room = [&](NodeIndex one) {
            return std::tuple(free[one].vcores, free[one].memory_mib, one);
        };
        for (NodeIndex one = 0; one < free.size(); ++one) {
            if (size.fits_in(free[one]) && (!best.has_value() || room(one) < room(*best))) {
                best = one;
            }
        }
        ASSERT_EQ(index.find(size, "", {}, NodeOrder::Pack), best);
    }
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

Resource random_room(Prng& prng) {
    Resource room{prng.between(0, 64) * 256, prng.between(0, 16)};
    if (prng.below(3) == 0) {
        room.named.set("gpu", prng.between(-1, 8));
    }
    if (prng.below(5) == 0) {
        room.named.set("licence", prng.between(0, 3));
    }
    return room;
}

struct Standing {
    std::optional<Resource> free;
    std::string label;
    std::string rack;
};

// Labels, racks, named resources and nodes to avoid, all against a scan.
TEST(FreeIndex, AgreesWithAScanInEveryDimension) {
    const std::string labels[] = {"", "a", "b"};
    const std::string racks[] = {"/r1", "/r2", "/r3"};
    Prng prng(11);
    FreeIndex index;
    std::vector<Standing> nodes(100);
    for (int turn = 0; turn < 20000; ++turn) {
        const auto node = static_cast<NodeIndex>(prng.below(nodes.size()));
        Standing& standing = nodes[node];
        if (prng.below(4) == 0 || turn < 100) {
            standing.label = labels[prng.below(3)];
            standing.rack = racks[prng.below(3)];
            index.move(node, standing.label, standing.rack);
        }
        standing.free = prng.below(6) == 0 ? std::nullopt : std::optional(random_room(prng));
        index.set(node, standing.free);
        Resource size = random_room(prng);
        if (size.any_negative()) {
            continue;
        }
        std::set<NodeIndex> avoided;
        for (std::uint64_t i = prng.below(3); i > 0; --i) {
            avoided.insert(static_cast<NodeIndex>(prng.below(nodes.size())));
        }
        const std::string label = labels[prng.below(3)];
        const std::string rack = racks[prng.below(3)];
        const bool on_rack = turn > 200 && prng.below(2) == 0;
        const auto right = [&](NodeIndex at) {
            const Standing& place = nodes[at];
            return place.free.has_value() && size.fits_in(*place.free) && place.label == label &&
                   !avoided.contains(at) && (!on_rack || place.rack == rack);
        };
        bool any = false;
        for (NodeIndex at = 0; at < nodes.size(); ++at) {
            any = any || right(at);
        }
        const auto found = on_rack ? index.find_on_rack(size, label, rack, avoided)
                                   : index.find(size, label, avoided);
        ASSERT_EQ(found.has_value(), any) << turn;
        ASSERT_TRUE(!found.has_value() || right(*found)) << turn;
    }
}

// One node in a hundred has gpus: those who want none leave them alone, and those who do never look
// at the others.
TEST(FreeIndex, KeepsNamedResourcesForThoseWhoAsk) {
    FreeIndex index;
    for (NodeIndex node = 0; node < 10000; ++node) {
        Resource free{65536, 16 + node % 16};
        free.named.set("gpu", node % 100 == 0 ? 4 : 0);
        index.set(node, free);
    }
    EXPECT_NE(*index.find({1024, 1}) % 100, 0U);
    const std::int64_t before = index.visited();
    for (int i = 0; i < 400; ++i) {
        const std::optional<NodeIndex> node = index.find({1024, 1, {{"gpu", 1}}});
        ASSERT_TRUE(node.has_value() && *node % 100 == 0);
        Resource free{65536, 16 + *node % 16};
        free.named.set("gpu", 3 - i % 4);  // what is begun is used up first
        index.set(*node, free);
    }
    EXPECT_EQ(index.find({1024, 1, {{"gpu", 1}}}), std::nullopt);
    EXPECT_EQ(index.find({1, 1, {{"fpga", 1}}}), std::nullopt);
    EXPECT_LE(index.visited() - before, 400);
}

// A rack is looked through once, by the first question about it.
TEST(FreeIndex, VisitsFewNodesOnARack) {
    FreeIndex index;
    for (NodeIndex node = 0; node < 10000; ++node) {
        index.move(node, "", "/rack-" + std::to_string(node % 200));
        index.set(node, Resource{65536, 32});
    }
    for (int i = 0; i < 1000; ++i) {
        const std::optional<NodeIndex> node = index.find_on_rack({65536, 32}, "", "/rack-7");
        ASSERT_EQ(node.has_value(), i < 50);
        if (node.has_value()) {
            ASSERT_EQ(*node % 200, 7U);
            index.set(*node, Resource{0, 0});
        }
    }
    EXPECT_LE(index.visited(), 50 + 1000);
    EXPECT_EQ(index.find_on_rack({1, 1}, "", "/nowhere"), std::nullopt);
}

}  // namespace
}  // namespace heddle::rm
