// Amounts with named resources: arithmetic and fit in every dimension, nothing stored for zero.

#include "common/base/resource.h"

#include <gtest/gtest.h>

#include <set>
#include <utility>

namespace heddle {
namespace {

Resource with(std::int64_t gpus) {
    return {4096, 2, {{"gpu", gpus}}};
}

TEST(Resource, ZeroCountsAreNotStored) {
    EXPECT_EQ(with(0), (Resource{4096, 2}));
    EXPECT_TRUE((with(2) - with(2)).is_zero());
    EXPECT_FALSE((Resource{0, 0, {{"gpu", 1}}}).is_zero());
    EXPECT_TRUE((with(2) * 0).is_zero());
    Resource sum = with(1);
    sum += {0, 0, {{"fpga", 3}, {"gpu", -1}}};
    EXPECT_EQ(sum.named, (NamedCounts{{"fpga", 3}}));
}

TEST(Resource, FitsOnlyInEveryDimension) {
    EXPECT_TRUE(with(1).fits_in(with(2)));
    EXPECT_FALSE(with(2).fits_in(with(1)));
    EXPECT_FALSE(with(1).fits_in(Resource{8192, 8}));
    EXPECT_TRUE((Resource{1, 1}).fits_in(with(2)));
    EXPECT_FALSE((Resource{1, 1}).fits_in(with(-1)));
    EXPECT_TRUE(with(-1).any_negative());
    EXPECT_FALSE(with(1).any_negative());
}

TEST(Resource, PassesABoundOnlyByWhatItHas) {
    const Resource bound{8192, 8, {{"gpu", 1}}};
    EXPECT_FALSE((Resource{4096, 4}).passes({4096, 4, {{"gpu", 3}}}, bound));
    EXPECT_TRUE((Resource{4097, 4}).passes({4096, 4}, bound));
    EXPECT_TRUE((Resource{1, 4}).passes({4096, 5}, bound));
    EXPECT_FALSE((Resource{1, 0}).passes({4096, 9}, bound));
    EXPECT_TRUE((Resource{0, 0, {{"gpu", 1}}}).passes({0, 0, {{"gpu", 1}}}, bound));
    EXPECT_TRUE((Resource{0, 0, {{"fpga", 1}}}).passes({}, bound));
    EXPECT_FALSE(Resource{}.passes({9000, 9, {{"gpu", 2}}}, bound));
}

TEST(Resource, AddsAndSubtractsFromItself) {
    Resource amount = with(3);
    const Resource& same = amount;
    amount += same;
    EXPECT_EQ(amount, (Resource{8192, 4, {{"gpu", 6}}}));
    amount -= same;
    EXPECT_TRUE(amount.is_zero());
    EXPECT_EQ(with(2) * 3, (Resource{12288, 6, {{"gpu", 6}}}));
}

TEST(Resource, CopiesAreOfTheirOwn) {
    Resource first = with(1);
    Resource second = first;
    second.named.set("gpu", 7);
    EXPECT_EQ(first, with(1));
    first = std::move(second);
    EXPECT_EQ(first, with(7));
    first = Resource{1, 1};
    EXPECT_TRUE(first.named.empty());
}

TEST(Resource, HasAnOrderForSets) {
    const std::set<Resource> all = {with(2), with(1), {4096, 2}, {4096, 2, {{"fpga", 9}}}, with(1)};
    EXPECT_EQ(all.size(), 4U);
    EXPECT_EQ(*all.begin(), (Resource{4096, 2}));
    EXPECT_EQ(*all.rbegin(), with(2));
}

TEST(Resource, IsSaidInWords) {
    EXPECT_EQ(to_string(Resource{4096, 1}), "4096 MiB, 1 vcore");
    EXPECT_EQ(to_string(Resource{4096, 2, {{"gpu", 1}, {"fpga", 3}}}),
              "4096 MiB, 2 vcores, 3 fpga, 1 gpu");
}

TEST(Resource, YarnsNamesAreTheSameThing) {
    EXPECT_EQ(resource_name("yarn.io/gpu"), "gpu");
    EXPECT_EQ(resource_name("gpu"), "gpu");
    EXPECT_EQ(resource_name("acme.com/tpu-v4"), "acme.com/tpu-v4");
    for (const char* bad : {"", "1gpu", "g pu", "memory-mb", "vcores", "Memory", "yarn.io/"}) {
        EXPECT_FALSE(resource_name(bad).has_value()) << bad;
    }
    EXPECT_FALSE(resource_name(std::string(65, 'a')).has_value());
    EXPECT_EQ(yarn_resource_name("gpu"), "yarn.io/gpu");
    EXPECT_EQ(yarn_resource_name("licence"), "licence");
}

}  // namespace
}  // namespace heddle
