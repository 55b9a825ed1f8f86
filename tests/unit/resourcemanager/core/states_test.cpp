// The tables of states, printed, and what must hold of every such table.

#include "resourcemanager/core/states.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <set>

namespace heddle::rm {
namespace {

TEST(States, EveryStateIsReachedFromNewAndFinalOnesAreFinal) {
    std::set<AppState> reached{AppState::New};
    for (std::size_t round = 0; round < app_table().size(); ++round) {
        for (const AppStep& step : app_table()) {
            if (reached.contains(step.from)) {
                reached.insert(step.to);
            }
        }
    }
    EXPECT_EQ(reached.size(), 11U);
    for (const AppStep& step : app_table()) {
        EXPECT_FALSE(is_final(step.from));
        std::printf("application %2d --%2d--> %2d\n", static_cast<int>(step.from),
                    static_cast<int>(step.input), static_cast<int>(step.to));
    }
}

TEST(States, AttemptsEndOnlyAfterASave) {
    std::set<AttemptState> reached{AttemptState::New};
    for (std::size_t round = 0; round < attempt_table().size(); ++round) {
        for (const AttemptStep& step : attempt_table()) {
            if (reached.contains(step.from)) {
                reached.insert(step.to);
            }
        }
    }
    EXPECT_EQ(reached.size(), 13U);
    for (const AttemptStep& step : attempt_table()) {
        EXPECT_FALSE(is_final(step.from));
        if (is_final(step.to)) {
            EXPECT_TRUE(step.from == AttemptState::FinalSaving ||
                        step.from == AttemptState::Finishing);
        }
        std::printf("attempt %s --%d--> %s\n", std::string(to_string(step.from)).c_str(),
                    static_cast<int>(step.input), std::string(to_string(step.to)).c_str());
    }
}

TEST(States, NoPairHasTwoAnswers) {
    std::set<std::pair<AppState, AppInput>> pairs;
    for (const AppStep& step : app_table()) {
        EXPECT_TRUE(pairs.emplace(step.from, step.input).second);
        EXPECT_EQ(next_state(step.from, step.input), step.to);
    }
    EXPECT_EQ(next_state(AppState::Finished, AppInput::KillStored), std::nullopt);
}

}  // namespace
}  // namespace heddle::rm
