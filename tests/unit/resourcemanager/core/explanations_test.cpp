// Explanations: the table of reasons and its pages, words, the survey of nodes, and what is said in
// states that last only until the store answers.

#include "resourcemanager/core/explanations.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <string>

#include "resourcemanager/core/explain_words.h"
#include "tests/unit/resourcemanager/core/core_fixture.h"

namespace heddle::rm::test {
namespace {

TEST(Reasons, HaveDistinctCodesThatAreRead) {
    std::set<std::string_view> codes;
    for (const ReasonInfo& info : all_reasons()) {
        EXPECT_TRUE(codes.insert(info.code).second) << info.code;
        EXPECT_EQ(parse_reason(info.code), info.reason);
        for (const std::string_view text : {info.title, info.meaning, info.next_step, info.yarn}) {
            EXPECT_FALSE(text.empty()) << info.code;
        }
    }
    EXPECT_EQ(parse_reason("NOTHING"), std::nullopt);
}

TEST(Reasons, HaveOnePageEach) {
    std::set<std::string> expected;
    for (const ReasonInfo& info : all_reasons()) {
        const std::string path = "docs/reasons/" + std::string(info.code) + ".md";
        expected.insert(path);
        std::ifstream file(path);
        std::string first;
        std::getline(file, first);
        EXPECT_EQ(first, "# " + std::string(info.code) + ": " + std::string(info.title)) << path;
    }
    std::set<std::string> present;
    for (const auto& entry : std::filesystem::directory_iterator("docs/reasons")) {
        present.insert(entry.path().string());
    }
    EXPECT_EQ(present, expected);
}

TEST(ExplainWords, NeverSayMoreThanThereIs) {
    EXPECT_EQ(memory_text(1023), "1023 MiB");
    EXPECT_EQ(memory_text(8191), "7.9 GiB");
    EXPECT_EQ(memory_text(2'097'152), "2,048 GiB");
    EXPECT_EQ(size_text({1536, 1}), "1.5 GiB, 1 vcore");
    EXPECT_EQ(parts_text({0, 2}), "2 vcores");
    EXPECT_EQ(size_text({1024, 2, {{"gpu", 2}}}), "1 GiB, 2 vcores, 2 gpu");
    EXPECT_EQ(count_text(12'345, "container"), "12,345 containers");
    EXPECT_EQ(time_text(milliseconds(900)), "less than a second");
    EXPECT_EQ(time_text(seconds(119)), "119 s");
    EXPECT_EQ(time_text(seconds(7199)), "119 min");
}

TEST(FreeIndex, CountsWhatNodesLackAndFindsTheNearest) {
    FreeIndex index;
    index.set(0, Resource{1024, 8});
    index.set(1, Resource{3072, 8});
    index.set(2, Resource{8192, 1});
    index.set(3, Resource{512, 1});
    const NodeSurvey survey = index.survey({4096, 4});
    EXPECT_FALSE(survey.fits);
    EXPECT_EQ(survey.short_of, (std::map<std::string, std::int64_t>{{"memory", 2}, {"vcores", 2}}));
    EXPECT_EQ(survey.nearest, 1U);                   // a quarter of the memory short
    EXPECT_EQ(index.survey({4096, 2}).nearest, 1U);  // as before, against half the vcores
    EXPECT_EQ(index.survey({8192, 2}).nearest, 2U);  // half the vcores, against 5/8
    EXPECT_TRUE(index.survey({3072, 8}).fits);
    index.set(4, Resource{8192, 8, {{"gpu", 1}}});
    const NodeSurvey gpus = index.survey({1024, 1, {{"gpu", 2}}});
    EXPECT_EQ(gpus.short_of, (std::map<std::string, std::int64_t>{{"gpu", 5}}));
    EXPECT_EQ(gpus.nearest, 4U);
    EXPECT_EQ(FreeIndex().survey({1, 1}).nearest, std::nullopt);
}

TEST(ReleaseRate, CountsTheSizeClassAndLargerOnesOfTheLastMinutes) {
    ReleaseRate rate;
    const TimePoint start = TimePoint{} + seconds(1000);
    rate.note(start, {1024, 1});
    rate.note(start, {1500, 1});
    rate.note(start, {8192, 4});
    rate.note(start, {8192, 1});
    EXPECT_EQ(rate.recent(start, {1100, 1}), 4);
    EXPECT_EQ(rate.recent(start, {4096, 1}), 2);
    EXPECT_EQ(rate.recent(start, {4096, 4}), 1);
    EXPECT_EQ(rate.recent(start, {16'384, 1}), 0);
    EXPECT_EQ(rate.recent(start + seconds(240), {1024, 1}), 4);
    EXPECT_EQ(rate.recent(start + seconds(360), {1024, 1}), 0);
}

TEST(WaitingList, CountsByReasonAndGoesRound) {
    WaitingList list;
    for (std::int64_t i = 1; i <= 5; ++i) {
        list.set({1, i}, Reason::NoNodeFits);
    }
    list.set({1, 2}, Reason::Order);
    list.set({1, 3}, std::nullopt);
    EXPECT_EQ(list.counts(),
              (std::map<Reason, std::int64_t>{{Reason::NoNodeFits, 3}, {Reason::Order, 1}}));
    const auto numbers = [&](std::int64_t milliseconds) {
        std::vector<std::int64_t> found;
        for (const ApplicationId& id : list.due({milliseconds}, 3)) {
            found.push_back(id.sequence);
        }
        return found;
    };
    EXPECT_EQ(numbers(5000), (std::vector<std::int64_t>{1, 2, 4}));
    EXPECT_EQ(numbers(5999), std::vector<std::int64_t>{});
    EXPECT_EQ(numbers(6000), (std::vector<std::int64_t>{5, 1, 2}));
}

class Explained : public testing::Test {
protected:
    void SetUp() override { core.boot(); }

    Explanation ask(const ApplicationId& id) {
        const Effects effects = core.step(Request{{++core.requests}, ExplainApplication{id, {}}});
        for (const Effect& effect : effects) {
            if (const auto* reply = std::get_if<Reply>(&effect)) {
                return std::get<Explanation>(*reply->answer);
            }
        }
        ADD_FAILURE() << "no answer";
        return {};
    }

    CoreFixture core;
};

TEST_F(Explained, WhileTheSubmissionIsSaved) {
    core.step(Request{{++core.requests}, NewApplication{}});
    core.all_saved();
    ApplicationSubmission submission;
    submission.id = {1, 1};
    submission.user = "alice";
    submission.master.argv = {"program"};
    submission.master_size = {512, 1};
    core.step(Request{{++core.requests}, SubmitApplication{submission}});
    EXPECT_EQ(ask({1, 1}).reason, Reason::Saving);
}

TEST_F(Explained, WhileTheAttemptIsSavedAndThenStarted) {
    core.add_node("n1");
    const ApplicationId id = core.submit();
    EXPECT_EQ(ask(id).headline,
              "Its container on n1 is granted; the attempt is being saved before it starts.");
    core.save_failed();
    EXPECT_EQ(ask(id).headline,
              "Its container on n1 is granted; the attempt is being saved before it starts. The "
              "state store has refused it, and it is tried again.");
    core.advance(seconds(5));
    core.all_saved();
    EXPECT_EQ(ask(id).headline,
              "Its container on n1 has been ordered, and its node has not confirmed it yet.");
    EXPECT_EQ(ask(id).reason, Reason::Starting);
}

TEST_F(Explained, AnUnknownApplicationOrAskIsNotFound) {
    const ApplicationId id = core.submit();
    const auto error_of = [&](ExplainApplication what) {
        for (const Effect& effect : core.step(Request{{++core.requests}, what})) {
            if (const auto* reply = std::get_if<Reply>(&effect)) {
                return reply->answer.ok() ? ErrorCode::Internal : reply->answer.error().code;
            }
        }
        return ErrorCode::Internal;
    };
    EXPECT_EQ(error_of({{9, 9}, {}}), ErrorCode::NotFound);
    EXPECT_EQ(error_of({id, 7}), ErrorCode::NotFound);
    EXPECT_EQ(ask(id).asks.front().ask, 0);
}

// root.small may have an eighth of the cluster; root.wide all of it, and no two applications at
// once.
Config limited() {
    Config config;
    QueueConfig small = queue_config("root.small");
    small.capacity[kNoLabel].maximum.all = {Share::Kind::Percent, 12'500};
    QueueConfig wide = queue_config("root.wide");
    wide.applications_parallel_max = 1;
    config.scheduler.queues = {small, wide};
    config.scheduler.queue_default = "root.small";
    return config;
}

TEST(ExplainedLimits, NameQueueFiguresHoldersAndAnotherQueue) {
    CoreFixture core(limited());
    core.boot();
    core.add_node("n1", {8192, 8});
    const ApplicationId first = core.submit();
    core.submit();
    const ApplicationId third = core.submit();
    core.all_saved();
    const auto explained = [&](const ApplicationId& id) {
        return explain(core.rm.books(), *core.rm.books().applications.find(id));
    };
    EXPECT_EQ(explained(first).reason, Reason::Starting);
    const Explanation third_waits = explained(third);
    EXPECT_EQ(third_waits.reason, Reason::QueueLimit);
    const Blocker& blocker = third_waits.asks.at(0).first();
    EXPECT_EQ(blocker.sentence,
              "Queue root.small uses 512 MiB, 1 vcore of at most 1 GiB, 1 vcore; one container of "
              "512 MiB, 1 vcore more would pass that.");
    EXPECT_EQ(blocker.used, (Resource{512, 1}));
    ASSERT_EQ(blocker.holders.size(), 1U);
    EXPECT_EQ(blocker.holders[0].application, first);
    EXPECT_EQ(third_waits.asks[0].next_step, "Queue root.wide has room for it now.");
    EXPECT_EQ(third_waits.asks[0].ahead.containers, 1);
    EXPECT_EQ(third_waits.asks[0].blockers.back().reason, Reason::Order);
}

TEST(ExplainedLimits, CountApplicationsThatRunAtATime) {
    Config config = limited();
    config.scheduler.queue_default = "root.wide";
    CoreFixture core(config);
    core.boot();
    core.add_node("n1", {8192, 8});
    core.submit();
    const ApplicationId second = core.submit();
    const Explanation waits = explain(core.rm.books(), *core.rm.books().applications.find(second));
    EXPECT_EQ(waits.reason, Reason::ParallelLimit);
    EXPECT_EQ(waits.headline,
              "Waits for its container (512 MiB, 1 vcore). Queue root.wide runs 1 "
              "application of at most 1 at a time.");
}

TEST_F(Explained, EstimatesFromContainersThatEndedAndNamesWhoIsAhead) {
    core.add_node("n1", {1024, 2});
    for (int i = 0; i < 5; ++i) {
        core.submit();
        core.all_saved();
    }
    const Explanation before = ask({1, 5});
    ASSERT_EQ(before.asks.size(), 1U);
    EXPECT_EQ(before.asks[0].ahead.containers, 2);
    EXPECT_EQ(before.asks[0].ahead.applications.front().application, (ApplicationId{1, 3}));
    EXPECT_FALSE(before.asks[0].estimate.low.has_value());
    for (std::int64_t i = 1; i <= 4; ++i) {
        core.step(Request{{++core.requests}, KillApplication{{1, i}, ""}});
        core.all_saved();
    }
    EXPECT_EQ(core.rm.books().releases.recent(core.now, {512, 1}), 0);
}

}  // namespace
}  // namespace heddle::rm::test
