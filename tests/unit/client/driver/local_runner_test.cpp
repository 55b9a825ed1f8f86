// Jobs in the driver's own process, from the request to the last result.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "client/driver/job_runner.h"
#include "client/driver/master_url.h"
#include "client/driver/settings.h"
#include "common/rdd/save_target.h"
#include "tests/support/jobs.h"

namespace heddle::driver {
namespace {

using test::run_job;

std::unique_ptr<JobRunner> runner_for(const std::string& master) {
    RunnerOptions options;
    options.master = master;
    options.application_name = "test";
    auto runner = make_runner(options);
    EXPECT_TRUE(runner.ok()) << runner.error().message;
    return std::move(runner).value();
}

TEST(LocalRunner, CollectsWhatWasParallelized) {
    const auto runner = runner_for("local[2]");
    const rdd::RddNode source = test::text_source(0, test::distinct_texts(5, 3));
    const auto outcome = run_job(*runner, test::plan_of({source}), source,
                                 rdd::builtin_operator(rdd::builtin::kCollect));
    ASSERT_FALSE(outcome.failure) << outcome.failure->message;
    const std::vector<std::string> texts = test::texts_of(outcome);
    ASSERT_EQ(texts.size(), 15U);
    EXPECT_EQ(texts.front(), "r-0");
    EXPECT_EQ(texts.back(), "r-14");
}

TEST(LocalRunner, KeepsEveryRowThroughAShuffle) {
    const auto runner = runner_for("local[2]");
    const rdd::RddNode source = test::text_source(0, test::distinct_texts(7, 1000));
    const rdd::RddNode shuffled = test::shuffled(1, source, 0, 4);
    const auto outcome = run_job(*runner, test::plan_of({source, shuffled}), shuffled,
                                 rdd::builtin_operator(rdd::builtin::kCollect));
    ASSERT_FALSE(outcome.failure) << outcome.failure->message;
    const std::vector<std::string> texts = test::texts_of(outcome);
    EXPECT_EQ(texts.size(), 7000U);
    EXPECT_EQ(std::set<std::string>(texts.begin(), texts.end()).size(), 7000U);
    EXPECT_FALSE(outcome.delivered_twice);
}

TEST(LocalRunner, FailsAJobWhoseActionNobodyKnowsAndGoesOn) {
    const auto runner = runner_for("local[2]");
    const rdd::RddNode source = test::text_source(0, test::distinct_texts(2, 2));
    const auto failed =
        run_job(*runner, test::plan_of({source}), source, rdd::builtin_operator("no_such_action"));
    ASSERT_TRUE(failed.failure);
    EXPECT_NE(failed.failure->message.find("no_such_action"), std::string::npos)
        << failed.failure->message;
    const auto good = run_job(*runner, test::plan_of({source}), source,
                              rdd::builtin_operator(rdd::builtin::kCount));
    EXPECT_FALSE(good.failure);
    EXPECT_EQ(good.values.size(), 2U);
}

TEST(LocalRunner, FailsTheJobWhenAResultCannotBeUsed) {
    const auto runner = runner_for("local[2]");
    const rdd::RddNode source = test::text_source(0, test::distinct_texts(50, 2));
    JobRequest request;
    request.plan = test::plan_of({source});
    request.rdd = source.id;
    request.action = rdd::builtin_operator(rdd::builtin::kCount);
    request.partitions = test::all_partitions(source);
    request.on_result = [](rdd::Partition, rdd::Bytes) -> Status {
        return Error{ErrorCode::ResourceExhausted, "no room for it"};
    };
    const auto failure = runner->wait(runner->submit(std::move(request)));
    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->code, ErrorCode::ResourceExhausted);
    EXPECT_EQ(failure->message, "no room for it");
}

TEST(LocalRunner, UnpersistReturnsWhenTheBlocksAreGone) {
    const auto runner = runner_for("local[2]");
    rdd::RddNode source = test::text_source(0, test::distinct_texts(3, 10));
    source.storage = rdd::kMemoryOnly;
    for (int i = 0; i < 2; ++i) {
        const auto outcome = run_job(*runner, test::plan_of({source}), source,
                                     rdd::builtin_operator(rdd::builtin::kCount));
        EXPECT_FALSE(outcome.failure);
    }
    runner->unpersist(source.id, true);
}

TEST(LocalRunner, EndsRunningJobsWhenItStops) {
    const auto runner = runner_for("local[2]");
    runner->stop();
    const rdd::RddNode source = test::text_source(0, test::distinct_texts(1, 1));
    const auto outcome = run_job(*runner, test::plan_of({source}), source,
                                 rdd::builtin_operator(rdd::builtin::kCount));
    ASSERT_TRUE(outcome.failure);
    EXPECT_EQ(outcome.failure->code, ErrorCode::Cancelled);
    runner->stop();
}

TEST(MakeRunner, SaysWhichMastersThereAre) {
    for (const char* master : {"lokal", "local[0]", "local-cluster[1,2]", "heddle://", "yarn",
                               "heddle://host:0", "local-cluster[0,1,512]"}) {
        RunnerOptions options;
        options.master = master;
        const auto runner = make_runner(options);
        ASSERT_FALSE(runner.ok()) << master;
        EXPECT_EQ(runner.error().code, ErrorCode::InvalidArgument);
        EXPECT_NE(runner.error().message.find("local-cluster[EXECUTORS,CORES,MIB]"),
                  std::string::npos);
    }
}

TEST(MakeRunner, TakesTheFailuresOfATaskFromTheUrlAsSparkDoes) {
    const auto both = parse_master_url("local[3,7]", 2);
    ASSERT_TRUE(both.ok());
    EXPECT_EQ(both->threads, 3);
    EXPECT_EQ(both->failures, 7);
    EXPECT_EQ(parse_master_url("local[*, 1]", 2)->threads, 2);
    EXPECT_EQ(parse_master_url("local[*]", 2)->failures, 0);
    for (const char* master :
         {"local[2,0]", "local[2,]", "local[2,x]", "local[2,1,1]", "local[]"}) {
        EXPECT_FALSE(parse_master_url(master, 2).ok()) << master;
    }
    const rdd::RddNode source = test::text_source(0, test::distinct_texts(1, 1));
    const rdd::OperatorRef impossible = rdd::builtin_operator(
        rdd::builtin::kSaveText, rdd::encode(rdd::SaveTarget{"/proc/none", ""}));
    for (const int failures : {1, 3}) {
        const auto runner = runner_for("local[1," + std::to_string(failures) + "]");
        const auto outcome = run_job(*runner, test::plan_of({source}), source, impossible);
        ASSERT_TRUE(outcome.failure);
        EXPECT_NE(outcome.failure->message.find("failed " + std::to_string(failures) + " times"),
                  std::string::npos)
            << outcome.failure->message;
    }
}

TEST(MakeRunner, WarnsOnceOfASettingThatNobodyKnows) {
    const auto settings = read_settings({{"spark.no.such.thing", "1"}, {"queue", "a"}}, false);
    ASSERT_TRUE(settings.ok());
    EXPECT_EQ(settings->unknown, (std::vector<std::string>{"spark.no.such.thing"}));

    ::testing::internal::CaptureStderr();
    for (int round = 0; round < 2; ++round) {
        RunnerOptions options;
        options.master = "local";
        options.settings["spark.no.such.thing"] = "1";
        EXPECT_TRUE(make_runner(options).ok());
    }
    const std::string said = ::testing::internal::GetCapturedStderr();
    const std::size_t first = said.find("spark.no.such.thing");
    ASSERT_NE(first, std::string::npos) << said;
    EXPECT_EQ(said.find("spark.no.such.thing", first + 1), std::string::npos) << said;
}

TEST(MakeRunner, ReadsHowTasksAreTriedAgainAndShared) {
    const auto settings = read_settings({{"spark.speculation", "true"},
                                         {"spark.speculation.multiplier", "1.5"},
                                         {"spark.speculation.quantile", "0.75"},
                                         {"spark.speculation.interval", "50ms"},
                                         {"spark.scheduler.mode", "FAIR"}},
                                        false);
    ASSERT_TRUE(settings.ok()) << settings.error().message;
    EXPECT_TRUE(settings->core.speculation.enabled);
    EXPECT_EQ(settings->core.speculation.multiplier_permille, 1500);
    EXPECT_EQ(settings->core.speculation.quantile_permille, 750);
    EXPECT_EQ(settings->core.speculation.interval, milliseconds(50));
    EXPECT_TRUE(settings->core.scheduling.fair);
    const auto wrong = [](const std::string& name, const std::string& value) {
        const auto read = read_settings({{name, value}}, false);
        return read.ok() ? std::string() : read.error().message;
    };
    EXPECT_NE(wrong("spark.speculation", "yes").find("true or false"), std::string::npos);
    EXPECT_NE(wrong("spark.speculation.quantile", "2").find("from 0 to 1"), std::string::npos);
    EXPECT_NE(wrong("spark.speculation.multiplier", "nan").find("a number"), std::string::npos);
    EXPECT_NE(wrong("spark.speculation.interval", "0").find("more than nothing"),
              std::string::npos);
    EXPECT_NE(wrong("speculation.intervall", "1s").find("speculation.interval"), std::string::npos);
    EXPECT_NE(wrong("scheduler.mode", "fair").find("FIFO or FAIR"), std::string::npos);
    EXPECT_NE(wrong("scheduler.allocation.file", "/nowhere.xml").find("No such file"),
              std::string::npos);
}

TEST(MakeRunner, ReadsWhereTasksAreNotTriedAgain) {
    const auto settings =
        read_settings({{"spark.excludeOnFailure.enabled", "true"},
                       {"spark.excludeOnFailure.timeout", "2h"},
                       {"spark.excludeOnFailure.stage.maxFailedTasksPerExecutor", "5"},
                       {"spark.excludeOnFailure.application.fetchFailure.enabled", "true"},
                       {"spark.excludeOnFailure.killExcludedExecutors", "true"},
                       {"spark.scheduler.excludeOnFailure.unschedulableTaskSetTimeout", "7s"}},
                      false);
    ASSERT_TRUE(settings.ok()) << settings.error().message;
    const ExclusionRules& rules = settings->core.exclusion;
    EXPECT_TRUE(rules.enabled && rules.fetch_failures_count && rules.kill);
    EXPECT_EQ(rules.timeout, seconds(7200));
    EXPECT_EQ(rules.stage_failures_per_executor_max, 5);
    EXPECT_EQ(rules.unschedulable_max, seconds(7));
    const auto refused = read_settings({{"exclude_on_failure.enabled", "true"},
                                        {"exclude_on_failure.task.attempts_per_node_max", "4"}},
                                       false);
    ASSERT_FALSE(refused.ok());
    EXPECT_NE(refused.error().message.find("not below task.max_failures (= 4)"), std::string::npos)
        << refused.error().message;
    const auto odd = read_settings({{"exclude_on_failure.task.attempts_per_node", "1"}}, false);
    EXPECT_FALSE(odd.ok());
}

TEST(DriverSettings, ReadsHowManyExecutorsMayCome) {
    const auto settings =
        read_settings({{"spark.dynamicAllocation.enabled", "true"},
                       {"spark.dynamicAllocation.minExecutors", "1"},
                       {"spark.dynamicAllocation.maxExecutors", "8"},
                       {"spark.executor.instances", "3"},
                       {"spark.dynamicAllocation.schedulerBacklogTimeout", "5"},
                       {"spark.dynamicAllocation.cachedExecutorIdleTimeout", "10min"}},
                      false);
    ASSERT_TRUE(settings.ok()) << settings.error().message;
    AllocationRules rules = settings->core.allocation;
    EXPECT_TRUE(rules.enabled);
    EXPECT_EQ(rules.executors_initial, 3) << "executor.instances is what is wanted first";
    EXPECT_EQ(rules.sustained_timeout, seconds(5)) << "as the first";
    EXPECT_EQ(rules.cached_idle_timeout, seconds(600));
    rules.limit(2);
    EXPECT_EQ(rules.executors_max, 2);
    EXPECT_EQ(rules.executors_initial, 2);
    const auto wrong = [](const std::map<std::string, std::string>& values) {
        const auto read = read_settings(values, false);
        return read.ok() ? std::string() : read.error().message;
    };
    EXPECT_NE(wrong({{"spark.dynamicAllocation.enabled", "true"},
                     {"spark.dynamicAllocation.minExecutors", "3"},
                     {"spark.dynamicAllocation.maxExecutors", "2"}})
                  .find("may not be above .max_executors (= 2)"),
              std::string::npos);
    EXPECT_NE(wrong({{"spark.dynamicAllocation.enabled", "true"},
                     {"spark.dynamicAllocation.shuffleTracking.enabled", "false"}})
                  .find("executors are kept for it"),
              std::string::npos);
    EXPECT_EQ(wrong({{"spark.dynamicAllocation.enabled", "true"},
                     {"spark.dynamicAllocation.shuffleTracking.enabled", "false"},
                     {"spark.decommission.enabled", "true"},
                     {"spark.storage.decommission.enabled", "true"}}),
              "");
    EXPECT_NE(wrong({{"spark.dynamicAllocation.executorIdleTimeout", "0"}}).find("more than"),
              std::string::npos);
}

TEST(DriverSettings, ReadsHowExecutorsEndAsPlanned) {
    const auto settings = read_settings({{"spark.decommission.enabled", "true"},
                                         {"spark.storage.decommission.enabled", "true"},
                                         {"spark.storage.decommission.rddBlocks.enabled", "false"},
                                         {"spark.executor.decommission.forceKillTimeout", "30s"}},
                                        false);
    ASSERT_TRUE(settings.ok()) << settings.error().message;
    const RetirementRules& rules = settings->core.retirement;
    EXPECT_TRUE(rules.enabled && rules.storage && !rules.cached);
    EXPECT_EQ(rules.patience, seconds(30));
    EXPECT_FALSE(read_settings({{"decommission.enable", "true"}}, false).ok());
    EXPECT_FALSE(read_settings({}, false)->core.retirement.enabled);
}

TEST(DriverSettings, SayHowBlocksArePacked) {
    const auto settings = read_settings({{"spark.shuffle.compress", "false"},
                                         {"spark.rdd.compress", "true"},
                                         {"spark.io.compression.codec", "zstd"}},
                                        false);
    ASSERT_TRUE(settings.ok()) << settings.error().message;
    EXPECT_EQ(settings->transfer,
              (rdd::BlockTransfer{rdd::BlockCodec::Zstd, false, true, true, false}));
    const auto refused = read_settings({{"spark.io.compression.codec", "snappy"}}, false);
    ASSERT_FALSE(refused.ok());
    EXPECT_NE(refused.error().message.find("lz4 or zstd"), std::string::npos);
    EXPECT_FALSE(read_settings({{"broadcast.compress", "1"}}, false).ok());
}

TEST(DriverSettings, MemoryWithoutAUnitIsInMebibytes) {
    EXPECT_EQ(read_settings({{"executor.memory", "512"}}, false)->executor_memory, 512LL << 20);
    EXPECT_EQ(read_settings({{"spark.executor.memory", "2g"}}, false)->executor_memory, 2LL << 30);
    EXPECT_FALSE(read_settings({{"executor.memory", "much"}}, false).ok());
}

TEST(MakeRunner, RefusesASettingThatIsNearlyOneOfOurs) {
    RunnerOptions options;
    options.master = "local";
    options.settings["executor.memry"] = "1g";
    const auto runner = make_runner(options);
    ASSERT_FALSE(runner.ok());
    EXPECT_NE(runner.error().message.find("executor.memory"), std::string::npos);
}

}  // namespace
}  // namespace heddle::driver
