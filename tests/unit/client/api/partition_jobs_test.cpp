// Jobs of the program's own making: run_job, submit_job, job groups of one call, iterators that
// look ahead.
#include <gtest/gtest.h>

#include <numeric>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tests/unit/client/api/local_context.h"

namespace heddle {
namespace {

using test::has;
using test::message_of;

struct SumFrom {
    int start = 0;
    int operator()(std::span<const int> rows) const {
        return std::accumulate(rows.begin(), rows.end(), start);
    }
};

class PartitionJobs : public ::testing::Test {
protected:
    PartitionJobs() : context_(test::threads(2)), numbers_(numbers()) {}
    Rdd<int> numbers() {
        std::vector<int> out(100);
        std::iota(out.begin(), out.end(), 0);
        return context_.parallelize(out, 10);
    }

    Context context_;
    Rdd<int> numbers_;  // ten partitions of ten
};

TEST_F(PartitionJobs, RunAFunctionOverPartitions) {
    EXPECT_EQ(context_.run_job(numbers_, SumFrom{1000}),
              (std::vector<int>{1045, 1145, 1245, 1345, 1445, 1545, 1645, 1745, 1845, 1945}));
    // In the order that was asked for, a partition as often as it was.
    EXPECT_EQ(context_.run_job(numbers_, SumFrom{}, std::vector<std::int32_t>{7, 0, 7}),
              (std::vector<int>{745, 45, 745}));
    const StatusTracker tracker = context_.status_tracker();
    const auto last = tracker.get_job_info(1)->stage_ids.back();
    EXPECT_EQ(tracker.get_stage_info(last)->num_tasks, 2);
    EXPECT_TRUE(context_.run_job(numbers_, SumFrom{}, std::vector<std::int32_t>{}).empty());
    // Views become strings, and the task may be asked for.
    const auto text = context_.parallelize(std::vector<std::string_view>{"a", "b"}, 2);
    EXPECT_EQ(context_.run_job(text,
                               [](TaskContext task, std::span<const std::string_view> rows) {
                                   return std::pair(task.partition_id(), rows.front());
                               }),
              (std::vector<std::pair<std::int32_t, std::string>>{{0, "a"}, {1, "b"}}));
    // Nothing comes back of a function that returns nothing; empty partitions are called, too.
    const auto calls = context_.long_accumulator();
    struct Count {
        Accumulator<Sum<std::int64_t>> calls;
        void operator()(std::span<const int>) const { calls.add(1); }
    };
    context_.run_job(context_.parallelize(std::vector<int>{1}, 3), Count{calls});
    EXPECT_EQ(calls.value(), 3);
}

TEST_F(PartitionJobs, RefuseWhatIsNotThere) {
    const std::string said = message_of<UsageError>([&] {
        (void)context_.run_job(numbers_, SumFrom{}, std::vector<std::int32_t>{3, 10});
    });
    EXPECT_TRUE(has(said, "has 10 partitions") && has(said, "number 10")) << said;
    EXPECT_THROW((void)context_.run_job(numbers_, SumFrom{}, std::vector<std::int32_t>{-1}),
                 UsageError);
    Context other(test::threads(1));
    EXPECT_TRUE(has(message_of<UsageError>([&] { (void)other.run_job(numbers_, SumFrom{}); }),
                    "of another context"));
    const std::string failure = message_of<JobFailed>([&] {
        (void)context_.run_job(numbers_, [](std::span<const int> rows) {
            if (rows.front() == 30) {
                throw std::runtime_error("not thirty");
            }
            return rows.front();
        });
    });
    EXPECT_TRUE(has(failure, "partition 3") && has(failure, "not thirty")) << failure;
}

TEST_F(PartitionJobs, AreSubmittedWithoutWaiting) {
    const auto sums = context_.submit_job(numbers_, SumFrom{}, std::vector<std::int32_t>{1, 0});
    EXPECT_EQ(sums.get(), (std::vector<int>{145, 45}));
    EXPECT_EQ(sums.job_ids().size(), 1U);
    context_.submit_job(numbers_, [](std::span<const int>) {}).get();
    EXPECT_THROW((void)context_.submit_job(numbers_, SumFrom{}, std::vector<std::int32_t>{99}),
                 UsageError);
}

TEST_F(PartitionJobs, OneCollectHasAGroupOfItsOwn) {
    context_.set_job_group("outer", "all of it");
    EXPECT_EQ(numbers_.collect_with_job_group("inner", "one step").size(), 100U);
    const StatusTracker tracker = context_.status_tracker();
    EXPECT_EQ(tracker.get_job_ids_for_group("inner").size(), 1U);
    (void)numbers_.count();
    EXPECT_EQ(tracker.get_job_ids_for_group("outer").size(), 1U);
    EXPECT_EQ(context_.get_local_property("spark.job.description"), "all of it");
}

TEST_F(PartitionJobs, AnIteratorComputesTheNextPartitionAheadWhenAskedTo) {
    const auto computed = context_.long_accumulator();
    struct Seen {
        Accumulator<Sum<std::int64_t>> computed;
        int operator()(int x) const {
            computed.add(x % 10 == 0 ? 1 : 0);
            return x;
        }
    };
    const auto rows = numbers_.map(Seen{computed});
    auto records = rows.to_local_iterator(true);
    auto at = records.begin();
    while (computed.value() < 2) {  // nobody has gone on
        std::this_thread::yield();
    }
    EXPECT_EQ(*at, 0);
    std::vector<int> all;
    for (const int row : rows.to_local_iterator(true)) {
        all.push_back(row);
    }
    EXPECT_EQ(all, numbers_.collect());
}

}  // namespace
}  // namespace heddle
