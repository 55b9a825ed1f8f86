// The checker of who is in which queue sees an application where its user may not submit.

#include "tests/simulation/rm/submit_access.h"

#include <gtest/gtest.h>

#include "tests/simulation/rm/contest.h"

namespace heddle::rm::test {
namespace {

Config with_lists() {
    Config config;
    config.scheduler.queues.clear();
    for (const char* path : {"root.default", "root.team.alpha", "root.team.beta"}) {
        config.scheduler.queues.push_back(queue_config(path));
    }
    config.scheduler.queues[0].submit.everybody = true;
    config.scheduler.queues[1].submit.groups = {"etl"};
    config.scheduler.queues[2].submit.users = {"eve"};
    return config;
}

// alice is of the group etl; nobody asks the lists on her behalf.
std::string said_of(const std::string& queue) {
    Contest contest(with_lists());
    contest.world().manager().also_look = check_submit_access;
    return contest.violation({{queue, 0, {512, 1}}}, seconds(1));
}

TEST(SubmitAccess, IsSeenToBeBroken) {
    EXPECT_EQ(said_of("root.default"), "");
    EXPECT_EQ(said_of("root.team.alpha"), "");
    EXPECT_EQ(said_of("root.team.beta"),
              "app1 of alice is in root.team.beta, to which that user may not submit");
}

TEST(SubmitAccess, IsSeenToBeBrokenByAMove) {
    Contest contest(with_lists());
    contest.world().manager().also_look = check_submit_access;
    EXPECT_EQ(contest.violation({{"root.default", 0, {512, 1}}}, seconds(1)), "");
    const ApplicationId id = contest.books().applications.all().begin()->first;
    const auto ignore = [](const Result<Answer>&) {};
    contest.world().manager().request(
        MoveApplication{id, "root.team.beta", "alice", {"staff", "etl"}}, ignore);
    EXPECT_EQ(contest.violation({}, seconds(1)), "");  // refused
    contest.world().manager().request(MoveApplication{id, "root.team.beta"}, ignore);
    EXPECT_NE(contest.violation({}, seconds(1)).find("may not submit"), std::string::npos);
}

}  // namespace
}  // namespace heddle::rm::test
