// The table of a container's life: printed whole, and walked pair by pair.

#include "nodeagent/core/container_life.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <utility>

namespace heddle::node {

TEST(ContainerLife, IsThisTable) {
    std::string text;
    for (const Transition& t : transitions()) {
        text += std::string(to_string(t.from)) + " + " + std::string(to_string(t.input)) + " = " +
                std::string(to_string(t.to)) + "\n";
    }
    EXPECT_EQ(text,
              "saving + saved = localising\n"
              "saving + save failed = done\n"
              "saving + stop ordered = done\n"
              "localising + localised = ready\n"
              "localising + localise failed = done\n"
              "localising + stop ordered = done\n"
              "ready + start allowed = starting\n"
              "ready + stop ordered = done\n"
              "starting + started = running\n"
              "starting + start failed = done\n"
              "starting + stop ordered = stopping\n"
              "running + stop ordered = stopping\n"
              "running + exited = done\n"
              "stopping + started = stopping\n"
              "stopping + start failed = done\n"
              "stopping + stop ordered = stopping\n"
              "stopping + exited = done\n");
}

TEST(ContainerLife, NamesEachPairOnceAndNothingLeavesDone) {
    std::set<std::pair<ContainerState, ContainerInput>> pairs;
    for (const Transition& t : transitions()) {
        EXPECT_TRUE(pairs.insert({t.from, t.input}).second);
        EXPECT_NE(t.from, ContainerState::Done);
        EXPECT_EQ(next_state(t.from, t.input), t.to);
    }
    EXPECT_EQ(next_state(ContainerState::Done, ContainerInput::Exited), std::nullopt);
    EXPECT_EQ(next_state(ContainerState::Running, ContainerInput::Started), std::nullopt);
}

TEST(ContainerLife, LeavesEveryLivingStateByAStopOrder) {
    for (const auto state :
         {ContainerState::Saving, ContainerState::Localising, ContainerState::Ready,
          ContainerState::Starting, ContainerState::Running, ContainerState::Stopping}) {
        EXPECT_TRUE(next_state(state, ContainerInput::StopOrdered)) << to_string(state);
    }
}

}  // namespace heddle::node
