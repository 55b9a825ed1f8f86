// Workloads from a seed.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "resourcemanager/simulator/workload.h"

namespace heddle::simulator {
namespace {

Generator generator(std::uint64_t seed) {
    Generator how;
    how.seed = seed;
    how.queues = {{"root.a"}, {"root.b"}};
    for (int i = 0; i < 500; ++i) {
        how.machines.push_back({"n" + std::to_string(i), "/r", {65536, 16}});
    }
    return how;
}

TEST(Generator, GivesTheSameForASeedAndAnotherForAnother) {
    EXPECT_EQ(generate(generator(1)), generate(generator(1)));
    EXPECT_NE(generate(generator(1)), generate(generator(2)));
}

TEST(Generator, DrawsManySmallJobsAndFewHugeOnesMostByDay) {
    const Workload workload = generate(generator(1));
    std::size_t small = 0;
    std::size_t huge = 0;
    std::size_t by_day = 0;
    std::map<std::string, std::size_t> queues;
    std::map<std::string, std::size_t> users;
    for (const Job& job : workload.jobs) {
        small += job.waves[0].tasks.size() < 16 ? 1 : 0;
        huge += job.waves[0].tasks.size() >= 512 ? 1 : 0;
        by_day += job.arrival > seconds(900) && job.arrival < seconds(2700) ? 1 : 0;
        ++queues[job.queue];
        ++users[job.user];
    }
    const std::size_t all = workload.jobs.size();
    EXPECT_GT(all, 500U);
    EXPECT_GT(small, all / 2);
    EXPECT_GT(huge, 0U);
    EXPECT_LT(huge, all / 20);
    EXPECT_GT(by_day, all * 6 / 10);  // in the middle half of the time
    EXPECT_EQ(queues.size(), 2U);
    EXPECT_EQ(users.size(), 6U);
    EXPECT_TRUE(std::ranges::is_sorted(workload.jobs, {}, &Job::arrival));
}

}  // namespace
}  // namespace heddle::simulator
