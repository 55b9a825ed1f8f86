// A manager that did not run for a while does not take its own absence for that of its nodes.

#include <gtest/gtest.h>

#include <algorithm>

#include "resourcemanager/core/resource_manager.h"

namespace heddle::rm {
namespace {

using namespace literals;

// One node that is registered and has been silent since.
class StalledManager : public testing::Test {
protected:
    void SetUp() override {
        Booted booted;
        booted.epoch = 1;
        booted.cluster_timestamp = 1;
        step(TimePoint{}, std::move(booted));
        NodeRegister registration;
        registration.info.id = {"n1"};
        registration.info.total = {4096, 4};
        Effects effects = step(TimePoint{} + 1_s, NodeMessage{{1}, registration});
        const auto save = std::find_if(effects.begin(), effects.end(), [](const Effect& effect) {
            return std::holds_alternative<Save>(effect);
        });
        ASSERT_NE(save, effects.end());
        step(TimePoint{} + 1_s, Saved{std::get<Save>(*save).batch});
        ASSERT_EQ(state(), NodeState::Running);
    }

    Effects step(TimePoint now, Event event) {
        Effects effects;
        rm.step(now, WallTime{1000}, std::move(event), effects);
        rm.check();
        return effects;
    }
    NodeState state() {
        const auto view = rm.publish(WallTime{1000}).view;
        return view->nodes.find(NodeId{"n1"})->state;
    }

    ResourceManager rm{Config{}};
};

TEST_F(StalledManager, LosesANodeThatIsSilentWhileItListens) {
    step(TimePoint{} + 12_s, Tick{});
    EXPECT_EQ(state(), NodeState::Lost);
}

TEST_F(StalledManager, CountsSilenceFromItsReturn) {
    step(TimePoint{} + 30_s, Stalled{});
    EXPECT_EQ(state(), NodeState::Running);
    step(TimePoint{} + 39_s, Tick{});
    EXPECT_EQ(state(), NodeState::Running);
    step(TimePoint{} + 40_s, Tick{});
    EXPECT_EQ(state(), NodeState::Lost);
}

}  // namespace
}  // namespace heddle::rm
