// Jobs in real executor processes, which are killed while they work.
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <future>
#include <iterator>
#include <map>
#include <memory>
#include <thread>

#include "client/driver/job_runner.h"
#include "client/driver/runner.h"
#include "common/base/prng.h"
#include "tests/support/jobs.h"

namespace heddle::driver {
namespace {

using test::run_job;

std::unique_ptr<JobRunner> cluster(const std::string& master,
                                   std::map<std::string, std::string> settings = {}) {
    RunnerOptions options;
    options.master = master;
    options.application_name = "test";
    options.settings = std::move(settings);
    auto runner = make_runner(options);
    EXPECT_TRUE(runner.ok()) << (runner.ok() ? "" : runner.error().message);
    return runner.ok() ? std::move(runner).value() : nullptr;
}

// Processes whose parent is this one: the executors. Children belong to the thread that made them.
std::vector<pid_t> children() {
    std::vector<pid_t> pids;
    for (const auto& thread : std::filesystem::directory_iterator("/proc/self/task")) {
        std::ifstream file(thread.path() / "children");
        pid_t pid = 0;
        while (file >> pid) {
            pids.push_back(pid);
        }
    }
    std::sort(pids.begin(), pids.end());
    return pids;
}

// A source of distinct rows, dealt out by hash and then by position, with a persisted RDD between.
struct TwoShuffles {
    explicit TwoShuffles(std::int32_t rows_each)
        : source(test::text_source(0, test::distinct_texts(8, rows_each))),
          by_hash(test::shuffled(1, source, 0, 6)),
          dealt(test::shuffled(2, by_hash, 1, 5, rdd::PartitionerKind::RoundRobin)),
          plan(test::plan_of({source, by_hash, dealt})) {}

