// Tasks of a barrier stage that wait for each other.
#include "client/driver/core/gang.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace heddle::driver {
namespace {

class GangTest : public ::testing::Test {
protected:
    static constexpr std::size_t kSize = 3;
    GangTest() : gang_("stage 4.0", kSize, seconds(5)) {
        for (std::size_t i = 0; i < kSize; ++i) {
            RunningTask task;
            task.partition = static_cast<rdd::Partition>(i);
            task.executor = rdd::ExecutorId{static_cast<std::int32_t>(i + 1)};
            gang_.seated(i, task, id(i));
        }
    }
    static rdd::TaskId id(std::size_t index) {
        return rdd::TaskId{static_cast<std::int64_t>(100 + index)};
    }
    std::vector<Gang::Word> wait(std::size_t index, std::int32_t epoch, bool gather,
                                 const std::string& message = "") {
        return gang_.wait(now_, index, {id(index), epoch, gather, message});
    }
    static rdd::TaskResult result(std::size_t index) {
        rdd::TaskResult done;
        done.task = id(index);
        return done;
    }

    TimePoint now_;
    Gang gang_;
};

TEST_F(GangTest, AnswersAllWhenTheLastHasCome) {
    EXPECT_TRUE(wait(2, 0, true, "c").empty());
    EXPECT_TRUE(wait(0, 0, true, "a").empty());
    EXPECT_TRUE(wait(0, 0, true, "other").empty()) << "repeated";
    const auto words = wait(1, 0, true, "b");
    ASSERT_EQ(words.size(), kSize);
    for (std::size_t i = 0; i < kSize; ++i) {
        EXPECT_EQ(words[i].executor.value, static_cast<std::int32_t>(i + 1));
        EXPECT_EQ(words[i].answer.task, id(i));
        EXPECT_EQ(words[i].answer.error, "");
        EXPECT_EQ(*words[i].answer.messages, (std::vector<rdd::Bytes>{"a", "b", "c"}));
    }
    EXPECT_TRUE(wait(1, 0, true, "b").empty()) << "of an epoch that is over";
    EXPECT_TRUE(wait(1, 1, false).empty()) << "the next one is another one";
    EXPECT_TRUE(wait(2, 1, false).empty());
    EXPECT_EQ(wait(0, 1, false).at(0).answer.epoch, 1);
}

TEST_F(GangTest, SaysWhoDidNotComeInTime) {
    EXPECT_EQ(gang_.deadline(), TimePoint::never());
    (void)wait(1, 0, false);
    EXPECT_EQ(gang_.deadline(), now_ + seconds(5));
    EXPECT_TRUE(gang_.expire(now_ + seconds(4)).empty());
    const auto words = gang_.expire(now_ + seconds(5));
    ASSERT_EQ(words.size(), 1U);
    EXPECT_EQ(words[0].answer.error,
              "barrier epoch 0 of stage 4.0: 1 of 3 tasks have come within 5000 ms "
              "(barrier.sync_timeout); partitions 0, 2 have not");
    EXPECT_EQ(gang_.deadline(), TimePoint::never());
    EXPECT_EQ(wait(0, 0, false).at(0).answer.error, words[0].answer.error) << "too late";
}

TEST_F(GangTest, RefusesTwoKindsOfWaitAtOnce) {
    (void)wait(0, 0, false);
    const auto words = wait(1, 0, true);
    ASSERT_EQ(words.size(), 2U);
    EXPECT_EQ(words[0].answer.error,
              "different barrier sync types found for barrier epoch 0 of stage 4.0: barrier, "
              "all_gather; use the same barrier sync type within a single sync");
}

TEST_F(GangTest, NobodyWaitsForOneThatHasEnded) {
    (void)wait(0, 0, false);
    const auto words = gang_.done(2, result(2));
    ASSERT_EQ(words.size(), 1U);
    EXPECT_NE(words[0].answer.error.find("partition 2 has ended without barrier epoch 0"),
              std::string::npos)
        << words[0].answer.error;
    Gang another("stage 5.0", 2, seconds(5));
    another.seated(0, {}, id(0));
    another.seated(1, {}, id(1));
    EXPECT_TRUE(another.done(0, result(0)).empty());
    EXPECT_EQ(another.wait(now_, 1, {id(1), 0, false, ""}).size(), 1U);
}

TEST_F(GangTest, GivesResultsWhenAllAreDone) {
    rdd::TaskResult map = result(1);
    map.map.emplace();
    EXPECT_TRUE(gang_.done(1, map).empty());
    EXPECT_TRUE(gang_.rests_on(rdd::ExecutorId{2}));
    EXPECT_FALSE(gang_.rests_on(rdd::ExecutorId{1}));
    (void)gang_.done(0, result(0));
    (void)gang_.done(2, result(2));
    const auto results = gang_.take_results();
    ASSERT_EQ(results.size(), kSize);
    EXPECT_EQ(results[1].first.partition, 1);
    EXPECT_EQ(results[1].second.task, id(1));
}

}  // namespace
}  // namespace heddle::driver
