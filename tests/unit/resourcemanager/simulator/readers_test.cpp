// What workload files of other simulators come to, and what is said of bad ones.

#include <gtest/gtest.h>

#include "resourcemanager/simulator/workload.h"

namespace heddle::simulator {
namespace {

constexpr const char* kTwoJobs = R"({
  "am.type": "mapreduce", "job.start.ms": 5000, "job.queue.name": "etl", "job.id": "second",
  "job.user": "ann", "am.memory": 2048, "am.vcores": 2,
  "job.tasks": [
    {"container.type": "reduce", "duration.ms": 700, "container.priority": 10},
    {"container.host": "/rack-1/n1", "container.start.ms": 6000, "container.end.ms": 9000,
     "container.memory": 512, "container.vcores": 1, "container.type": "map"},
    {"count": 3, "duration.ms": 100, "container.host": "/rack-1/n1", "container.memory": 512}
  ]
}
{"job.start.ms": "2000", "job.tasks": [{"duration.ms": 10}], "job.count": 2}
)";

TEST(SlsReader, SumsTasksOfOneKindUpInWavesAndCountsFromTheFirstJob) {
    const Result<Workload> read = read_sls(kTwoJobs, {});
    ASSERT_TRUE(read.ok()) << read.error().message;
    ASSERT_EQ(read->jobs.size(), 3U);
    EXPECT_EQ(read->jobs[0].arrival, Duration{});
    EXPECT_EQ(read->jobs[0].queue, "default");
    const Job& job = read->jobs[2];
    EXPECT_EQ(job.name, "second");
    EXPECT_EQ(job.arrival, seconds(3));
    EXPECT_EQ(job.user, "ann");
    EXPECT_EQ(job.master_size, (Resource{2048, 2}));
    ASSERT_EQ(job.waves.size(), 2U);
    EXPECT_EQ(job.waves[0].stage, 1);
    EXPECT_EQ(job.waves[1].stage, 0);
    EXPECT_EQ(job.waves[1].size, (Resource{512, 1}));
    EXPECT_EQ(job.waves[1].nodes, std::vector<std::string>{"n1"});
    EXPECT_EQ(job.waves[1].tasks, (std::vector<Duration>{seconds(3), milliseconds(100),
                                                         milliseconds(100), milliseconds(100)}));
}

TEST(SlsReader, TellsExecutionTypesApart) {
    const auto read = read_sls(R"({"job.tasks": [{"duration.ms": 10},
        {"duration.ms": 10, "container.execution.type": "OPPORTUNISTIC"}]})",
                               {});
    ASSERT_TRUE(read.ok()) << read.error().message;
    ASSERT_EQ(read->jobs[0].waves.size(), 2U);
    EXPECT_EQ(read->jobs[0].waves[1].execution, ExecutionType::Opportunistic);
    EXPECT_FALSE(read_sls(R"({"job.tasks": [{"duration.ms": 10,
        "container.execution.type": "SOMETIMES"}]})",
                          {})
                     .ok());
}

TEST(SlsReader, TakesAnArrayOfJobsToo) {
    const auto read = read_sls(R"([{"job.tasks": []}, {"job.tasks": []}])", {});
    ASSERT_TRUE(read.ok());
    EXPECT_EQ(read->jobs.size(), 2U);
}

TEST(SlsReader, SaysOnWhichLineWhatIsWrong) {
    const auto message = [](const char* text) {
        const auto read = read_sls(text, {});
        return read.ok() ? std::string("taken") : read.error().message;
    };
    EXPECT_EQ(message("{\"job.tasks\": []}\n\n{\"job.tasks\": [{\"duration.ms\": 1}, {}]}"),
              "line 3: job.tasks[2]: a task needs duration.ms, or container.start.ms and "
              "container.end.ms");
    EXPECT_EQ(message("{\"job.tasks\": []}\n{\"job.tasks\": [\n"),
              "line 2: the JSON object that begins here does not end");
    EXPECT_EQ(message("\nhello"), "line 2: expected a JSON object ('{'), found 'h'");
    EXPECT_EQ(message("{}"), "line 1: a job needs job.tasks, an array");
    EXPECT_EQ(message("{\"job.tasks\": [{\"duration.ms\": -5}]}"),
              "line 1: job.tasks[1]: duration.ms must be from 0 to 1125899906842624, not -5");
    EXPECT_EQ(message(""), "the file holds no job: one JSON object for each is expected");
}

TEST(SlsReader, ReadsNodesWithTheirRacksAndSizes) {
    const auto read = read_sls_nodes(
        R"({"rack": "r1", "nodes": [{"node": "a"}, {"node": "b", "memory-resource": 4096}]})",
        {1024, 2});
    ASSERT_TRUE(read.ok()) << read.error().message;
    EXPECT_EQ(*read, (std::vector<Machine>{{"a", "/r1", {1024, 2}}, {"b", "/r1", {4096, 2}}}));
    const auto twice =
        read_sls_nodes(R"({"rack": "r1", "nodes": [{"node": "a"}, {"node": "a"}]})", {1, 1});
    ASSERT_FALSE(twice.ok());
    EXPECT_EQ(twice.error().message, "line 1: node 'a' is there twice");
}

TEST(SwfReader, MakesATaskOfEachProcessorAndSkipsWhatNeverRan) {
    const char* text =
        "; Version: 2.2\n; MaxNodes: 2\n; MaxProcs: 8\n"
        "1 100 5 60 4 -1 -1 8 90 2048 1 7 1 3 2 -1 -1 -1\n"
        "2 90 5 30 1 1.5 -1 -1 -1 -1 1 8 1 -1 -1 -1 -1 -1\n"
        "3 95 -1 -1 -1 -1 -1 4 10 -1 5 8 1 -1 1 -1 -1 -1\n";
    const Result<Workload> read = read_swf(text, {{512, 1}, {3000, 1}});
    ASSERT_TRUE(read.ok()) << read.error().message;
    EXPECT_EQ(read->jobs_skipped, 1);
    ASSERT_EQ(read->jobs.size(), 2U);
    const Job& first = read->jobs[0];
    EXPECT_EQ(first.name, "job_2");
    EXPECT_EQ(first.kind, "serial");
    EXPECT_EQ(first.waves[0].size, (Resource{3000, 1}));
    const Job& second = read->jobs[1];
    EXPECT_EQ(second.arrival, seconds(10));
    EXPECT_EQ(second.queue, "queue-2");
    EXPECT_EQ(second.user, "user-7");
    EXPECT_EQ(second.waves[0].tasks, std::vector<Duration>(8, seconds(60)));
    EXPECT_EQ(second.waves[0].size, (Resource{2, 1}));
    ASSERT_EQ(read->machines.size(), 2U);
    EXPECT_EQ(read->machines[0].total.vcores, 5);
}

TEST(SwfReader, SaysOnWhichLineWhatIsWrong) {
    const auto message = [](const char* text) {
        const auto read = read_swf(text, {});
        return read.ok() ? std::string("taken") : read.error().message;
    };
    EXPECT_EQ(message("; x\n1 2 3\n"), "line 2: 3 fields found; SWF has exactly 18");
    EXPECT_EQ(message("1 0 0 x 1 1 1 1 1 1 1 1 1 1 1 1 1 1"), "line 1: field 4 is no number: 'x'");
    EXPECT_EQ(message("1 0 0 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1"),
              "line 1: more than 18 fields; SWF has exactly 18");
    EXPECT_EQ(message("; nothing\n"), "the file holds no job that ran");
}

}  // namespace
}  // namespace heddle::simulator
