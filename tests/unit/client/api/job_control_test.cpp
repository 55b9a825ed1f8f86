// What threads say of their jobs, and cancelling from outside, on a driver with real threads.
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <heddle/heddle.h>

namespace heddle {
namespace {

std::unique_ptr<driver::JobRunner> two_threads() {
    driver::RunnerOptions options;
    options.master = "local[2]";
    options.application_name = "test";
    return std::move(driver::make_runner(options)).value();
}

std::atomic<bool> open_gate{false};

// A task that does not end before the gate is opened.
int wait_at_the_gate(int value) {
    open_gate.wait(false);
    return value;
}

// Runs a count of two tasks at the gate; what it fails of.
std::string count_at_the_gate(Context& context) {
    try {
        (void)context.parallelize(std::vector<int>{1, 2}, 2)
            .map([](int value) { return wait_at_the_gate(value); })
            .count();
    } catch (const JobFailed& error) {
        return std::string(to_string(error.code())) + ": " + error.what();
    }
    return {};
}

class JobControl : public ::testing::Test {
protected:
    JobControl() { open_gate = false; }
    void open() {
        open_gate = true;
        open_gate.notify_all();
    }
    void wait_active(Context& context, std::size_t jobs) {
        while (context.status_tracker().get_active_job_ids().size() != jobs) {
            std::this_thread::yield();
        }
    }
};

TEST_F(JobControl, PropertiesBelongToTheirThreadAndContext) {
    Context context(two_threads());
    context.set_local_property("spark.scheduler.pool", "production");
    context.set_job_group("etl", "nightly load");
    context.add_job_tag("b");
    context.add_job_tag("a");
    EXPECT_EQ(context.get_job_tags(), (std::set<std::string>{"a", "b"}));
    std::thread([&] {
        EXPECT_EQ(context.get_local_property("spark.scheduler.pool"), std::nullopt);
        EXPECT_TRUE(context.get_job_tags().empty());
    }).join();
    Context other(two_threads());
    EXPECT_EQ(other.get_local_property("spark.jobGroup.id"), std::nullopt);

    (void)context.parallelize(std::vector<int>{1}).count();
    EXPECT_EQ(context.status_tracker().get_job_ids_for_group("etl").size(), 1U);
    EXPECT_EQ(context.status_tracker().get_job_ids_for_tag("a").size(), 1U);
    EXPECT_TRUE(context.status_tracker().get_job_ids_for_group(std::nullopt).empty());
    context.clear_job_group();
    context.remove_job_tag("a");
    (void)context.parallelize(std::vector<int>{1}).count();
    EXPECT_EQ(context.status_tracker().get_job_ids_for_group(std::nullopt).size(), 1U);
    EXPECT_EQ(context.status_tracker().get_job_ids_for_tag("a").size(), 1U);
    EXPECT_EQ(context.status_tracker().get_job_ids_for_tag("b").size(), 2U);
    context.set_local_property("spark.scheduler.pool", std::nullopt);
    EXPECT_EQ(context.get_local_property("spark.scheduler.pool"), std::nullopt);
    EXPECT_THROW(context.add_job_tag("a,b"), UsageError);
    EXPECT_THROW(context.add_job_tag(""), UsageError);
}

TEST_F(JobControl, AGroupIsCancelledAndOthersGoOn) {
    Context context(two_threads());
    auto meant = std::async(std::launch::async, [&] {
        context.set_job_group("meant", "");
        return count_at_the_gate(context);
    });
    auto other = std::async(std::launch::async, [&] { return count_at_the_gate(context); });
    wait_active(context, 2);
    context.cancel_job_group("nobody");
    context.cancel_job_group("meant", "not needed any more");
    EXPECT_EQ(meant.get(), "cancelled: not needed any more");
    open();
    EXPECT_EQ(other.get(), "");
}

TEST_F(JobControl, TheTrackerSaysWhatRuns) {
    Context context(two_threads());
    auto job = std::async(std::launch::async, [&] { return count_at_the_gate(context); });
    wait_active(context, 1);
    const StatusTracker tracker = context.status_tracker();
    const std::int32_t id = tracker.get_active_job_ids().front();
    EXPECT_EQ(tracker.get_job_info(id)->status, "RUNNING");
    EXPECT_EQ(tracker.get_job_info(id + 1).has_value(), false);
    while (tracker.get_active_stage_ids().empty()) {
        std::this_thread::yield();
    }
    const std::int32_t stage = tracker.get_active_stage_ids().front();
    EXPECT_EQ(tracker.get_stage_info(stage)->num_tasks, 2);
    EXPECT_EQ(tracker.get_executor_infos().size(), 1U);
    context.cancel_all_jobs();
    EXPECT_EQ(job.get(), "cancelled: cancelled with all jobs");
    open();
    EXPECT_TRUE(tracker.get_active_job_ids().empty());
    EXPECT_EQ(tracker.get_job_info(id)->status, "FAILED");
    context.stop();
    EXPECT_THROW((void)tracker.get_active_job_ids(), UsageError);
}

}  // namespace
}  // namespace heddle
