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

// Grows, holds and shrinks; keys at random or rising, as ids do.
void compare(std::uint64_t seed, int keys, bool rising) {
    Prng prng(seed);
    Map map;
    std::map<int, int> model;
    std::vector<std::pair<Map, std::map<int, int>>> snapshots;
    int last = 0;
    for (int turn = 0; turn < 9000; ++turn) {
        const std::uint64_t erases = turn < 3000 ? 1 : turn < 6000 ? 2 : 3;  // of four
        const int any = static_cast<int>(prng.below(static_cast<std::uint64_t>(keys)));
        if (prng.below(4) < erases) {
            const auto it = model.lower_bound(any);
            const int key = it == model.end() ? any : it->first;
            map.erase(key);
            model.erase(key);
        } else {
            const int key = rising ? ++last % keys : any;
            map.set(key, std::make_shared<const int>(turn));
            model[key] = turn;
        }
        ASSERT_EQ(map.size(), model.size());
        if (turn % 7 == 0) {
            const Map passing = map;  // as a publication that is dropped soon
            const auto value = passing.find(any);
            ASSERT_EQ(value == nullptr ? -1 : *value, model.contains(any) ? model.at(any) : -1);
        }
        if (turn % 500 == 0) {
            ASSERT_EQ(contents(map), model);
            snapshots.emplace_back(map, model);
        }
    }
    for (auto& [snapshot, expected] : snapshots) {
        ASSERT_EQ(contents(snapshot), expected);
        snapshot.set(-1, std::make_shared<const int>(1));  // a copy is a map of its own
        expected[-1] = 1;
        ASSERT_EQ(contents(snapshot), expected);
    }
    ASSERT_EQ(contents(map), model);
    for (const auto& [key, value] : std::map<int, int>(model)) {
        map.erase(key);
    }
    EXPECT_TRUE(map.empty());
    EXPECT_TRUE(contents(map).empty());
}

TEST(PersistentMap, AgreesWithAMapAndKeepsSnapshots) {
    for (std::uint64_t seed = 1; seed <= 6; ++seed) {
        compare(seed, seed % 2 == 0 ? 300 : 5000, false);
        compare(seed, 100'000, true);
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

TEST(PersistentMap, WalksFromEveryKeyOfALargeMap) {
    Map map;
    for (int key = 0; key < 2000; ++key) {
        map.set(key * 2, std::make_shared<const int>(key));
    }
    for (int from = -1; from < 4001; ++from) {
        int seen = -2;
        map.for_each_from(from, [&](int key, const std::shared_ptr<const int>&) {
            seen = key;
            return false;
        });
        const int expected = from < 0 ? 0 : from + from % 2;
        ASSERT_EQ(seen, expected < 4000 ? expected : -2);
    }
}

}  // namespace
}  // namespace heddle::rm
