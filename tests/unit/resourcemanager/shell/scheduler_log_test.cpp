// The log of decisions says what was decided, and ends by itself.

#include "resourcemanager/shell/scheduler_log.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace heddle::rm {
namespace {

constexpr ContainerId kContainer{{{1, 1}, 1}, 1, 7};

Effects decisions() {
    NodeOrders orders;
    orders.starts.push_back({kContainer, {}, 1, {512, 1}, "ada", false, {}});
    orders.stops.push_back({kContainer, seconds(1), "preempted"});
    MasterNews news;
    news.refused.push_back({4, 0, "too large"});
    Effects effects;
    effects.emplace_back(SendToNode{{1}, {"n1"}, orders});
    effects.emplace_back(SendToMaster{{2}, {{1, 1}, 1}, news});
    effects.emplace_back(Reply{{3}, Error{ErrorCode::NotFound, "no queue named 'x'"}});
    effects.emplace_back(NeedSecrets{});
    return effects;
}

TEST(SchedulerLog, HasALinePerDecision) {
    std::string lines;
    for (const Effect& effect : decisions()) {
        lines += decision_lines({0}, effect);
    }
    const std::string time = "1970-01-01T00:00:00.000+0000 ";
    const std::string container = to_string(kContainer);
    EXPECT_EQ(lines, time + "start " + container + " on n1, 512 MiB, 1 vcore, of ada\n" + time +
                         "stop " + container + " on n1: preempted\n" + time + "refused ask 4 of " +
                         to_string(AttemptId{{1, 1}, 1}) + ": too large\n" + time +
                         "refused a request: no queue named 'x'\n");
}

TEST(SchedulerLog, IsWrittenForItsTimeAndByOneAtATime) {
    const std::string folder = testing::TempDir() + "heddle_scheduler_log_test";
    std::filesystem::remove_all(folder);
    SchedulerLog log(folder);
    EXPECT_FALSE(log.active());
    const auto path = log.open({1000}, seconds(5));
    ASSERT_TRUE(path.ok());
    EXPECT_TRUE(log.active());
    EXPECT_EQ(log.open({2000}, seconds(5)).error().code, ErrorCode::Conflict);
    log.note({1500}, decisions());
    log.end_turn({1500});
    EXPECT_TRUE(log.active());
    log.end_turn({6000});
    EXPECT_FALSE(log.active());
    std::ifstream file(*path);
    std::stringstream text;
    text << file.rdbuf();
    EXPECT_NE(text.str().find("refused ask 4"), std::string::npos);
    EXPECT_TRUE(log.open({7000}, seconds(5)).ok());
    std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace heddle::rm
