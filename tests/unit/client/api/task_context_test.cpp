// What functions know of their task, and attempts that are killed, on a driver with real threads.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "tests/unit/client/api/local_context.h"

namespace heddle {
namespace {

using test::has;
using test::message_of;

std::atomic<int> completed{0};
std::atomic<int> failed{0};
std::atomic<std::int64_t> running{-1};  // the attempt at the gate
std::atomic<bool> gate{false};

class Tasks : public ::testing::Test {
protected:
    Tasks() : context_(test::threads(2)) {
        completed = 0;
        failed = 0;
        running = -1;
        gate = false;
    }
    Rdd<int> rows(int count, int slices) {
        return context_.parallelize(std::vector<int>(static_cast<std::size_t>(count), 1), slices);
    }

    Context context_;
};

TEST_F(Tasks, KnowWhereTheyAre) {
    EXPECT_EQ(TaskContext::find().has_value(), false);
    EXPECT_TRUE(has(message_of<UsageError>([] { (void)TaskContext::get(); }),
                    "no task runs on this thread"));
    const auto said = rows(6, 3)
                          .map_partitions([](std::span<const int>) {
                              const TaskContext task = TaskContext::get();
                              return std::vector<int>{task.partition_id(), task.num_partitions(),
                                                      task.attempt_number(),
                                                      task.stage_attempt_number(), task.cpus()};
                          })
                          .collect();
    EXPECT_EQ(said, (std::vector<int>{0, 3, 0, 0, 1, 1, 3, 0, 0, 1, 2, 3, 0, 0, 1}));
    // Every attempt has a number of its own, and stages have theirs.
    auto ids = rows(4, 4).map([](int) { return TaskContext::get().task_attempt_id(); }).collect();
    std::sort(ids.begin(), ids.end());
    EXPECT_EQ(std::unique(ids.begin(), ids.end()), ids.end());
    const auto stages = rows(2, 1).map([](int) { return TaskContext::get().stage_id(); });
    EXPECT_NE(stages.first(), stages.first());
    const auto wide = rows(2, 2).with_resources(ResourceProfile().task_cpus(2)).map([](int) {
        return TaskContext::get().cpus();
    });
    EXPECT_EQ(wide.collect(), (std::vector<int>{2, 2}));
}

TEST_F(Tasks, AttemptsAreNumbered) {
    const auto attempts = rows(1, 1).map([](int) {
        const TaskContext task = TaskContext::get();
        if (task.attempt_number() < 2) {
            throw std::runtime_error("not yet");
        }
        return task.attempt_number();
    });
    EXPECT_EQ(attempts.collect(), std::vector<int>{2});
}

struct Property {
    std::string name{};
    template <typename Row>
    std::string operator()(const Row&) const {
        return TaskContext::get().get_local_property(name).value_or("none");
    }
};

TEST_F(Tasks, ReadThePropertiesOfTheThreadThatRanTheJob) {
    const auto shown = rows(2, 2).map(Property{"region"});
    EXPECT_EQ(shown.collect(), (std::vector<std::string>{"none", "none"}));
    context_.set_local_property("region", "eu");
    EXPECT_EQ(shown.collect(), (std::vector<std::string>{"eu", "eu"}));
    std::thread([&] {
        EXPECT_EQ(shown.collect(), (std::vector<std::string>{"none", "none"}));
    }).join();
    // Map stages, too, and what runs without the caller.
    const auto shuffled = rows(2, 2).map(Property{"region"}).distinct(1);
    EXPECT_EQ(shuffled.collect(), std::vector<std::string>{"eu"});
    EXPECT_EQ(shown.collect_async().get(), (std::vector<std::string>{"eu", "eu"}));
    context_.set_job_group("nightly", "load");
    EXPECT_EQ(rows(1, 1).map(Property{"spark.jobGroup.id"}).first(), "nightly");
    context_.set_local_property("region", std::nullopt);
    EXPECT_EQ(shown.first(), "none");
}

// The functor's field is still there when the listeners run.
struct Listen {
    std::vector<std::string> order{};
    bool fail = false;
    using Parts = std::tuple<bool>;
    static auto parts(auto& self) { return std::tie(self.fail); }
    std::vector<int> operator()(std::span<const int> mine) {
        const TaskContext task = TaskContext::get();
        task.add_task_completion_listener([this](const TaskContext& ended) {
                order.emplace_back("first");
                completed += order == std::vector<std::string>{"second", "first"} &&
                                     ended.is_completed() && ended.is_failed() == fail
                                 ? 1
                                 : 100;
            })
            .add_task_failure_listener([](const TaskContext&, const std::string& error) {
                failed += has(error, "bad row") ? 1 : 100;
            })
            .add_task_completion_listener(
                [this](const TaskContext&) { order.emplace_back("second"); });
        if (fail || task.is_completed() || task.is_interrupted()) {
            throw std::runtime_error("bad row");
        }
        return {static_cast<int>(mine.size())};
    }
};

TEST_F(Tasks, ListenersOfTheEndRunOncePerAttemptLastFirst) {
    EXPECT_EQ(rows(4, 2).map_partitions(Listen{{}, false}).collect(), (std::vector<int>{2, 2}));
    EXPECT_EQ(completed, 2);
    EXPECT_EQ(failed, 0);
    EXPECT_TRUE(has(message_of<JobFailed>([&] {
                        (void)rows(1, 1).map_partitions(Listen{{}, true}).collect();
                    }),
                    "bad row"));
    EXPECT_EQ(completed, 2 + 4);
    EXPECT_EQ(failed, 4);
}

TEST_F(Tasks, AListenerThatThrowsFailsItsTask) {
    const auto refuse = rows(1, 1).map([](int x) {
        TaskContext::get().add_task_completion_listener(
            [](const TaskContext&) { throw std::runtime_error("cannot close"); });
        return x;
    });
    const std::string said = message_of<JobFailed>([&] { (void)refuse.count(); });
    EXPECT_TRUE(has(said, "cannot close")) << said;
    EXPECT_TRUE(has(said, "a listener of the task's end")) << said;
}

// ---- ending tasks from outside -----------------------------------------------------------------

// The first attempt stays until it is told to end.
int stay(int value) {
    const TaskContext task = TaskContext::get();
    if (task.attempt_number() == 0) {
        running = task.task_attempt_id();
        running.notify_all();
        while (true) {
            task.kill_task_if_interrupted();
            std::this_thread::yield();
        }
    }
    return value + task.attempt_number();
}

TEST_F(Tasks, AKilledAttemptRunsAgainAndIsNoFailure) {
    auto answer = std::async(std::launch::async, [&] {
        return rows(1, 1).map([](int value) { return stay(value); }).collect();
    });
    running.wait(-1);
    EXPECT_TRUE(context_.kill_task_attempt(running, "too old"));
    EXPECT_EQ(answer.get(), std::vector<int>{2});
    EXPECT_FALSE(context_.kill_task_attempt(running));
    EXPECT_FALSE(context_.kill_task_attempt(99999));
    const StatusTracker tracker = context_.status_tracker();
    EXPECT_EQ(tracker.get_stage_info(0)->num_failed_tasks, 0);
    EXPECT_EQ(tracker.get_stage_info(0)->num_completed_tasks, 1);
}

TEST_F(Tasks, AStageIsCancelledWithTheJobsThatNeedIt) {
    auto other = std::async(std::launch::async, [&] {
        return rows(1, 1)
            .map([](int value) {
                gate.wait(false);
                return value;
            })
            .count();
    });
    while (context_.status_tracker().get_active_stage_ids().empty()) {
        std::this_thread::yield();
    }
    auto job = std::async(std::launch::async, [&] {
        return message_of<JobFailed>([&] {
            (void)rows(1, 1).map([](int value) { return stay(value); }).distinct().count();
        });
    });
    running.wait(-1);
    std::vector<std::int32_t> active = context_.status_tracker().get_active_stage_ids();
    const auto wanted = std::max_element(active.begin(), active.end());
    context_.cancel_stage(99999, "nobody's");
    context_.cancel_stage(*wanted, "not needed");
    EXPECT_EQ(job.get(), "not needed");
    gate = true;
    gate.notify_all();
    EXPECT_EQ(other.get(), 1U);
}

}  // namespace
}  // namespace heddle
