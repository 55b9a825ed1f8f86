#include "resourcemanager/core/capacities.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "common/base/prng.h"

namespace heddle::rm {
namespace {

Share weight(std::int64_t value) {
    return {Share::Kind::Weight, value * 1000};
}
Share percent(std::int64_t value) {
    return {Share::Kind::Percent, value * 1000};
}
Share absolute(std::int64_t value) {
    return {Share::Kind::Absolute, value};
}

QueueConfig queue(std::string path, ShareVector guaranteed,
                  ShareVector maximum = QueueCapacity{}.maximum) {
    QueueConfig config = queue_config(std::move(path));
    config.capacity[kNoLabel] = {std::move(guaranteed), std::move(maximum)};
    return config;
}

std::map<std::string, Entitlement> by_path(std::vector<QueueConfig> configs, const Resource& total,
                                           const std::string& label = kNoLabel) {
    const std::vector<QueueConfig> queues = normalised(std::move(configs));
    const auto found = effective_capacities(queues, parents_of(queues), label, total);
    std::map<std::string, Entitlement> result;
    for (std::size_t i = 0; i < queues.size(); ++i) {
        result[queues[i].path] = found[i];
    }
    return result;
}

TEST(Normalised, AddsRootAndParentsBeforeChildrenAndKeepsTheOrderOfSiblings) {
    std::vector<std::string> paths;
    for (const QueueConfig& config :
         normalised({queue_config("root.b.x"), queue_config("root.a"), queue_config("root.b")})) {
        paths.push_back(config.path);
        EXPECT_TRUE(config.capacity.contains(kNoLabel));
    }
    EXPECT_EQ(paths, (std::vector<std::string>{"root", "root.a", "root.b", "root.b.x"}));
}

TEST(Normalised, MakesParentsThatNobodyNamed) {
    const auto queues = normalised({queue_config("root.a.b.c")});
    ASSERT_EQ(queues.size(), 4U);
    EXPECT_EQ(queues[3].path, "root.a.b.c");
    EXPECT_EQ(parents_of(queues), (std::vector<std::uint32_t>{0, 0, 1, 2}));
}

TEST(Capacities, ServesAbsoluteThenPercentOfTheRestThenWeights) {
    const auto found = by_path(
        {queue("root.a", {absolute(0), {{"memory", absolute(4096)}, {"vcores", percent(50)}}}),
         queue("root.b", {weight(1), {{"memory", percent(25)}}}),
         queue("root.c", {weight(3), {{"vcores", absolute(20)}}})},
        {20480, 100});
    EXPECT_EQ(found.at("root.a").guaranteed, (Resource{4096, 40}));   // half of 100 - 20
    EXPECT_EQ(found.at("root.b").guaranteed, (Resource{4096, 40}));   // a quarter of 16384
    EXPECT_EQ(found.at("root.c").guaranteed, (Resource{12288, 20}));  // what is left
}

TEST(Capacities, DividesByWeightWithoutLosingAUnit) {
    const auto found = by_path({queue("root.a", {weight(1), {}}), queue("root.b", {weight(1), {}}),
                                queue("root.c", {weight(1), {}})},
                               {100, 2});
    EXPECT_EQ(found.at("root.a").guaranteed, (Resource{34, 1}));
    EXPECT_EQ(found.at("root.b").guaranteed, (Resource{33, 1}));
    EXPECT_EQ(found.at("root.c").guaranteed, (Resource{33, 0}));
}

TEST(Capacities, DividesFurtherDownWhatTheParentGot) {
    const auto found =
        by_path({queue("root.a", {percent(60), {}}), queue("root.b", {percent(40), {}}),
                 queue("root.a.x", {percent(30), {}}), queue("root.a.y", {percent(70), {}})},
                {1000, 100});
    EXPECT_EQ(found.at("root.a.x").guaranteed, (Resource{180, 18}));
    EXPECT_EQ(found.at("root.a.y").guaranteed, (Resource{420, 42}));
}

TEST(Capacities, ScalesAbsoluteAmountsDownTogether) {
    const auto found =
        by_path({queue("root.a", {absolute(600), {}}), queue("root.b", {absolute(300), {}}),
                 queue("root.c", {weight(1), {}})},
                {450, 90});
    EXPECT_EQ(found.at("root.a").guaranteed, (Resource{300, 60}));
    EXPECT_EQ(found.at("root.b").guaranteed, (Resource{150, 30}));
    EXPECT_EQ(found.at("root.c").guaranteed, (Resource{0, 0}));
}

TEST(Capacities, LimitsByPercentOfTheParentsMaximumOrAbsolutely) {
    const auto found =
        by_path({queue("root.a", {weight(1), {}}, {percent(50), {}}),
                 queue("root.a.x", {weight(1), {}}, {percent(50), {{"vcores", absolute(70)}}}),
                 queue("root.b", {weight(9), {}}, {percent(20), {}})},
                {1000, 100});
    EXPECT_EQ(found.at("root.a").maximum, (Resource{500, 50}));
    EXPECT_EQ(found.at("root.a.x").maximum, (Resource{250, 50}));   // not above the parent's 50
    EXPECT_EQ(found.at("root.b").guaranteed, (Resource{200, 20}));  // not above its own maximum
}

TEST(Capacities, GivesALabelOnlyToThoseWhoMayUseIt) {
    QueueConfig a = queue("root.a", {weight(1), {}});
    a.labels = {"gpu"};
    a.capacity["gpu"] = {{percent(100), {}}, QueueCapacity{}.maximum};
    QueueConfig b = queue("root.b", {weight(1), {}});
    b.labels = std::vector<std::string>{};
    b.capacity["gpu"] = {{percent(100), {}}, QueueCapacity{}.maximum};
    QueueConfig child = queue("root.a.x", {weight(1), {}});
    const auto found = by_path({a, b, child, queue("root.c", {weight(1), {}})}, {100, 10}, "gpu");
    EXPECT_EQ(found.at("root.a").guaranteed, (Resource{100, 10}));
    EXPECT_EQ(found.at("root.a.x"), (Entitlement{{0, 0}, {100, 10}}));  // inherited access
    EXPECT_EQ(found.at("root.b"), (Entitlement{}));
    EXPECT_EQ(found.at("root.c"), (Entitlement{{0, 0}, {100, 10}}));
}

TEST(Capacities, DividesWhatNodesHaveByNameAsMemoryAndVcores) {
    const auto found =
        by_path({queue("root.a", {weight(1), {{"gpu", absolute(3)}}}, {percent(50), {}}),
                 queue("root.b", {weight(1), {}})},
                {100, 10, {{"gpu", 8}}});
    EXPECT_EQ(found.at("root.a"), (Entitlement{{50, 5, {{"gpu", 3}}}, {50, 5, {{"gpu", 4}}}}));
    EXPECT_EQ(found.at("root.b"), (Entitlement{{50, 5, {{"gpu", 5}}}, {100, 10, {{"gpu", 8}}}}));
}

TEST(Capacities, StaysExactWithHugeNumbers) {
    constexpr std::int64_t kHuge = INT64_MAX / 4;
    const auto found =
        by_path({queue("root.a", {{Share::Kind::Weight, INT64_MAX}, {}}),
                 queue("root.b", {{Share::Kind::Weight, INT64_MAX}, {}}),
                 queue("root.c", {{Share::Kind::Absolute, INT64_MAX}, {{"vcores", weight(1)}}})},
                {kHuge, 8});
    EXPECT_EQ(found.at("root.c").guaranteed.memory_mib, kHuge);
    EXPECT_EQ(found.at("root.a").guaranteed, (Resource{0, 4}));
}

// Trees of random shape: sums stay within parents, maxima hold, the order of siblings does not
// matter, and a larger cluster takes no more than the units of rounding from anyone.
class RandomCapacities : public testing::TestWithParam<std::uint64_t> {};

std::vector<QueueConfig> random_tree(Prng& prng, bool with_absolute) {
    std::vector<QueueConfig> queues;
    std::vector<std::string> parents = {"root"};
    const auto share = [&]() -> Share {
        switch (prng.below(with_absolute ? 3 : 2)) {
            case 0:
                return {Share::Kind::Weight, static_cast<std::int64_t>(prng.below(9000))};
            case 1:
                return {Share::Kind::Percent, static_cast<std::int64_t>(prng.below(60'000))};
            default:
                return {Share::Kind::Absolute, static_cast<std::int64_t>(prng.below(4000))};
        }
    };
    for (int i = 0; i < 20; ++i) {
        const std::string path = parents[prng.below(parents.size())] + ".q" + std::to_string(i);
        QueueConfig config = queue(path, {share(), {{"vcores", share()}}});
        if (prng.below(3) == 0) {
            config.capacity[kNoLabel].maximum.all = {
                Share::Kind::Percent, static_cast<std::int64_t>(prng.below(100'001))};
        }
        queues.push_back(std::move(config));
        parents.push_back(path);
    }
    return queues;
}

TEST_P(RandomCapacities, AddUpUnderEveryParent) {
    Prng prng(GetParam());
    for (int round = 0; round < 50; ++round) {
        const auto queues = normalised(random_tree(prng, true));
        const auto parents = parents_of(queues);
        const Resource total{static_cast<std::int64_t>(prng.below(100'000)),
                             static_cast<std::int64_t>(prng.below(500))};
        const auto found = effective_capacities(queues, parents, kNoLabel, total);
        std::vector<Resource> below(queues.size());
        for (std::size_t i = 1; i < queues.size(); ++i) {
            below[parents[i]] += found[i].guaranteed;
            EXPECT_TRUE(found[i].guaranteed.fits_in(found[i].maximum)) << queues[i].path;
            EXPECT_TRUE(found[i].maximum.fits_in(found[parents[i]].maximum)) << queues[i].path;
        }
        for (std::size_t i = 0; i < queues.size(); ++i) {
            EXPECT_TRUE(below[i].fits_in(found[i].guaranteed)) << queues[i].path;
        }
    }
}

TEST_P(RandomCapacities, DoNotDependOnTheOrderOfSiblings) {
    Prng prng(GetParam());
    for (int round = 0; round < 50; ++round) {
        auto queues = random_tree(prng, true);
        const Resource total{static_cast<std::int64_t>(prng.below(100'000)), 97};
        const auto before = by_path(queues, total);
        std::ranges::reverse(queues);
        EXPECT_EQ(before, by_path(queues, total));
    }
}

TEST_P(RandomCapacities, GrowWithTheCluster) {
    Prng prng(GetParam());
    for (int round = 0; round < 50; ++round) {
        const auto queues = random_tree(prng, false);
        const auto total = static_cast<std::int64_t>(prng.below(100'000));
        const auto small = by_path(queues, {total, 97});
        const auto large = by_path(queues, {total + total / 2 + 200, 97});
        for (const auto& [path, entitlement] : small) {
            const std::int64_t depth = std::ranges::count(path, '.');
            EXPECT_GE(large.at(path).guaranteed.memory_mib + depth,
                      entitlement.guaranteed.memory_mib)
                << path;
            EXPECT_GE(large.at(path).maximum.memory_mib, entitlement.maximum.memory_mib) << path;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomCapacities, testing::Values(1, 2, 3, 4, 5));

TEST(Capacities, DivideWhatNodesHaveByName) {
    ShareVector a{weight(1), {{"gpu", absolute(3)}}};
    const auto found = by_path({queue("root.a", a), queue("root.b", {weight(3), {}})},
                               {4000, 8, {{"gpu", 8}, {"licence", 100}}});
    EXPECT_EQ(found.at("root").maximum, (Resource{4000, 8, {{"gpu", 8}, {"licence", 100}}}));
    EXPECT_EQ(found.at("root.a").guaranteed.named, (NamedCounts{{"gpu", 3}, {"licence", 25}}));
    EXPECT_EQ(found.at("root.b").guaranteed.named, (NamedCounts{{"gpu", 5}, {"licence", 75}}));
    EXPECT_EQ(found.at("root.b").maximum.named, (NamedCounts{{"gpu", 8}, {"licence", 100}}));
}

}  // namespace
}  // namespace heddle::rm
