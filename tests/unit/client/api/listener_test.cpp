// Listeners of the program, on a driver with real threads.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "client/driver/listener_bus.h"
#include "tests/unit/client/api/local_context.h"

namespace heddle {
namespace {

using test::has;

// Notes what it is told.
class Notes : public Listener {
public:
    void on_job_start(const JobStart& event) override {
        note("job " + std::to_string(event.job.job.value) + " starts" +
             (event.properties.contains("region") ? " in " + event.properties.at("region") : ""));
    }
    void on_job_end(const JobEnd& event) override {
        note("job " + std::to_string(event.job.job.value) + " " + event.job.status);
    }
    void on_stage_submitted(const StageSubmitted& event) override {
        note("stage " + std::to_string(event.stage.stage.value) + " of " +
             std::to_string(event.stage.tasks));
    }
    void on_stage_completed(const StageCompleted& event) override {
        note("stage " + std::to_string(event.stage.stage.value) + " " + event.stage.status);
        records += event.stage.metrics.shuffle_records_written;
    }
    void on_task_start(const TaskStart& event) override {
        note("task " + std::to_string(event.task.partition) + " starts");
    }
    void on_task_end(const TaskEnd& event) override {
        note("task " + std::to_string(event.task.partition) + " " + event.task.status);
        threads.push_back(std::this_thread::get_id());
        run_time += event.task.metrics.executor_run_time;
    }
    void on_block_updated(const BlockUpdated& event) override {
        note("block " + rdd::to_string(event.block.block));
    }
    void note(std::string what) { said.push_back(std::move(what)); }

