// What stays in a node's artifact cache and what goes, by events.

#include <gtest/gtest.h>

#include "tests/unit/nodeagent/core/node_fixture.h"

namespace heddle::node {

using namespace literals;

namespace {

NodeConfig small_cache(std::uint64_t bytes) {
    NodeConfig config = test_config();
    config.cache_bytes_max = bytes;
    return config;
}

ContainerStart with_artifact(const NodeFixture& node, std::int64_t sequence,
                             const std::string& digest) {
    ContainerStart order = node.order(sequence);
    order.spec.artifacts = {{"program", "heddle:sha256/" + digest, "", 0, true}};
    return order;
}

/// From the order to the end, fetching the artifact if `fetched`.
void run_once(NodeFixture& node, std::int64_t sequence, const std::string& digest, bool fetched) {
    node.start(with_artifact(node, sequence, digest));
    if (fetched) {
        node.send(ArtifactCached{digest, 40});
    }
    node.send(Localised{container_id(sequence)});
    node.send(Started{container_id(sequence), 4000 + sequence});
    node.exit(sequence);
    node.now = node.now + 10_ms;
}

std::string drops(NodeFixture& node) {
    std::istringstream trace(node.trace());
    std::string found;
    for (std::string line; std::getline(trace, line);) {
        found += line.starts_with("drop ") ? line.substr(5) + " " : "";
    }
    return found;
}

}  // namespace

TEST(NodeCache, DropsTheLeastRecentlyUsedBeyondItsLimit) {
    NodeFixture node(small_cache(100));
    node.join();
    run_once(node, 1, "a", true);
    run_once(node, 2, "b", true);
    EXPECT_EQ(drops(node), "");
    run_once(node, 3, "a", false);  // used again
    run_once(node, 4, "c", true);
    EXPECT_EQ(drops(node), "b ");
    EXPECT_EQ(node.agent.cache().bytes(), 80u);
    EXPECT_EQ(node.agent.cache().files(), 2u);
    EXPECT_EQ(node.agent.counters().artifacts_dropped, 1u);
}

TEST(NodeCache, KeepsWhatALiveOrStartingContainerNeedsBeyondItsLimit) {
    NodeFixture node(small_cache(10));
    node.join();
    node.start(with_artifact(node, 1, "a"));
    node.send(ArtifactCached{"a", 40});
    node.start(with_artifact(node, 2, "a"));
    node.send(Localised{container_id(1)});
    node.send(Started{container_id(1), 4001});
    EXPECT_EQ(drops(node), "");
    node.exit(1);
    EXPECT_EQ(drops(node), "");  // the second one is still being made
    node.send(LocaliseFailed{container_id(2), "no"});
    EXPECT_EQ(drops(node), "a ");
    EXPECT_EQ(node.agent.cache().files(), 0u);
}

TEST(NodeCache, KnowsAfterARestartWhatIsThereWhatIsNeededAndWhatWasUsedLast) {
    NodeFixture before;
    before.join();
    before.start(with_artifact(before, 1, "a"));
    RecoveredContainer found;
    found.record = before.records.back();

    NodeFixture after(small_cache(100));
    after.boot(1, {found}, {{"a", 40, {1}}, {"b", 40, {3}}, {"c", 40, {2}}});
    EXPECT_EQ(drops(after), "c ");  // "a" is older, but its container is made anew
    after.join();
    after.send(LocaliseFailed{container_id(1), "no"});
    run_once(after, 2, "d", true);
    EXPECT_EQ(drops(after), "b ");
}

TEST(NodeCache, CountsAnArtifactOnceWhenItIsFetchedAgain) {
    NodeFixture node(small_cache(100));
    node.join();
    node.start(with_artifact(node, 1, "a"));
    node.send(ArtifactCached{"a", 40});
    node.send(ArtifactGone{"a"});
    EXPECT_EQ(node.agent.cache().bytes(), 0u);
    node.send(ArtifactGone{"a"});
    node.send(ArtifactCached{"a", 40});
    node.send(ArtifactCached{"a", 50});
    EXPECT_EQ(node.agent.cache().bytes(), 50u);
    EXPECT_EQ(node.agent.cache().files(), 1u);
}

}  // namespace heddle::node
