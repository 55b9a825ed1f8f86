// The order of stages, and jobs that are meant together.
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "client/driver/core/pools.h"
#include "tests/unit/client/driver/driver_core.h"

namespace heddle::driver {
namespace {

// Candidates as "pool:stage", with the tasks of each stage.
std::string order_of(const SchedulingRules& rules, std::vector<Candidate> candidates) {
    RunningByPool running;
    for (const Candidate& candidate : candidates) {
        running[candidate.pool] += candidate.running;
    }
    order_stages(candidates, rules, running);
    std::string text;
    for (const Candidate& candidate : candidates) {
        text += std::string(candidate.pool) + std::to_string(candidate.stage.value) + " ";
    }
    return text;
}

Candidate candidate(std::int32_t stage, std::string_view pool, std::int64_t running) {
    return {rdd::JobId{stage}, rdd::StageId{stage}, pool, running};
}

TEST(Pools, FirstInFirstOutKnowsNoPools) {
    EXPECT_EQ(order_of({}, {candidate(2, "b", 0), candidate(1, "a", 9)}), "a1 b2 ");
}

TEST(Pools, ShareByWeightAfterMinimumShares) {
    SchedulingRules rules;
    rules.fair = true;
    rules.pools["a"].weight = 3;
    EXPECT_EQ(order_of(rules, {candidate(1, "a", 4), candidate(2, "b", 2)}), "a1 b2 ");
    EXPECT_EQ(order_of(rules, {candidate(1, "a", 7), candidate(2, "b", 2)}), "b2 a1 ");
    rules.pools["c"].share_min = 2;
    EXPECT_EQ(order_of(rules, {candidate(1, "a", 0), candidate(2, "c", 1)}), "c2 a1 ");
    rules.pools["d"].share_min = 8;  // lacks more of its share
    EXPECT_EQ(order_of(rules, {candidate(1, "c", 1), candidate(2, "d", 1)}), "d2 c1 ");
}

TEST(Pools, ShareInsideAsTheyAreTold) {
    SchedulingRules rules;
    rules.fair = true;
    EXPECT_EQ(order_of(rules, {candidate(1, "a", 5), candidate(2, "a", 0)}), "a1 a2 ");
    rules.pools["a"].fair = true;
    EXPECT_EQ(order_of(rules, {candidate(1, "a", 5), candidate(2, "a", 0)}), "a2 a1 ");
}

TEST(Pools, LetASmallJobInBesideALargeOne) {
    Config config;
    config.scheduling.fair = true;
    Core core(config);
    core.add_executor(1, "node-1", 2);
    const rdd::RddNode large = source_of(6);
    core.submit(1, {{large}}, large);
    EXPECT_EQ(core.trace(), "run 0/0 on 1\nrun 0/1 on 1\n");
    JobSubmitted small;
    small.job = rdd::JobId{2};
    rdd::RddNode few = source_of(2);
    few.id = rdd::RddId{9};
    small.plan = std::make_shared<const rdd::Plan>(rdd::Plan{{few}});
    small.rdd = few.id;
    small.partitions = {0, 1};
    small.properties.pool = "small";
    core.tell(small);
    core.succeed(0);
    EXPECT_EQ(core.trace(), "result 0\nrun 1/0 on 1\n");
    core.succeed(1);
    EXPECT_EQ(core.trace(), "result 1\nrun 0/2 on 1\n");  // one each
}

TEST(JobSelection, CancelsWhatItMeansAndNothingElse) {
    Core core;
    for (std::int32_t job = 1; job <= 3; ++job) {
        JobSubmitted event;
        event.job = rdd::JobId{job};
        rdd::RddNode node = source_of(1);
        node.id = rdd::RddId{job};
        event.plan = std::make_shared<const rdd::Plan>(rdd::Plan{{node}});
        event.rdd = node.id;
        event.partitions = {0};
        event.properties.group = job == 1 ? "etl" : "";
        event.properties.tags =
            job == 2 ? std::vector<std::string>{"night", "eu"} : std::vector<std::string>{};
        core.tell(event);
    }
    core.tell(JobsCancelled{{std::nullopt, "eu"}, "enough"});
    EXPECT_EQ(core.trace(), "end 2\n");
    EXPECT_EQ(core.error_->message, "enough");
    core.tell(JobsCancelled{{"etl", std::nullopt}, "enough"});
    EXPECT_EQ(core.trace(), "end 1\n");
    core.tell(JobsCancelled{{"none", std::nullopt}, "enough"});
    EXPECT_EQ(core.trace(), "");
    core.tell(JobsCancelled{{}, "enough"});
    EXPECT_EQ(core.trace(), "end 3\n");
}

}  // namespace
}  // namespace heddle::driver
