// Snapshots do not change when the map does.

#include "resourcemanager/core/persistent_map.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "common/base/prng.h"

namespace heddle::rm {
namespace {

using Map = PersistentMap<int, int>;

std::map<int, int> contents(const Map& map) {
    std::map<int, int> all;
    map.for_each([&](int key, const std::shared_ptr<const int>& value) {
        all.emplace(key, *value);
        return true;
    });
    return all;
}

TEST(PersistentMap, AgreesWithAMapAndKeepsSnapshots) {
    Prng prng(11);
    Map map;
    std::map<int, int> model;
    std::vector<std::pair<Map, std::map<int, int>>> snapshots;
    for (int turn = 0; turn < 3000; ++turn) {
        const int key = static_cast<int>(prng.below(300));
        if (prng.chance(1, 3)) {
            map.erase(key);
            model.erase(key);
        } else {
            map.set(key, std::make_shared<const int>(turn));
            model[key] = turn;
        }
        ASSERT_EQ(map.size(), model.size());
        if (turn % 500 == 0) {
            snapshots.emplace_back(map, model);
        }
    }
    EXPECT_EQ(contents(map), model);
    for (const auto& [snapshot, expected] : snapshots) {
        EXPECT_EQ(contents(snapshot), expected);
    }
}

TEST(PersistentMap, WalksFromAKey) {
    Map map;
    for (int key = 0; key < 10; ++key) {
        map.set(key * 2, std::make_shared<const int>(key));
    }
    std::vector<int> keys;
    map.for_each_from(5, [&](int key, const std::shared_ptr<const int>&) {
        keys.push_back(key);
        return keys.size() < 3;
    });
    EXPECT_EQ(keys, (std::vector<int>{6, 8, 10}));
}

}  // namespace
}  // namespace heddle::rm
