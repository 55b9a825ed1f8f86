// Room that is kept for large asks: when it begins, whom it holds back, and that it ends.

#include "tests/unit/resourcemanager/core/master_fixture.h"

namespace heddle::rm::test {
namespace {

Config quick() {
    Config config;
    config.scheduler.reservations.after = seconds(2);
    config.scheduler.reservations.timeout = seconds(10);
    config.scheduler.reservations.percent_max = 100;
    config.node_expiry = seconds(1000);
    config.master_expiry = seconds(1000);
    return config;
}

// A node of four with a quarter free, and a large ask that waits for the whole of it.
class Reservations : public testing::Test {
protected:
    explicit Reservations(Config config = quick()) : rm(std::move(config)) {
        rm.add_node("n1", {4096, 4});
        small = rm.master();
        rm.say(small, {MasterFixture::ask(1, {1024, 1}, 3)});
        large = rm.master();
        rm.say(large, {MasterFixture::ask(1, {4096, 4}, 1)});
    }

    Effects more() { return rm.say(small, {MasterFixture::ask(1, {1024, 1}, ++count)}); }

    MasterFixture rm;
    TestMaster small;
    TestMaster large;
    std::int32_t count = 3;
};

TEST_F(Reservations, BeginWhenTheAskHasWaited) {
    rm.pass(milliseconds(1900));
    EXPECT_EQ(rm.reserved(), 0U);
    rm.pass(seconds(2));
    EXPECT_EQ(rm.reserved(), 1U);
}

TEST_F(Reservations, HoldBackWhoAsksLater) {
    rm.pass(seconds(4));
    EXPECT_EQ(MasterFixture::granted(more()), "");
}

TEST_F(Reservations, DoNotHoldBackOtherNodes) {
    rm.pass(seconds(4));
    rm.step(NodeMessage{{++rm.connections}, CoreFixture::registration("n2", {1024, 1})});
    rm.all_saved();
    EXPECT_EQ(MasterFixture::granted(more()), "n2");
}

TEST_F(Reservations, EndWhenAnotherNodeHasRoomFirst) {
    rm.pass(seconds(4));
    rm.step(NodeMessage{{++rm.connections}, CoreFixture::registration("n2", {4096, 4})});
    EXPECT_EQ(MasterFixture::granted(rm.all_saved()), "n2");
    EXPECT_EQ(rm.reserved(), 0U);
    EXPECT_EQ(MasterFixture::granted(more()), "n1");
}

TEST_F(Reservations, EndWithTheAsk) {
    rm.pass(seconds(4));
    rm.say(large, {MasterFixture::ask(1, {4096, 4}, 0)});
    EXPECT_EQ(rm.reserved(), 0U);
    EXPECT_EQ(MasterFixture::granted(more()), "n1");
}

TEST_F(Reservations, EndWhenTheirTimeIsOver) {
    rm.pass(seconds(4));
    EXPECT_EQ(MasterFixture::granted(more()), "");
    EXPECT_EQ(MasterFixture::granted(rm.pass(seconds(11))), "n1");
}

class NoReservations : public Reservations {
protected:
    static Config off() {
        Config config = quick();
        config.scheduler.reservations.enabled = false;
        return config;
    }
    NoReservations() : Reservations(off()) {}
};

TEST_F(NoReservations, AreMadeWhenSwitchedOff) {
    rm.pass(seconds(4));
    EXPECT_EQ(rm.reserved(), 0U);
    EXPECT_EQ(MasterFixture::granted(more()), "n1");
}

class FewReservations : public Reservations {
protected:
    static Config few() {
        Config config = quick();
        config.scheduler.reservations.per_application = 1;
        return config;
    }
    FewReservations() : Reservations(few()) {}
};

TEST_F(FewReservations, AreMadeForOneApplication) {
    rm.add_node("n2", {4096, 4});
    rm.say(small, {MasterFixture::ask(2, {1024, 1}, 1)});
    rm.say(large, {MasterFixture::ask(1, {4096, 4}, 3)});
    rm.pass(seconds(6));
    EXPECT_EQ(rm.reserved(), 1U);
}

}  // namespace
}  // namespace heddle::rm::test
