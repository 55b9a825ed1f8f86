#include "resourcemanager/core/tag_index.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "common/base/prng.h"

namespace heddle::rm {
namespace {

using Space = TagTarget::Space;

const ApplicationId kFirst{1700000000000, 1};
const ApplicationId kSecond{1700000000000, 2};

TEST(TagIndex, CountsInEveryNamespace) {
    TagIndex index;
    const TagBearer zk{0, "/r1", kFirst, {"zk", "quorum"}, {"etl"}};
    const TagBearer other{1, "/r1", kSecond, {"zk"}, {}};
    index.add(zk);
    index.add(other);
    EXPECT_EQ(index.on_node({Space::Self, "", "zk"}, kFirst, 0), 1);
    EXPECT_EQ(index.on_node({Space::Self, "", "zk"}, kSecond, 0), 0);
    EXPECT_EQ(index.on_node({Space::NotSelf, "", "zk"}, kSecond, 0), 1);
    EXPECT_EQ(index.in_rack({Space::All, "", "zk"}, kSecond, "/r1"), 2);
    EXPECT_EQ(index.in_rack({Space::NotSelf, "", "zk"}, kFirst, "/r1"), 1);
    EXPECT_EQ(index.on_node({Space::Application, to_string(kFirst), "zk"}, kSecond, 0), 1);
    EXPECT_EQ(index.on_node({Space::Application, "nonsense", "zk"}, kSecond, 0), 0);
    EXPECT_EQ(index.on_node({Space::ApplicationTag, "etl", "quorum"}, kSecond, 0), 1);
    EXPECT_EQ(*index.nodes_with({Space::All, "", "zk"}, kSecond),
              (TagIndex::OnNodes{{0, 1}, {1, 1}}));
    EXPECT_EQ(index.on_node(0), (std::map<std::string, std::int64_t>{{"quorum", 1}, {"zk", 1}}));
    index.remove(other);
    index.remove(zk);
    EXPECT_TRUE(index.empty());
}

TEST(TagIndex, AgreesWithCountingThemAll) {
    Prng prng(11);
    TagIndex index;
    std::vector<TagBearer> live;
    const std::vector<std::string> tags = {"a", "b", "c"};
    const std::vector<ApplicationId> applications = {kFirst, kSecond};
    for (int round = 0; round < 3'000; ++round) {
        if (live.empty() || prng.below(5) < 3) {
            TagBearer fresh;
            fresh.node = static_cast<NodeIndex>(prng.below(6));
            fresh.rack = fresh.node < 3 ? "/r1" : "/r2";
            fresh.application = applications[prng.below(2)];
            for (const std::string& tag : tags) {
                if (prng.below(2) == 0) {
                    fresh.tags.push_back(tag);
                }
            }
            fresh.application_tags = fresh.application == kFirst ? std::vector<std::string>{"etl"}
                                                                 : std::vector<std::string>{};
            index.add(fresh);
            live.push_back(fresh);
        } else {
            const std::size_t at = prng.below(live.size());
            index.remove(live[at]);
            live.erase(live.begin() + static_cast<std::ptrdiff_t>(at));
        }
        const TagTarget target{static_cast<Space>(prng.below(5)), "", tags[prng.below(3)]};
        TagTarget named = target;
        named.of = target.space == Space::ApplicationTag ? "etl" : to_string(kSecond);
        const ApplicationId asking = applications[prng.below(2)];
        const auto node = static_cast<NodeIndex>(prng.below(6));
        std::int64_t expected = 0;
        for (const TagBearer& bearer : live) {
            bool counts = std::count(bearer.tags.begin(), bearer.tags.end(), named.tag) != 0;
            counts = counts && bearer.node == node;
            switch (named.space) {
                case Space::Self:
                    counts = counts && bearer.application == asking;
                    break;
                case Space::NotSelf:
                    counts = counts && bearer.application != asking;
                    break;
                case Space::All:
                    break;
                case Space::Application:
                    counts = counts && bearer.application == kSecond;
                    break;
                case Space::ApplicationTag:
                    counts = counts && bearer.application == kFirst;
                    break;
            }
            expected += counts ? 1 : 0;
        }
        ASSERT_EQ(index.on_node(named, asking, node), expected) << round;
    }
}

}  // namespace
}  // namespace heddle::rm
