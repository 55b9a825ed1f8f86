// Partitions put together by their places, and by the program's own choice.
#include "client/api/coalesce.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include <heddle/heddle.h>

#include "tests/support/inline_runner.h"

namespace heddle {
namespace {

using Hosts = std::vector<std::vector<std::string>>;
using Groups = std::vector<PartitionGroup>;

TEST(Coalesce, KeepsMachinesTogether) {
    const Hosts hosts = {{"a"}, {"b"}, {"a"}, {"b"}, {"a"}, {"b"}, {"a"}, {"b"}};
    EXPECT_EQ(api::groups_by_place(hosts, 2), (Groups{{0, 2, 4, 6}, {1, 3, 5, 7}}));
    EXPECT_EQ(api::groups_by_place(hosts, 4), (Groups{{0, 4}, {1, 5}, {2, 6}, {3, 7}}));
}

TEST(Coalesce, BalancesBeforeItKeepsTogether) {
    // All but one on one machine, of two groups: none is more than a tenth above the mean.
    Hosts hosts(20, {"a"});
    hosts.back() = {"b"};
    const Groups groups = api::groups_by_place(hosts, 2);
    ASSERT_EQ(groups.size(), 2U);
    EXPECT_LE(std::max(groups[0].size(), groups[1].size()), 11U);
    EXPECT_EQ(groups[0].size() + groups[1].size(), 20U);
}

TEST(Coalesce, UsesEveryMachineOfAPartition) {
    const Hosts hosts = {{"a", "b"}, {"b"}, {"a"}, {"c", "a"}, {"c"}, {}};
    const Groups groups = api::groups_by_place(hosts, 3);
    std::vector<std::int32_t> all;
    for (const PartitionGroup& group : groups) {
        all.insert(all.end(), group.begin(), group.end());
        EXPECT_LE(group.size(), 3U);
        EXPECT_TRUE(std::is_sorted(group.begin(), group.end()));
    }
    std::sort(all.begin(), all.end());
    EXPECT_EQ(all, (std::vector<std::int32_t>{0, 1, 2, 3, 4, 5}));
}

TEST(Coalesce, IsOfNeighboursWherePlacesSayNothing) {
    EXPECT_TRUE(api::groups_by_place(Hosts(4), 2).empty());
    EXPECT_TRUE(api::groups_by_place(Hosts(4, {"a"}), 2).empty());
}

class CoalesceOfTheProgram : public ::testing::Test {
protected:
    CoalesceOfTheProgram() : context_(std::make_unique<test::InlineRunner>()) {}
    Rdd<int> numbers(int count, int slices) {
        std::vector<int> out(static_cast<std::size_t>(count));
        std::iota(out.begin(), out.end(), 0);
        return context_.parallelize(out, slices);
    }
    Context context_;
};

TEST_F(CoalesceOfTheProgram, ReadsWhatTheGroupsSayInTheirOrder) {
    std::size_t seen = 0;
    const auto mine = [&seen](std::int32_t wanted, const std::vector<PartitionInfo>& all) {
        EXPECT_EQ(wanted, 3);
        seen = all.size();
        return Groups{{5, 0}, {}, {1, 2, 4}};
    };
    const auto rows = numbers(6, 6).coalesce(3, mine);
    EXPECT_EQ(seen, 6U);
    EXPECT_EQ(rows.glom().collect(), (std::vector<std::vector<int>>{{5, 0}, {}, {1, 2, 4}}));
    EXPECT_EQ(rows.get_num_partitions(), 3);
    EXPECT_EQ(rows.coalesce(1).collect(), (std::vector<int>{5, 0, 1, 2, 4}));
    EXPECT_EQ(rows.map([](int x) { return std::pair(x % 2, x); })
                  .reduce_by_key([](int a, int b) { return a + b; })
                  .collect_as_map(),
              (std::map<int, int>{{0, 6}, {1, 6}}));
}

TEST_F(CoalesceOfTheProgram, TakesFewDependenciesForRegularGroups) {
    const auto deal = [](std::int32_t wanted, const std::vector<PartitionInfo>& all) {
        Groups groups(static_cast<std::size_t>(wanted));
        for (const PartitionInfo& one : all) {
            groups[static_cast<std::size_t>(one.index % wanted)].push_back(one.index);
        }
        return groups;
    };
    const auto rows = numbers(1000, 1000).coalesce(10, deal);
    EXPECT_EQ(rows.handle()->node.dependencies.size(), 100U);
    EXPECT_EQ(rows.glom().collect().at(3).at(7), 73);
    std::vector<int> backwards(1000);
    std::iota(backwards.rbegin(), backwards.rend(), 0);
    const auto turned =
        numbers(1000, 1000).coalesce(1, [](std::int32_t, const std::vector<PartitionInfo>& all) {
            Groups groups(1);
            for (auto at = all.rbegin(); at != all.rend(); ++at) {
                groups[0].push_back(at->index);
            }
            return groups;
        });
    EXPECT_EQ(turned.collect(), backwards);
}

TEST_F(CoalesceOfTheProgram, RefusesWhatIsNotThereAndWhatComesTwice) {
    const auto refusal = [&](const Groups& groups) -> std::string {
        try {
            (void)numbers(4, 4).coalesce(
                2, [&](std::int32_t, const std::vector<PartitionInfo>&) { return groups; });
        } catch (const UsageError& error) {
            return error.what();
        }
        return "accepted";
    };
    EXPECT_NE(refusal({{0, 4}}).find("partition 4"), std::string::npos);
    EXPECT_NE(refusal({{0, -1}}).find("partition -1"), std::string::npos);
    EXPECT_NE(refusal({{0}, {1, 0}}).find("partition 0 twice"), std::string::npos);
    EXPECT_NE(refusal({{}, {}}).find("names no partition"), std::string::npos);
    EXPECT_EQ(refusal({{3}}), "accepted");
}

}  // namespace
}  // namespace heddle
