// The command line of scheduler_sim.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "resourcemanager/simulator/options.h"

namespace heddle::simulator {
namespace {

EarlyExit refusal(const std::vector<std::string>& arguments) {
    const auto parsed = parse_options(arguments);
    const auto* exit = std::get_if<EarlyExit>(&parsed);
    return exit == nullptr ? EarlyExit{-1, "taken"} : *exit;
}

Options taken(const std::vector<std::string>& arguments) {
    auto parsed = parse_options(arguments);
    auto* options = std::get_if<Options>(&parsed);
    EXPECT_NE(options, nullptr) << std::get<EarlyExit>(parsed).text;
    return options == nullptr ? Options{} : std::move(*options);
}

class WorkloadFile {
public:
    explicit WorkloadFile(const std::string& text)
        : path_(testing::TempDir() + "scheduler_sim_options_test") {
        std::ofstream(path_) << text;
    }
    ~WorkloadFile() { std::filesystem::remove(path_); }
    WorkloadFile(const WorkloadFile&) = delete;
    WorkloadFile& operator=(const WorkloadFile&) = delete;
    const std::string& path() const { return path_; }

private:
    std::string path_;
};

TEST(SchedulerSimOptions, RunBothModesOnTheSameWorkload) {
    const Options options = taken({"--mode", "both", "--nodes=3", "--memory", "8g", "--racks", "2",
                                   "--node-heartbeat", "3s", "--span", "2m"});
    ASSERT_EQ(options.runs.size(), 2U);
    EXPECT_EQ(options.runs[0].mode, Mode::Event);
    EXPECT_EQ(options.runs[1].mode, Mode::Heartbeat);
    EXPECT_EQ(options.runs[1].node_heartbeat, seconds(3));
    ASSERT_EQ(options.machines.size(), 3U);
    EXPECT_EQ(options.machines[1].rack, "/rack-2");
    EXPECT_EQ(options.machines[1].total, (Resource{8192, 16}));
    EXPECT_FALSE(options.workload.jobs.empty());
}

TEST(SchedulerSimOptions, MakeAQueueOfWhatJobsNameUnlessQueuesAreGiven) {
    const WorkloadFile file(R"({"job.queue.name": "etl", "job.tasks": []})");
    EXPECT_EQ(taken({"--sls", file.path()}).runs[0].scheduler.queues.at(0).path, "root.etl");
    const EarlyExit exit = refusal({"--sls", file.path(), "--queues", "root.a=2"});
    EXPECT_EQ(exit.code, kExitBadInput);
    EXPECT_EQ(exit.text,
              "scheduler_sim: jobs name the queue root.etl, which is not among --queues\n");
}

TEST(SchedulerSimOptions, TakeASchedulersConfiguration) {
    const WorkloadFile file(R"(preemption.enabled = true
[queues."root.day"]
weight = 3
capacity_max = "80%"
[queues."root.night.a"]
[queues."root.night.b"]
)");
    const Options options = taken({"--scheduler", file.path(), "--span", "2m"});
    EXPECT_TRUE(options.runs[0].scheduler.preemption.enabled);
    std::set<std::string> named;
    for (const Job& job : options.workload.jobs) {
        named.insert(job.queue);
    }
    EXPECT_EQ(named, (std::set<std::string>{"root.day", "root.night.a", "root.night.b"}));
    EXPECT_EQ(refusal({"--scheduler", file.path(), "--queues", "root.a"}).code, kExitUsage);
    EXPECT_EQ(refusal({"--scheduler", "/nonexistent"}).code, kExitBadInput);
}

TEST(SchedulerSimOptions, RefuseJobsForQueuesThatTheConfigurationLacks) {
    const WorkloadFile jobs(R"({"job.queue.name": "etl", "job.tasks": []})");
    const std::string config = testing::TempDir() + "scheduler_sim_options_test.toml";
    std::ofstream(config) << "[queues.\"root.a\"]\n";
    EXPECT_EQ(refusal({"--sls", jobs.path(), "--scheduler", config}).text,
              "scheduler_sim: jobs name the queue root.etl, which is not in " + config + "\n");
    std::filesystem::remove(config);
}

TEST(SchedulerSimOptions, NameTheFileAndTheLineOfBadInput) {
    const WorkloadFile file("; MaxProcs: 4\n1 2 3\n");
    const EarlyExit exit = refusal({"--swf", file.path()});
    EXPECT_EQ(exit.code, kExitBadInput);
    EXPECT_EQ(exit.text,
              "scheduler_sim: " + file.path() + ": line 2: 3 fields found; SWF has exactly 18\n");
    EXPECT_EQ(refusal({"--sls", "/nonexistent"}).code, kExitBadInput);
}

TEST(SchedulerSimOptions, SayWhatIsWrongWithAnOption) {
    EXPECT_EQ(refusal({"--nods"}).text,
              "scheduler_sim: unknown option '--nods' (did you mean '--nodes'?)\n"
              "Try 'scheduler_sim --help'.\n");
    EXPECT_EQ(refusal({"--mode", "fast"}).code, kExitUsage);
    EXPECT_EQ(refusal({"--span", "2 weeks"}).code, kExitUsage);
    EXPECT_EQ(refusal({"--nodes"}).code, kExitUsage);
    EXPECT_EQ(refusal({"--sls", "a", "--swf", "b"}).code, kExitUsage);
    EXPECT_EQ(refusal({"--queues", "root.a=x"}).code, kExitBadInput);
    EXPECT_EQ(refusal({"--help"}).code, 0);
}

}  // namespace
}  // namespace heddle::simulator