    std::vector<std::string> said;  // read when the context has stopped
    std::vector<std::thread::id> threads;
    std::int64_t run_time = 0;
    std::int64_t records = 0;
};

class Faulty : public Notes {
public:
    void on_task_end(const TaskEnd&) override { throw std::runtime_error("no room for a task"); }
};

using Said = std::vector<std::string>;

TEST(Listeners, HearWhatHappensInOrder) {
    const auto notes = std::make_shared<Notes>();
    Context context(test::threads(1));
    (void)context.parallelize(std::vector<int>{1}, 1).count();  // nobody listens yet
    context.add_listener(notes);
    context.add_listener(notes);  // once is enough
    context.set_local_property("region", "eu");
    const auto rows = context.parallelize(std::vector<int>{1, 2, 3, 4}, 2)
                          .map([](int x) { return std::pair(x % 2, x); })
                          .reduce_by_key([](int a, int b) { return a + b; }, 1);
    (void)rows.collect();
    EXPECT_THROW((void)rows
                     .map([](const auto& row) {
                         throw std::runtime_error("never");
                         return row;
                     })
                     .count(),
                 JobFailed);
    context.stop();
    ASSERT_GT(notes->said.size(), 12U);
    EXPECT_EQ(Said(notes->said.begin(), notes->said.begin() + 12),
              (Said{"job 1 starts in eu", "stage 1 of 2", "task 0 starts", "task 0 SUCCESS",
                    "task 1 starts", "task 1 SUCCESS", "stage 1 COMPLETE", "stage 2 of 1",
                    "task 0 starts", "task 0 SUCCESS", "stage 2 COMPLETE", "job 1 SUCCEEDED"}));
    EXPECT_EQ(notes->said[12], "job 2 starts in eu");
    EXPECT_EQ(std::count(notes->said.begin(), notes->said.end(), "task 0 FAILED"), 4);
    EXPECT_EQ(std::count(notes->said.begin(), notes->said.end(), "job 2 FAILED"), 1);
    EXPECT_GT(notes->run_time, 0);
    EXPECT_EQ(notes->records, 4);
    for (const std::thread::id id : notes->threads) {
        EXPECT_NE(id, std::this_thread::get_id());
        EXPECT_EQ(id, notes->threads.front());
    }
}

TEST(Listeners, HearOfCachedPartitions) {
    const auto notes = std::make_shared<Notes>();
    Context context(test::threads(1));
    context.add_listener(notes);
    const auto rows = context.parallelize(std::vector<int>{1, 2}, 2).persist();
    (void)rows.count();
    context.stop();
    EXPECT_EQ(std::count_if(notes->said.begin(), notes->said.end(),
                            [](const std::string& line) { return line.starts_with("block "); }),
              2);
}

TEST(Listeners, OneThatThrowsIsNamedAndHurtsNobody) {
    const auto faulty = std::make_shared<Faulty>();
    const auto notes = std::make_shared<Notes>();
    ::testing::internal::CaptureStderr();
    Context context(test::threads(2));
    context.add_listener(faulty);
    context.add_listener(notes);
    EXPECT_EQ(context.parallelize(std::vector<int>{1, 2, 3}, 3).count(), 3U);
    context.stop();
    const std::string log = ::testing::internal::GetCapturedStderr();
    EXPECT_TRUE(has(log, "Faulty") && has(log, "no room for a task")) << log;
    EXPECT_EQ(notes->said.back(), "job 0 SUCCEEDED");
    EXPECT_EQ(faulty->said.back(), "job 0 SUCCEEDED");  // it is told of the rest
}

TEST(Listeners, OneThatWasRemovedHearsNoMore) {
    const auto notes = std::make_shared<Notes>();
    const auto other = std::make_shared<Notes>();
    Context context(test::threads(1));
    context.add_listener(notes);
    context.add_listener(other);
    (void)context.parallelize(std::vector<int>{1}, 1).count();
    context.remove_listener(notes);
    const std::size_t heard = notes->said.size();  // nobody writes any more
    (void)context.parallelize(std::vector<int>{1}, 1).count();
    context.stop();
    EXPECT_EQ(notes->said.size(), heard);
    EXPECT_EQ(other->said.back(), "job 1 SUCCEEDED");
    EXPECT_THROW(context.add_listener(notes), UsageError);  // it has stopped
}

TEST(Listeners, OneMayRemoveItselfWhileTheContextStopsAndMayNotStopIt) {
    class Once : public Notes {
    public:
        explicit Once(Context& context) : context_(context) {}
        void on_job_end(const JobEnd&) override {
            const std::lock_guard lock(hold);
            try {
                context_.stop();
            } catch (const UsageError& error) {
                refused = error.what();
            }
            context_.remove_listener(me.lock());
        }
        std::mutex hold;  // until the context is about to stop
        std::weak_ptr<Listener> me;
        std::string refused;

    private:
        Context& context_;
    };
    Context context(test::threads(1));
    const auto once = std::make_shared<Once>(context);
    once->me = once;
    context.add_listener(once);
    context.remove_listener(nullptr);  // is not there
    {
        const std::lock_guard lock(once->hold);
        (void)context.parallelize(std::vector<int>{1}, 1).count();
    }
    context.stop();
    EXPECT_NE(once->refused.find("a listener cannot stop"), std::string::npos) << once->refused;
}

TEST(Listeners, HaveAQueueWithALimit) {
    driver::ListenerBus bus(3);
    // Holds the thread in its first call until it is let go.
    class Slow : public Notes {
    public:
        void on_executor_added(const ExecutorAdded& event) override {
            note(event.executor.host);
            const std::lock_guard lock(hold);
        }
        std::mutex hold;
    };
    const auto slow = std::make_shared<Slow>();
    std::unique_lock held(slow->hold);
    const auto post = [&](const std::string& host) {
        ExecutorAdded event;
        event.executor.host = host;
        bus.post(event);
    };
    post("nobody listens");
    bus.add(slow);
    for (int i = 0; i < 6; ++i) {
        post(std::to_string(i));  // never waits
    }
    EXPECT_GE(bus.dropped(), 2U);  // three wait, and one may be in its call
    EXPECT_LE(bus.dropped(), 3U);
    const std::uint64_t dropped = bus.dropped();
    held.unlock();
    bus.close();
    EXPECT_EQ(slow->said.size(), 6 - dropped);
    EXPECT_EQ(slow->said.front(), "0");
    EXPECT_EQ(slow->name().find("Slow") != std::string::npos, true) << slow->name();
}

}  // namespace
}  // namespace heddle
