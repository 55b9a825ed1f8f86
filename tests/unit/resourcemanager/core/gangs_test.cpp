// Gangs: all of the minimum in one step, or nothing.

#include "tests/unit/resourcemanager/core/master_fixture.h"

namespace heddle::rm::test {
namespace {

TEST(Gangs, StartNothingBeforeAllOfTheMinimumFits) {
    MasterFixture rm;
    rm.add_node("n1", {3072, 3});
    TestMaster other = rm.master();
    rm.say(other, {MasterFixture::ask(1, {1024, 1}, 1)});
    TestMaster master = rm.master();
    const Effects asked = rm.say(master, {MasterFixture::member(1, {1024, 1}, 3, 3)});
    EXPECT_EQ(MasterFixture::granted(asked), "");
    EXPECT_EQ(rm.gangs_waiting(), 1U);
    rm.step(NodeMessage{{++rm.connections}, CoreFixture::registration("n2", {1024, 1})});
    rm.all_saved();
    EXPECT_EQ(MasterFixture::granted(rm.pass(seconds(1))), "n1 n1 n2");
    EXPECT_EQ(rm.gangs_waiting(), 0U);
}

TEST(Gangs, OfSeveralAsksStartTogether) {
    MasterFixture rm;
    rm.add_node("n2", {1024, 1});
    TestMaster other = rm.master();
    rm.say(other, {MasterFixture::ask(1, {1024, 1}, 1)});
    rm.add_node("n1", {4096, 4});
    TestMaster master = rm.master();
    // The small ones alone would fit; the large one does not beside them.
    const Effects asked = rm.say(master, {MasterFixture::member(1, {1024, 1}, 2, 2),
                                          MasterFixture::member(2, {3072, 2}, 1, 1)});
    EXPECT_EQ(MasterFixture::granted(asked), "");
    const Effects smaller = rm.say(master, {MasterFixture::member(1, {512, 1}, 2, 2)});
    EXPECT_EQ(MasterFixture::granted(smaller) + MasterFixture::granted(rm.pass(seconds(1))),
              "n1 n1 n1");
}

TEST(Gangs, TakeMoreThanTheMinimumAsItFits) {
    MasterFixture rm;
    rm.add_node("n1", {3072, 3});
    TestMaster master = rm.master();
    const Effects asked = rm.say(master, {MasterFixture::member(1, {1024, 1}, 9, 2)});
    EXPECT_EQ(MasterFixture::granted(asked), "n1 n1");
    EXPECT_EQ(MasterFixture::granted(rm.pass(seconds(1))), "n1");
}

TEST(Gangs, AreRefusedWhenTheirTermsAreWrong) {
    MasterFixture rm;
    rm.add_node("n1", {4096, 4});
    TestMaster master = rm.master();
    Ask ask = MasterFixture::member(1, {1024, 1}, 2, 3);
    EXPECT_NE(MasterFixture::refused(rm.say(master, {ask})).find("at most the count"),
              std::string::npos);
    ask = MasterFixture::member(1, {1024, 1}, 2, 2);
    ask.gang = 0;
    EXPECT_NE(MasterFixture::refused(rm.say(master, {ask})).find("without a gang"),
              std::string::npos);
    ask = MasterFixture::member(1, {1024, 1}, 2, -1);
    EXPECT_NE(MasterFixture::refused(rm.say(master, {ask})).find("not negative"),
              std::string::npos);
}

TEST(Gangs, AreRefusedAsAWholeWhenTheirDeadlineIsOver) {
    MasterFixture rm;
    rm.add_node("n1", {2048, 2});
    TestMaster other = rm.master();
    rm.say(other, {MasterFixture::ask(1, {1024, 1}, 1)});
    TestMaster master = rm.master();
    Ask first = MasterFixture::member(1, {1024, 1}, 1, 1);
    first.gang_deadline = seconds(5);
    EXPECT_EQ(
        MasterFixture::granted(rm.say(master, {first, MasterFixture::member(2, {1024, 1}, 1, 1)})),
        "");
    EXPECT_EQ(MasterFixture::refused(rm.pass(milliseconds(4900))), "");
    const std::string reasons = MasterFixture::refused(rm.pass(milliseconds(200)));
    EXPECT_NE(reasons.find("1: "), std::string::npos) << reasons;
    EXPECT_NE(reasons.find("2: "), std::string::npos) << reasons;
    EXPECT_EQ(rm.gangs_waiting(), 0U);
}

TEST(Gangs, ThatGiveUpTheirAsksHoldNothing) {
    Config config;
    config.scheduler.reservations.after = seconds(1);
    MasterFixture rm(config);
    rm.add_node("n1", {2048, 2});
    TestMaster other = rm.master();
    rm.say(other, {MasterFixture::ask(1, {1024, 1}, 1)});
    TestMaster master = rm.master();
    rm.say(master, {MasterFixture::member(1, {1024, 1}, 2, 2)});
    rm.pass(seconds(2));
    EXPECT_GT(rm.reserved(), 0U);  // it gathers what is free
    EXPECT_EQ(MasterFixture::granted(rm.say(other, {MasterFixture::ask(1, {1024, 1}, 2)})), "");
    rm.say(master, {MasterFixture::ask(1, {1024, 1}, 0)});
    EXPECT_EQ(rm.reserved(), 0U);
    EXPECT_EQ(rm.gangs_waiting(), 0U);
}

}  // namespace
}  // namespace heddle::rm::test
