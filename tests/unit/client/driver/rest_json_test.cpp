// Spark's monitoring REST from the driver's core: parameters, summaries, and the words of refusals.

#include "client/driver/rest_json.h"

#include <gtest/gtest.h>

#include <memory>

#include "client/driver/rest_summaries.h"
#include "common/base/strings.h"
#include "common/wire/json.h"
#include "tests/support/plans.h"

namespace heddle::driver {
namespace {

using namespace heddle::literals;

// One job of four tasks on two executors: three succeed after 10, 20 and 40 ms, one runs.
class RestJson : public testing::Test {
protected:
    void SetUp() override {
        for (const int id : {1, 2}) {
            ExecutorRegistered event;
            event.executor = rdd::ExecutorId{id};
            event.host = "node-" + std::to_string(id);
            event.port = 7000 + id;
            event.slots = 2;
            event.memory = 1000;
            tell(event);
        }
        rdd::RddNode source = test::text_source(0, test::distinct_texts(4, 1));
        source.storage = rdd::kMemoryOnly;
        JobSubmitted job;
        job.job = rdd::JobId{0};
        job.plan = std::make_shared<const rdd::Plan>(test::plan_of({source}));
        job.rdd = source.id;
        job.partitions = test::all_partitions(source);
        job.description = "count";
        tell(job);
        ASSERT_EQ(launched_.size(), 4U);
        for (const std::size_t task : {2, 0, 1}) {
            now_ = TimePoint{now_.microseconds + 10'000 * static_cast<std::int64_t>(task + 1)};
            succeed(task);
        }
        now_ = now_ + 50_ms;
    }

    static Config with_exclusion() {
        Config config;
        config.exclusion.enabled = true;
        return config;
    }

    void tell(const Event& event) {
        Effects effects;
        driver_.step(now_, event, effects);
        for (Effect& effect : effects) {
            auto* send = std::get_if<Send>(&effect);
            auto* launch = send ? std::get_if<rdd::TaskLaunch>(&send->message) : nullptr;
            if (launch != nullptr) {
                launched_.push_back({send->executor, launch->task});
            }
        }
    }
    void succeed(std::size_t index) {
        rdd::TaskResult result;
        result.task = launched_[index].second.task;
        result.metrics.executor_run_time = 4000;
        result.metrics.input_bytes_read = 100 * (static_cast<std::int64_t>(index) + 1);
        result.blocks.push_back(
            {rdd::BlockId::rdd(rdd::RddId{0}, launched_[index].second.partition), 50, 7});
        tell(ExecutorSaid{launched_[index].first, rdd::TaskDone{result}});
    }

    Result<std::string> ask(const std::string& path,
                            std::vector<std::pair<std::string, std::string>> parameters = {}) {
        RestQuery query;
        for (const std::string_view part : split(path, '/')) {
            query.path.emplace_back(part);
        }
        query.parameters = std::move(parameters);
        return rest_answer(driver_, {"app", "name", {}}, query, now_);
    }
    wire::Json tree(const std::string& path,
                    std::vector<std::pair<std::string, std::string>> parameters = {}) {
        const auto answer = ask(path, std::move(parameters));
        EXPECT_TRUE(answer.ok()) << path << ": " << answer.error().message;
        return answer ? wire::parse_json(*answer).value() : wire::Json();
    }
    std::size_t count(const std::string& path,
                      std::vector<std::pair<std::string, std::string>> parameters) {
        return tree(path, std::move(parameters)).array()->size();
    }
    std::string refusal(const std::string& path,
                        std::vector<std::pair<std::string, std::string>> parameters = {}) {
        const auto answer = ask(path, std::move(parameters));
        EXPECT_FALSE(answer.ok()) << path;
        return answer ? "" : answer.error().message;
    }

    TimePoint now_{1'000'000};
    Driver driver_{with_exclusion()};
    std::vector<std::pair<rdd::ExecutorId, rdd::TaskDescription>> launched_;
};

TEST_F(RestJson, ChoosesByOneStatusOrSeveral) {
    EXPECT_EQ(count("jobs", {{"status", "Running"}}), 1U);
    EXPECT_EQ(count("jobs", {{"status", "failed"}}), 0U);
    EXPECT_EQ(count("jobs", {{"status", "failed"}, {"status", "running"}}), 1U);
    EXPECT_EQ(count("stages", {{"status", "active"}}), 1U);
    EXPECT_EQ(count("stages", {{"status", "complete"}, {"status", "pending"}}), 0U);
    EXPECT_EQ(count("stages/0/0/taskList", {{"status", "success"}}), 3U);
    EXPECT_EQ(count("stages/0/0/taskList", {{"status", "success"}, {"status", "running"}}), 4U);
    const wire::Json stage = tree("stages/0/0", {{"taskStatus", "running"}});
    EXPECT_EQ(stage.find("tasks")->object()->size(), 1U);
}

TEST_F(RestJson, ShowsNamedAccumulatorsOfStagesAndTasks) {
    const rdd::TaskId task = launched_[0].second.task;
    tell(
        AccumulatorsMerged{rdd::StageId{0}, 0, task, {{rdd::AccumulatorId{7}, "rows", "5", "12"}}});
    const auto stage = ask("stages/0/0");
    ASSERT_TRUE(stage.ok());
    EXPECT_NE(stage->find(R"("accumulatorUpdates":[{"id":7,"name":"rows","value":"12"}])"),
              std::string::npos)
        << *stage;
    const auto tasks = ask("stages/0/0/taskList");
    ASSERT_TRUE(tasks.ok());
    EXPECT_NE(
        tasks->find(R"("accumulatorUpdates":[{"id":7,"name":"rows","update":"5","value":"12"}])"),
        std::string::npos)
        << *tasks;
}

TEST_F(RestJson, SaysWhatIsUnknownInSparksWords) {
    EXPECT_EQ(refusal("jobs/7"), "unknown job: 7");
    EXPECT_EQ(refusal("jobs/x"), "unknown job: x");
    EXPECT_EQ(refusal("stages/7"), "unknown stage: 7");
    EXPECT_EQ(refusal("stages/7/0"), "unknown stage: 7");
    EXPECT_EQ(refusal("stages/0/3"), "unknown attempt for stage 0.  Found attempts: [0]");
    EXPECT_EQ(refusal("storage/rdd/9"), "no rdd found w/ id 9");
    EXPECT_EQ(refusal("jobs", {{"status", "gone"}}), "unknown status: gone");
    EXPECT_EQ(refusal("stages/0/0/taskSummary", {{"quantiles", "0.5,,1"}}),
              "Bad value for parameter \"quantiles\".  Expected a double, got \"\"");
    for (const char* bad : {"x", "1.5", "-0.1", "nan", "0.5x"}) {
        EXPECT_FALSE(parse_quantiles(bad).ok()) << bad;
    }
}

TEST_F(RestJson, SortsTasksTheWayTheNameSays) {
    const auto order = [&](const std::string& by) {
        std::string ids;
        const wire::Json tasks = tree("stages/0/0/taskList", {{"sortBy", by}});
        for (const wire::Json& task : *tasks.array()) {
            ids += std::to_string(*task.find("index")->integer());
        }
        return ids;
    };
    // Task 3 still runs and has run longest; task 2 ended first.
    EXPECT_EQ(order(""), "0123");
    EXPECT_EQ(order("ID"), "0123");
    EXPECT_EQ(order("runtime"), "2013");
    EXPECT_EQ(order("-runtime"), "3102");
    EXPECT_EQ(order("DECREASING_RUNTIME"), "3102");
    EXPECT_EQ(refusal("stages/0/0/taskList", {{"sortBy", "host"}}),
              "unknown sortBy: host (ID, runtime, -runtime)");
    EXPECT_EQ(count("stages/0/0/taskList", {{"offset", "3"}, {"length", "5"}}), 1U);
    EXPECT_EQ(refusal("stages/0/0/taskList", {{"length", "-1"}}),
              "length must be a number, not '-1'");
}

TEST_F(RestJson, SumsAStageByExecutorAndByQuantile) {
    const wire::Json stage =
        tree("stages/0/0", {{"withSummaries", "true"}, {"quantiles", "0.0,0.5,1.0"}});
    std::int64_t bytes = 0;
    for (const wire::JsonMember& member : *stage.find("executorSummary")->object()) {
        bytes += *member.value.find("inputBytes")->integer();
    }
    EXPECT_EQ(bytes, 600);
    const auto row = [&](const char* part, const char* group, const char* name) {
        const wire::Json* of = stage.find(part);
        of = group == nullptr ? of : of->find(group);
        return std::move(wire::JsonWriter().value(*of->find(name))).take();
    };
    EXPECT_EQ(row("taskMetricsDistributions", nullptr, "quantiles"), "[0.0,0.5,1.0]");
    EXPECT_EQ(row("taskMetricsDistributions", "inputMetrics", "bytesRead"), "[100.0,200.0,300.0]");
    EXPECT_EQ(row("taskMetricsDistributions", nullptr, "duration"), "[30.0,40.0,60.0]");
    EXPECT_EQ(row("taskMetricsDistributions", nullptr, "schedulerDelay"), "[26.0,36.0,56.0]");
    EXPECT_EQ(row("executorMetricsDistributions", nullptr, "failedTasks"), "[0.0,0.0,0.0]");
}

TEST_F(RestJson, SaysWhichStagesLeaveAnExecutorOut) {
    const rdd::RddNode source = test::text_source(0, test::distinct_texts(8, 1));
    JobSubmitted job;
    job.job = rdd::JobId{1};
    job.plan = std::make_shared<const rdd::Plan>(test::plan_of({source}));
    job.rdd = source.id;
    job.partitions = test::all_partitions(source);
    tell(job);
    int failed = 0;
    for (std::size_t i = 4; i < launched_.size() && failed < 2; ++i) {
        if (launched_[i].first == rdd::ExecutorId{1}) {
            rdd::TaskResult result;
            result.task = launched_[i].second.task;
            result.failure.emplace();
            tell(ExecutorSaid{launched_[i].first, rdd::TaskDone{result}});
            ++failed;
        }
    }
    ASSERT_EQ(failed, 2);
    EXPECT_NE(ask("executors")->find(R"("isExcluded":false,"excludedInStages":[1])"),
              std::string::npos)
        << *ask("executors");
    const std::string stage = *ask("stages/1/0", {{"withSummaries", "true"}});
    EXPECT_NE(stage.find(R"("isExcludedForStage":true)"), std::string::npos) << stage;
}

TEST_F(RestJson, SaysWhichExecutorsHoldACachedRdd) {
    const wire::Json rdd = tree("storage/rdd").array()->front();
    std::int64_t memory = 0;
    std::int64_t disk = 0;
    for (const wire::Json& holder : *rdd.find("dataDistribution")->array()) {
        EXPECT_TRUE(holder.find("address")->string()->starts_with("node-"));
        memory += *holder.find("memoryUsed")->integer();
        disk += *holder.find("diskUsed")->integer();
    }
    EXPECT_EQ(memory, 150);
    EXPECT_EQ(disk, 21);
    EXPECT_EQ(rdd.find("partitions")->array()->size(), 3U);
}

}  // namespace
}  // namespace heddle::driver
