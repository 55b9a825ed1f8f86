// What is kept of uploaded artifacts.

#include "resourcemanager/core/artifact_keep.h"

#include <gtest/gtest.h>

#include "tests/unit/resourcemanager/core/core_fixture.h"

namespace heddle::rm::test {
namespace {

using namespace literals;

constexpr WallTime kNow{1'000'000};

std::vector<std::string> collected(std::vector<StoredArtifact> stored,
                                   const std::set<std::string>& in_use, std::uint64_t bytes_max) {
    std::vector<std::string> digests;
    for (const StoredArtifact& artifact :
         artifacts_to_collect(std::move(stored), in_use, kNow, {100_s, bytes_max})) {
        digests.push_back(artifact.digest);
    }
    return digests;
}

using Digests = std::vector<std::string>;

TEST(ArtifactKeep, LetsTheLeastRecentlyUsedGoUntilTheRestFits) {
    const std::vector<StoredArtifact> stored = {
        {"c", 10, {3000}}, {"a", 10, {1000}}, {"b", 10, {2000}}, {"new", 10, {950'000}}};
    EXPECT_EQ(collected(stored, {}, 40), Digests{});
    EXPECT_EQ(collected(stored, {}, 39), Digests{"a"});
    EXPECT_EQ(collected(stored, {}, 20), (Digests{"a", "b"}));
    EXPECT_EQ(collected(stored, {}, 0), (Digests{"a", "b", "c"}));
}

TEST(ArtifactKeep, KeepsWhatAnApplicationNamesAndWhatWasUsedLately) {
    const std::vector<StoredArtifact> stored = {
        {"named", 10, {1}}, {"lately", 10, {900'000}}, {"before", 10, {899'999}}};
    EXPECT_EQ(collected(stored, {"named"}, 0), Digests{"before"});
    // A clock that was set back collects nothing.
    EXPECT_EQ(collected({{"later", 10, {2'000'000}}}, {}, 0), Digests{});
}

// Who names what, as the core shows it.
class NamedArtifacts : public testing::Test {
protected:
    static LaunchSpec spec(const std::string& digest) {
        LaunchSpec spec;
        spec.argv = {"program"};
        spec.artifacts = {{"program", "heddle:sha256/" + digest, digest, 1, true}};
        return spec;
    }

    std::optional<std::set<std::string>> in_use() {
        return artifacts_in_use(*core.rm.publish({1000}).view);
    }

    void master_says(const ContainerStart& start, const std::string& digest) {
        core.step(MasterConnected{master, token});
        MasterRegister hello;
        hello.attempt = start.key.attempt;
        const Effects effects = core.step(MasterMessage{master, hello});
        MasterUpdate update;
        update.session = CoreFixture::sent<MasterWelcome, SendToMaster>(effects).front().session;
        update.sequence = 1;
        update.complete = true;
        update.templates = {{1, spec(digest)}};
        core.step(MasterMessage{master, update});
    }

    CoreFixture core;
    ConnectionId master{100};
    std::string token;
};

TEST_F(NamedArtifacts, AreThoseOfSubmissionsAndLaunchTemplates) {
    core.boot();
    core.add_node("n1");
    EXPECT_EQ(in_use(), std::set<std::string>{});
    core.submit(ApplicationKind::Master);
    const auto orders = CoreFixture::sent<NodeOrders, SendToNode>(core.all_saved());
    const ContainerStart& start = orders.front().starts.front();
    token = start.spec.secrets.front().contents;
    master_says(start, "template");
    EXPECT_EQ(in_use(), std::set<std::string>{"template"});
}

TEST_F(NamedArtifacts, AreNotKnownUntilMastersAreBackAfterARestart) {
    Booted booted;
    ApplicationRecord application;
    application.submission.id = {1, 1};
    application.submission.kind = ApplicationKind::Master;
    application.submission.unmanaged = true;
    application.submission.master = spec("submission");
    application.state = AppState::Submitted;
    booted.applications = {application};
    AttemptRecord attempt;
    attempt.id = {{1, 1}, 1};
    attempt.state = AttemptState::Allocated;
    attempt.master_token = token = "token";
    booted.attempts = {attempt};
    core.boot(std::move(booted));
    EXPECT_EQ(in_use(), std::nullopt);
    ContainerStart start;
    start.key.attempt = attempt.id;
    master_says(start, "template");
    EXPECT_EQ(in_use(), (std::set<std::string>{"submission", "template"}));
}

}  // namespace
}  // namespace heddle::rm::test