    rdd::RddNode source;
    rdd::RddNode by_hash;
    rdd::RddNode dealt;
    rdd::Plan plan;
};

int tasks_finished(JobRunner& runner) {
    std::promise<int> found;
    dynamic_cast<Runner&>(runner).inspect([&](const Driver& core) {
        int finished = 0;
        for (const auto& [id, executor] : core.progress().executors()) {
            finished += executor.completed_tasks;
        }
        found.set_value(finished);
    });
    return found.get_future().get();
}

// Kills one executor, which the seed chooses, when so many more tasks have finished.
class Killer {
public:
    Killer(JobRunner& runner, std::uint64_t seed, int after_tasks)
        : thread_([&runner, seed, limit = tasks_finished(runner) + after_tasks] {
              while (tasks_finished(runner) < limit) {
              }
              Prng prng(seed);
              const std::vector<pid_t> pids = children();
              if (!pids.empty()) {
                  kill(pids[prng.below(pids.size())], SIGKILL);
              }
          }) {}
    ~Killer() { thread_.join(); }
    Killer(const Killer&) = delete;
    Killer& operator=(const Killer&) = delete;

private:
    std::thread thread_;
};

// How tasks of the newest attempt of the last stage ran.
std::map<std::string, int> localities_of_last_stage(JobRunner& runner) {
    std::promise<std::map<std::string, int>> found;
    dynamic_cast<Runner&>(runner).inspect([&](const Driver& core) {
        std::map<std::string, int> counts;
        for (const TaskView& task : core.progress().stages().rbegin()->second.task_views) {
            ++counts[task.locality + " " + task.host + " " + task.status];
        }
        found.set_value(std::move(counts));
    });
    return found.get_future().get();
}

int executors_lost(JobRunner& runner) {
    std::promise<int> found;
    dynamic_cast<Runner&>(runner).inspect([&](const Driver& core) {
        int lost = 0;
        for (const auto& [id, executor] : core.progress().executors()) {
            lost += executor.active ? 0 : 1;
        }
        found.set_value(lost);
    });
    return found.get_future().get();
}

// Until so many executors are there.
void wait_for_executors(JobRunner& runner, std::size_t count) {
    for (std::size_t there = 0; there != count;) {
        std::promise<std::size_t> found;
        dynamic_cast<Runner&>(runner).inspect(
            [&](const Driver& core) { found.set_value(core.executors().all().size()); });
        there = found.get_future().get();
    }
}

TEST(LocalCluster, GivesWhatOneProcessGives) {
    const auto runner = cluster("local-cluster[2,1,256]");
    ASSERT_NE(runner, nullptr);
    const rdd::RddNode source = test::text_source(0, test::distinct_texts(6, 2000));
    const rdd::RddNode dealt = test::shuffled(1, source, 0, 5);
    const auto outcome = run_job(*runner, test::plan_of({source, dealt}), dealt,
                                 rdd::builtin_operator(rdd::builtin::kCollect));
    ASSERT_FALSE(outcome.failure) << outcome.failure->message;
    const auto local = cluster("local[2]");
    const auto expected = run_job(*local, test::plan_of({source, dealt}), dealt,
                                  rdd::builtin_operator(rdd::builtin::kCollect));
    EXPECT_EQ(test::texts_of(outcome), test::texts_of(expected));
    EXPECT_EQ(test::texts_of(outcome).size(), 12000U);
}

TEST(LocalCluster, LargeResultsAreFetchedInPiecesUpToALimit) {
    const rdd::RddNode source = test::text_source(0, test::distinct_texts(3, 600'000));
    const rdd::Plan plan = test::plan_of({source});
    const rdd::OperatorRef collect = rdd::builtin_operator(rdd::builtin::kCollect);
    const auto fetched = run_job(*cluster("local-cluster[2,1,256]"), plan, source, collect);
    ASSERT_FALSE(fetched.failure) << fetched.failure->message;
    EXPECT_GT(fetched.values.begin()->second.size(), 5U << 20U) << "more than a piece";
    const auto expected = run_job(*cluster("local[2]"), plan, source, collect);
    EXPECT_EQ(test::texts_of(fetched), test::texts_of(expected));
    for (const char* master : {"local-cluster[2,1,256]", "local[2]"}) {
        const auto runner = cluster(master, {{"spark.driver.maxResultSize", "10m"}});
        const auto refused = run_job(*runner, plan, source, collect);
        ASSERT_TRUE(refused.failure) << master;
        EXPECT_NE(refused.failure->message.find("driver.max_result_size (10.0 MiB)"),
                  std::string::npos)
            << refused.failure->message;
        const auto after =
            run_job(*runner, plan, source, rdd::builtin_operator(rdd::builtin::kCount));
        EXPECT_FALSE(after.failure) << "the next job of the same context";
    }
}

TEST(LocalCluster, LeavesNoProcessAndNoFolder) {
    const std::string folder = ::testing::TempDir() + "heddle-private-" + std::to_string(getpid());
    std::filesystem::create_directory(folder);
    const auto entries = [&] {
        const std::filesystem::recursive_directory_iterator all(folder);
        return std::distance(begin(all), end(all));
    };
    for (const char* master : {"local[2]", "local-cluster[2,1,256]"}) {
        const auto runner = cluster(master, {{"local.dir", folder}});
        ASSERT_NE(runner, nullptr);
        rdd::RddNode source = test::text_source(0, test::distinct_texts(2, 2));
        source.storage = rdd::kDiskOnly;
        EXPECT_FALSE(run_job(*runner, test::plan_of({source}), source,
                             rdd::builtin_operator(rdd::builtin::kCount))
                         .failure);
        EXPECT_GE(entries(), 2) << master << ": nothing went to disk, so the test shows nothing";
        runner->stop();
        EXPECT_EQ(entries(), 0) << master;
    }
    EXPECT_TRUE(children().empty());
    std::filesystem::remove_all(folder);
}

TEST(LocalCluster, GivesTheRightAnswerWhenExecutorsAreKilled) {
    const TwoShuffles job(3000);
    const auto local = cluster("local");
    std::vector<std::string> expected = test::texts_of(
        run_job(*local, job.plan, job.dealt, rdd::builtin_operator(rdd::builtin::kCollect)));
    const auto runner = cluster("local-cluster[3,1,256]");
    ASSERT_NE(runner, nullptr);
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        // Of 19 tasks: 8 and 6 that write map output, 5 that answer.
        const Killer killer(*runner, seed, static_cast<int>(seed * 7 % 19));
        // The plan's shuffles are new ones each time, so that everything is computed again.
        TwoShuffles again(3000);
        again.by_hash.dependencies[0].shuffle = rdd::ShuffleId{static_cast<std::int32_t>(seed * 2)};
        again.dealt.dependencies[0].shuffle =
            rdd::ShuffleId{static_cast<std::int32_t>(seed * 2 + 1)};
        again.plan = test::plan_of({again.source, again.by_hash, again.dealt});
        const auto outcome = run_job(*runner, again.plan, again.dealt,
                                     rdd::builtin_operator(rdd::builtin::kCollect));
        ASSERT_FALSE(outcome.failure) << "seed " << seed << ": " << outcome.failure->message;
        EXPECT_EQ(test::texts_of(outcome), expected) << "seed " << seed;
        EXPECT_FALSE(outcome.delivered_twice);
    }
    EXPECT_GE(executors_lost(*runner), 5) << "hardly anything was killed: the test shows nothing";
}

TEST(LocalCluster, AMillionDistinctRowsStayDistinctUnderKills) {
    const auto runner = cluster("local-cluster[3,1,512]");
    ASSERT_NE(runner, nullptr);
    const TwoShuffles job(125000);
    const Killer first(*runner, 11, 4);
    const Killer second(*runner, 12, 12);
    const auto outcome =
        run_job(*runner, job.plan, job.dealt, rdd::builtin_operator(rdd::builtin::kCollect));
    ASSERT_FALSE(outcome.failure) << outcome.failure->message;
    std::vector<std::string> texts = test::texts_of(outcome);
    EXPECT_GE(executors_lost(*runner), 1) << "nothing was killed: the test shows nothing";
    EXPECT_EQ(texts.size(), 1000000U);
    std::sort(texts.begin(), texts.end());
    EXPECT_EQ(std::unique(texts.begin(), texts.end()), texts.end());
}

TEST(LocalCluster, RunsTasksWhereTheirPartitionIsCached) {
    const auto runner = cluster("local-cluster[2,2,256]");
    ASSERT_NE(runner, nullptr);
    wait_for_executors(*runner, 2);
    rdd::RddNode source = test::text_source(0, test::distinct_texts(40, 50));
    source.storage = rdd::kMemoryOnly;
    const rdd::Plan plan = test::plan_of({source});
    for (int round = 1; round <= 3; ++round) {
        const auto outcome =
            run_job(*runner, plan, source, rdd::builtin_operator(rdd::builtin::kCount));
        ASSERT_FALSE(outcome.failure) << outcome.failure->message;
        if (round == 1) {
            continue;
        }
        int near = 0;
        for (const auto& [how, count] : localities_of_last_stage(*runner)) {
            near += how.starts_with("PROCESS_LOCAL") ? count : 0;
        }
        EXPECT_GE(near, 38) << "round " << round;
    }
}

// Partitions of the only cached RDD that so many executors hold.
int partitions_held(JobRunner& runner, std::size_t times) {
    std::promise<int> found;
    dynamic_cast<Runner&>(runner).inspect([&](const Driver& core) {
        int held = 0;
        for (const RddView& rdd : core.storage()) {
            for (const RddPartitionView& partition : rdd.partition_views) {
                held += partition.executors.size() == times ? 1 : 0;
            }
        }
        found.set_value(held);
    });
    return found.get_future().get();
}

TEST(LocalCluster, CopiesOfCachedPartitionsServeWhenTheirExecutorIsKilled) {
    for (const rdd::StorageLevel level : {rdd::kMemoryOnlySer, rdd::kDiskOnly}) {
        const auto runner = cluster("local-cluster[2,1,256]");
        ASSERT_NE(runner, nullptr);
        wait_for_executors(*runner, 2);
        TwoShuffles job(500);
        job.by_hash.storage = rdd::replicated(level, 2);
        job.plan = test::plan_of({job.source, job.by_hash});
        const auto collect = [&] {
            return test::texts_of(run_job(*runner, job.plan, job.by_hash,
                                          rdd::builtin_operator(rdd::builtin::kCollect)));
        };
        const std::vector<std::string> first = collect();
        EXPECT_EQ(first.size(), 4000U);
        while (partitions_held(*runner, 2) != 6) {
        }
        kill(children().front(), SIGKILL);
        while (executors_lost(*runner) != 1) {
        }
        const int before = tasks_finished(*runner);
        EXPECT_EQ(collect(), first);
        EXPECT_EQ(tasks_finished(*runner), before + 6) << "something was computed again";
        wait_for_executors(*runner, 2);
        while (partitions_held(*runner, 2) != 6) {  // the executor that came instead has copies
        }
        runner->unpersist(job.by_hash.id, true);
        EXPECT_EQ(partitions_held(*runner, 1) + partitions_held(*runner, 2), 0);
    }
}

TEST(LocalCluster, PrefersTheNodeOfTheSourceAndThenGoesAnywhere) {
    const auto runner = cluster("local-cluster[2,1,256]", {{"locality.wait", "600ms"}});
    ASSERT_NE(runner, nullptr);
    wait_for_executors(*runner, 2);
    rdd::RddNode source = test::text_source(0, test::distinct_texts(4, 10));
    for (rdd::SourcePartition& partition : source.sources) {
        partition.hosts = {"node-2"};
    }
    const auto near = run_job(*runner, test::plan_of({source}), source,
                              rdd::builtin_operator(rdd::builtin::kCount));
    ASSERT_FALSE(near.failure);
    EXPECT_EQ(localities_of_last_stage(*runner),
              (std::map<std::string, int>{{"NODE_LOCAL node-2 SUCCESS", 4}}));
}

// Tasks in which a shell finds that it is on this node fail.
rdd::RddNode failing_on(const std::string& node, const rdd::RddNode& source) {
    rdd::ByteWriter payload;
    payload.count(3);
    for (const std::string& word :
         {std::string("sh"), std::string("-c"), "test \"$NM_HOST\" != " + node + " && cat"}) {
        payload.text(word);
    }
    payload.count(0);
    rdd::RddNode piped = test::sorted(source.id.value + 1, source);
    piped.name = "pipe";
    piped.op = rdd::builtin_operator(rdd::builtin::kPipe, payload.take());
    return piped;
}

TEST(LocalCluster, FinishesThoughTasksFailOnOneNode) {
    const auto runner = cluster("local-cluster[2,1,256]",
                                {{"exclude_on_failure.enabled", "true"}, {"locality.wait", "0"}});
    ASSERT_NE(runner, nullptr);
    wait_for_executors(*runner, 2);
    const rdd::RddNode source = test::text_source(0, test::distinct_texts(12, 10));
    const rdd::RddNode piped = failing_on("node-2", source);
    std::vector<std::int32_t> failed;
    for (int job = 0; job < 3; ++job) {
        const auto outcome = run_job(*runner, test::plan_of({source, piped}), piped,
                                     rdd::builtin_operator(rdd::builtin::kCollect));
        ASSERT_FALSE(outcome.failure) << outcome.failure->message;
        EXPECT_EQ(test::texts_of(outcome).size(), 120U);
        failed.push_back(0);
        for (const ExecutorView& executor : runner->executor_views()) {
            failed.back() += executor.failed_tasks;
            EXPECT_EQ(executor.excluded, executor.host == "node-2");
        }
    }
    EXPECT_GE(failed.front(), 2) << "a stage leaves an executor after two failed tasks";
    EXPECT_EQ(failed.back(), failed.front()) << "later ones never use it";
}

TEST(LocalCluster, FailsWhenATaskFailsEverywhere) {
    const auto runner =
        cluster("local-cluster[1,1,256]", {{"exclude_on_failure.enabled", "true"},
                                           {"exclude_on_failure.unschedulable_timeout", "0"}});
    ASSERT_NE(runner, nullptr);
    const rdd::RddNode source = test::text_source(0, test::distinct_texts(1, 10));
    const rdd::RddNode piped = failing_on("node-1", source);
    const auto outcome = run_job(*runner, test::plan_of({source, piped}), piped,
                                 rdd::builtin_operator(rdd::builtin::kCollect));
    ASSERT_TRUE(outcome.failure);
    EXPECT_NE(outcome.failure->message.find("cannot run anywhere"), std::string::npos)
        << outcome.failure->message;
}

TEST(LocalCluster, ExecutorsComeWhileTasksWaitAndGoWhenTheyAreIdle) {
    const auto runner =
        cluster("local-cluster[3,1,256]", {{"dynamic_allocation.enabled", "true"},
                                           {"dynamic_allocation.scheduler_backlog_timeout", "10ms"},
                                           {"dynamic_allocation.executor_idle_timeout", "200ms"}});
    ASSERT_NE(runner, nullptr);
    EXPECT_TRUE(children().empty());
    const rdd::RddNode source = test::text_source(0, test::distinct_texts(12, 10));
    rdd::RddNode piped = failing_on("nowhere; sleep 0.1; test 1", source);
    for (int job = 0; job < 2; ++job) {
        const auto outcome = run_job(*runner, test::plan_of({source, piped}), piped,
                                     rdd::builtin_operator(rdd::builtin::kCollect));
        ASSERT_FALSE(outcome.failure) << outcome.failure->message;
        EXPECT_EQ(test::texts_of(outcome).size(), 120U);
        wait_for_executors(*runner, 0);
        while (!children().empty()) {
        }
    }
    EXPECT_GE(runner->executor_views().size(), 4U) << "each job brought more than one";
}

// Executors that keep something.
int holders(JobRunner& runner) {
    std::promise<int> found;
    dynamic_cast<Runner&>(runner).inspect([&](const Driver& core) {
        int count = 0;
        for (const auto& [id, executor] : core.executors().all()) {
            count += core.blocks().held(id).blocks > 0 ? 1 : 0;
        }
        found.set_value(count);
    });
    return found.get_future().get();
}

std::ptrdiff_t lines_in(const std::string& path) {
    std::ifstream file(path);
    return std::count(std::istreambuf_iterator<char>(file), {}, '\n');
}

// Two executors, of which one goes when both are idle, with what it holds moved first.
std::map<std::string, std::string> one_goes() {
    return {{"spark.dynamicAllocation.enabled", "true"},
            {"spark.dynamicAllocation.minExecutors", "1"},
            {"spark.dynamicAllocation.initialExecutors", "2"},
            {"spark.dynamicAllocation.executorIdleTimeout", "700ms"},
            {"spark.dynamicAllocation.cachedExecutorIdleTimeout", "700ms"},
            {"spark.dynamicAllocation.shuffleTracking.enabled", "false"},
            {"spark.decommission.enabled", "true"},
            {"spark.storage.decommission.enabled", "true"}};
}

// Tasks that are slow, and leave a line each time that one is computed.
struct Counted {
    explicit Counted(const std::string& name)
        : file(::testing::TempDir() + name + std::to_string(getpid())),
          source(test::text_source(0, test::distinct_texts(4, 10))),
          computed(failing_on("nowhere; echo once >> " + file + "; sleep 0.5; test 1", source)) {}
    ~Counted() { std::filesystem::remove(file); }
    Counted(const Counted&) = delete;
    Counted& operator=(const Counted&) = delete;

    std::string file;
    rdd::RddNode source;
    rdd::RddNode computed;
};

std::vector<std::string> collect(JobRunner& runner, const rdd::Plan& plan,
                                 const rdd::RddNode& node) {
    return test::texts_of(
        run_job(runner, plan, node, rdd::builtin_operator(rdd::builtin::kCollect)));
}

TEST(LocalCluster, WhatAnIdleExecutorKeepsMovesBeforeItEnds) {
    const auto runner = cluster("local-cluster[2,1,256]", one_goes());
    ASSERT_NE(runner, nullptr);
    Counted job("heddle-kept-");
    job.computed.storage = rdd::kMemoryOnly;
    const rdd::Plan plan = test::plan_of({job.source, job.computed});
    const std::vector<std::string> first = collect(*runner, plan, job.computed);
    EXPECT_EQ(first.size(), 40U);
    EXPECT_EQ(holders(*runner), 2) << "only one executor has taken part";
    wait_for_executors(*runner, 1);
    EXPECT_EQ(holders(*runner), 1);
    EXPECT_EQ(partitions_held(*runner, 1), 4);
    EXPECT_EQ(collect(*runner, plan, job.computed), first);
    EXPECT_EQ(lines_in(job.file), 4) << "something was computed again";
}

TEST(LocalCluster, MapOutputOfAnIdleExecutorMovesBeforeItEnds) {
    const auto runner = cluster("local-cluster[2,1,256]", one_goes());
    ASSERT_NE(runner, nullptr);
    const Counted job("heddle-dealt-");
    const rdd::RddNode dealt = test::shuffled(2, job.computed, 0, 3);
    const rdd::Plan plan = test::plan_of({job.source, job.computed, dealt});
    const std::vector<std::string> first = collect(*runner, plan, dealt);
    EXPECT_EQ(first.size(), 40U);
    wait_for_executors(*runner, 1);
    for (const ExecutorView& executor : runner->executor_views()) {
        EXPECT_GT(executor.completed_tasks, 0) << "only one executor has taken part";
    }
    EXPECT_EQ(collect(*runner, plan, dealt), first);
    EXPECT_EQ(lines_in(job.file), 4) << "something was computed again";
}

TEST(LocalCluster, NamesTheFolderThatItCannotMake) {
    RunnerOptions options;
    options.master = "local-cluster[1,1,256]";
    options.settings["local.dir"] = "/nonexistent/folder";
    const auto runner = make_runner(options);
    ASSERT_FALSE(runner.ok());
    EXPECT_NE(runner.error().message.find("/nonexistent/folder"), std::string::npos)
        << runner.error().message;
}

}  // namespace
}  // namespace heddle::driver
