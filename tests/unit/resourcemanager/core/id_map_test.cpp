// Maps by id agree with std::map under any order of changes, and what they hold stays where it is.

#include "resourcemanager/core/id_map.h"

#include <gtest/gtest.h>

#include <map>
#include <vector>

#include "common/base/prng.h"

namespace heddle::rm {
namespace {

ContainerId random_id(Prng& prng) {
    return {{{1'700'000'000'000, static_cast<std::int64_t>(prng.below(20))}, 1},
            1,
            static_cast<std::int64_t>(prng.below(50))};
}

TEST(IdMap, AgreesWithAnOrderedMapUnderRandomChanges) {
    Prng prng(7);
    IdMap<ContainerId, int> map;
    std::map<ContainerId, int> expected;
    for (int i = 0; i < 20'000; ++i) {
        const ContainerId id = random_id(prng);
        if (prng.below(2) == 0) {
            EXPECT_EQ(map.emplace(id, i).second, expected.emplace(id, i).second);
        } else if (auto* entry = map.find(id)) {
            map.erase(entry);
            EXPECT_EQ(expected.erase(id), 1U);
        } else {
            EXPECT_FALSE(expected.contains(id));
        }
        ASSERT_EQ(map.size(), expected.size());
    }
    std::size_t visited = 0;
    map.for_each([&](const ContainerId& id, int value) {
        ++visited;
        EXPECT_EQ(expected.at(id), value);
    });
    EXPECT_EQ(visited, expected.size());
    for (const auto& [id, value] : expected) {
        ASSERT_NE(map.find(id), nullptr);
        EXPECT_EQ(map.at(id), value);
    }
}

TEST(IdMap, KeepsValuesWhereTheyAreWhileItGrows) {
    IdMap<ApplicationId, int> map;
    const int* first = &map.emplace({1, 1}, 42).first->second;
    for (std::int64_t i = 2; i < 5000; ++i) {
        map.emplace({1, i}, 0);
    }
    map.erase(map.find({1, 2}));
    EXPECT_EQ(first, &map.at({1, 1}));
    EXPECT_EQ(*first, 42);
}

TEST(IndexedMap, IsWalkedInTheOrderOfItsIds) {
    IndexedMap<ApplicationId, int> map;
    for (const std::int64_t sequence : {5, 1, 9, 3}) {
        map[{1, sequence}] = static_cast<int>(sequence);
    }
    EXPECT_FALSE(map.try_emplace({1, 9}).second);
    map.erase(map.find({1, 5}));
    std::vector<int> walked;
    for (const auto& [id, value] : map) {
        walked.push_back(value);
    }
    EXPECT_EQ(walked, (std::vector<int>{1, 3, 9}));
    EXPECT_EQ(map.find({1, 5}), map.end());
    EXPECT_EQ(map.lower_bound({1, 4})->second, 9);
}

}  // namespace
}  // namespace heddle::rm
