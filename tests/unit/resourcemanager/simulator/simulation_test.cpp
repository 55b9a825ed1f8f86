// Whole runs: the real scheduler core with models of nodes and masters in virtual time.

#include <gtest/gtest.h>

#include "resourcemanager/simulator/report.h"
#include "resourcemanager/simulator/simulation.h"

namespace heddle::simulator {
namespace {

Setup setup_of(Mode mode) {
    Setup setup;
    setup.mode = mode;
    setup.scheduler.queues = {queue_config("root.a"), queue_config("root.b")};
    return setup;
}

std::vector<Machine> machines_of(int count, Resource total) {
    std::vector<Machine> machines;
    for (int i = 0; i < count; ++i) {
        machines.push_back({"n" + std::to_string(i), "/r", total});
    }
    return machines;
}

Wave wave_of(std::int32_t stage, std::size_t tasks, Duration each, Resource size = {1024, 1}) {
    Wave wave;
    wave.stage = stage;
    wave.size = size;
    wave.tasks.assign(tasks, each);
    return wave;
}

Job job_of(std::vector<Wave> waves, std::string queue = "root.a") {
    Job job;
    job.name = "job";
    job.queue = std::move(queue);
    job.user = "ann";
    job.kind = "test";
    job.master_size = {1024, 1};
    job.waves = std::move(waves);
    return job;
}

Findings run(const Setup& setup, const std::vector<Job>& jobs,
             const std::vector<Machine>& machines) {
    const Result<RunResult> result = simulate(setup, jobs, machines, [](const Progress&) {});
    EXPECT_TRUE(result.ok()) << result.error().message;
    return result.ok() ? result->findings : Findings{};
}

TEST(SchedulerSim, StartsATaskAsSoonAsMessagesAndLaunchAllow) {
    const Findings f = run(setup_of(Mode::Event), {job_of({wave_of(0, 3, seconds(5))})},
                           machines_of(1, {8192, 8}));
    EXPECT_EQ(f.finished, 1);
    EXPECT_EQ(f.tasks_done, 3);
    // The ask, the order, the launch.
    EXPECT_EQ(f.wait.max, (microseconds(200) * 2 + milliseconds(2)).microseconds);
}

TEST(SchedulerSim, AsksForAStageWhenTheOneBeforeIsDone) {
    const Findings f =
        run(setup_of(Mode::Event), {job_of({wave_of(1, 2, seconds(7)), wave_of(0, 2, seconds(5))})},
            machines_of(1, {8192, 8}));
    EXPECT_EQ(f.tasks_done, 4);
    EXPECT_GT(f.turnaround.max, seconds(12).microseconds);
    EXPECT_LT(f.turnaround.max, seconds(13).microseconds);
}

Setup preempting(Mode mode = Mode::Event) {
    Setup setup = setup_of(mode);
    setup.scheduler.preemption.enabled = true;
    setup.scheduler.preemption.interval = setup.scheduler.preemption.grace = seconds(1);
    setup.scheduler.preemption.round_percent_max = 100;
    return setup;
}

TEST(SchedulerSim, CountsWhatIsTakenForOtherQueuesAndDoesItAgain) {
    Job late = job_of({wave_of(0, 3, seconds(10))}, "root.b");
    late.arrival = seconds(30);
    const std::vector<Job> jobs = {job_of({wave_of(0, 7, seconds(100))}), late};
    const Findings f = run(preempting(), jobs, machines_of(1, {8192, 8}));
    EXPECT_EQ(f.finished, 2);
    EXPECT_EQ(f.tasks_done, 10);
    EXPECT_GE(f.preempted_containers, 3);
    EXPECT_EQ(f.preempted_containers, f.lost_containers);
    EXPECT_GT(f.preempted_work, seconds(90));
    EXPECT_EQ(run(setup_of(Mode::Event), jobs, machines_of(1, {8192, 8})).preempted_containers, 0);
}

TEST(SchedulerSim, TakesForOtherQueuesByHeartbeatsToo) {
    Job late = job_of({wave_of(0, 3, seconds(10))}, "root.b");
    late.arrival = seconds(30);
    // Those that end by themselves before the order reaches them leave what replaces them idle.
    const std::vector<Job> jobs = {job_of({wave_of(0, 7, seconds(31)), wave_of(1, 40, seconds(3))}),
                                   late};
    const Findings f = run(preempting(Mode::Heartbeat), jobs, machines_of(1, {8192, 8}));
    EXPECT_EQ(f.finished, 2);
    EXPECT_EQ(f.tasks_done, 50);
    EXPECT_GT(f.preempted_containers, 0);
}

TEST(SchedulerSim, BeginsAnewWhatRanForAMasterThatWasTaken) {
    // Four masters with a task each fill the node; the late one is owed more than the tasks hold.
    auto setup = preempting();
    setup.scheduler.queues[1].capacity[kNoLabel].guaranteed.all = {Share::Kind::Weight, 3000};
    const Job small = job_of({wave_of(0, 1, seconds(100))});
    Job late = job_of({wave_of(0, 3, seconds(10))}, "root.b");
    late.arrival = seconds(10);
    late.master_size = {3072, 1};
    const std::vector<Job> jobs = {small, small, small, small, late};
    const Findings f = run(setup, jobs, machines_of(1, {8192, 8}));
    EXPECT_EQ(f.finished, 5);
    EXPECT_EQ(f.failures, std::vector<std::string>());
    EXPECT_EQ(f.tasks_done, 7);
    EXPECT_GT(f.preempted_containers, f.lost_containers);
}

TEST(SchedulerSim, IdlesSlotsForMillisecondsByEventsAndForSecondsByHeartbeats) {
    const std::vector<Job> jobs = {job_of({wave_of(0, 40, seconds(10))}),
                                   job_of({wave_of(0, 40, seconds(10))}, "root.b")};
    const std::vector<Machine> machines = machines_of(2, {8192, 8});
    const Findings event = run(setup_of(Mode::Event), jobs, machines);
    const Findings heartbeat = run(setup_of(Mode::Heartbeat), jobs, machines);
    EXPECT_EQ(event.tasks_done, 80);
    EXPECT_EQ(heartbeat.tasks_done, 80);
    EXPECT_GT(event.slot_idle.count, 30);
    EXPECT_LT(event.slot_idle.max, milliseconds(5).microseconds);
    EXPECT_GE(heartbeat.slot_idle.p50, seconds(1).microseconds);
    EXPECT_GT(heartbeat.makespan, event.makespan);
    EXPECT_GT(event.running_waiting_mean, heartbeat.running_waiting_mean);
}

TEST(SchedulerSim, TakesOneContainerAHeartbeatUnlessAllowedMore) {
    const std::vector<Job> jobs = {job_of({wave_of(0, 7, seconds(100))})};
    const std::vector<Machine> machines = machines_of(1, {8192, 8});
    simulator::Setup setup = setup_of(Mode::Heartbeat);
    const Findings one = run(setup, jobs, machines);
    EXPECT_GT(one.wait.max - one.wait.p50, seconds(2).microseconds);
    setup.assignments = 7;
    const Findings seven = run(setup, jobs, machines);
    EXPECT_LT(seven.wait.max, seconds(3).microseconds);
}

TEST(SchedulerSim, CountsFreeRoomThatFitsNothingThatWaits) {
    const Findings f = run(setup_of(Mode::Event), {job_of({wave_of(0, 4, seconds(60), {3072, 3})})},
                           machines_of(1, {8192, 8}));
    // Master and two tasks take 7 of 8; the eighth fits none of the others.
    EXPECT_EQ(f.fragments_max, 125);
}

TEST(SchedulerSim, ReportsAJobThatCanNeverRunAndGoesOn) {
    const Findings f = run(
        setup_of(Mode::Event),
        {job_of({wave_of(0, 1, seconds(1), {999'999, 1})}), job_of({wave_of(0, 2, seconds(1))})},
        machines_of(1, {8192, 8}));
    EXPECT_EQ(f.failed, 1);
    EXPECT_EQ(f.finished, 1);
    ASSERT_EQ(f.failures.size(), 1U);
    EXPECT_NE(f.failures[0].find("999999 MiB"), std::string::npos) << f.failures[0];
}

TEST(SchedulerSim, LendsRoomToOpportunisticTasksAndTakesItBackAtOnce) {
    Job steady = job_of({wave_of(0, 4, seconds(100))});
    Job lent = job_of({wave_of(0, 12, seconds(10))}, "root.b");
    lent.waves[0].execution = ExecutionType::Opportunistic;
    Job urgent = job_of({wave_of(0, 1, seconds(20))});
    urgent.arrival = seconds(15);
    urgent.kind = "urgent";
    const Findings f =
        run(setup_of(Mode::Event), {steady, lent, urgent}, machines_of(1, {8192, 8}));
    EXPECT_EQ(f.finished, 3);
    EXPECT_EQ(f.tasks_done, 17);
    EXPECT_EQ(f.lost_containers, 2);  // for the master and its task
    EXPECT_EQ(f.wait_by_kind.at("urgent").max,
              (microseconds(200) * 2 + milliseconds(2)).microseconds);
}

TEST(SchedulerSim, SaysWhenNothingCanGoOn) {
    const Result<RunResult> result =
        simulate(setup_of(Mode::Event), {job_of({wave_of(0, 1, seconds(1))})},
                 machines_of(1, {1024, 1}), [](const Progress&) {});
    ASSERT_FALSE(result.ok());
    EXPECT_NE(result.error().message.find("1 jobs wait"), std::string::npos);
}

TEST(SchedulerSim, GivesTheSameReportForTheSameSeedByteForByte) {
    Generator how;
    how.span = seconds(300);
    how.queues = {{"root.a"}, {"root.b"}};
    how.machines = machines_of(10, {32768, 16});
    const Workload workload = generate(how);
    for (const Mode mode : {Mode::Event, Mode::Heartbeat}) {
        const auto report = [&] {
            return report_json({{"x", run(setup_of(mode), workload.jobs, how.machines)}});
        };
        const std::string first = report();
        EXPECT_EQ(first, report());
        EXPECT_NE(first.find("\"slot_idle.p50_us\""), std::string::npos);
    }
}

TEST(SchedulerSimReport, PutsTwoRunsSideBySideWithTheirRatio) {
    Findings event;
    event.slot_idle.p50 = 2000;
    Findings heartbeat;
    heartbeat.slot_idle.p50 = 1'500'000;
    const std::string text = report_table({{"event", event}, {"heartbeat", heartbeat}}, false);
    const std::size_t at = text.find("freed slot idle, p50");
    ASSERT_NE(at, std::string::npos);
    const std::string line = text.substr(at, text.find('\n', at) - at);
    EXPECT_NE(line.find("2.00 ms"), std::string::npos) << line;
    EXPECT_NE(line.find("1.50 s"), std::string::npos) << line;
    EXPECT_NE(line.find("750.00"), std::string::npos) << line;
}

TEST(SchedulerSimReport, WritesDurationsForPeople) {
    EXPECT_EQ(human_duration(340), "340 us");
    EXPECT_EQ(human_duration(2'400), "2.40 ms");
    EXPECT_EQ(human_duration(1'250'000), "1.25 s");
    EXPECT_EQ(human_duration(std::int64_t{7'500'000'000}), "2 h  5 min");
}

}  // namespace
}  // namespace heddle::simulator
