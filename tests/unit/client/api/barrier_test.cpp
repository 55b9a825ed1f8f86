// Barrier stages on a driver with real threads.
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <numeric>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <heddle/heddle.h>

namespace heddle {
namespace {

constexpr std::int32_t kTasks = 4;

std::unique_ptr<driver::JobRunner> threads() {
    driver::RunnerOptions options;
    options.master = "local[4]";
    options.application_name = "test";
    return std::move(driver::make_runner(options)).value();
}

std::atomic<bool> gate{false};
std::atomic<int> at_gate{0};

class BarrierStages : public ::testing::Test {
protected:
    BarrierStages() : context_(threads()) {}
    Rdd<int> numbers(std::int32_t slices = kTasks) {
        std::vector<int> values(100);
        std::iota(values.begin(), values.end(), 1);
        return context_.parallelize(values, slices);
    }
    template <typename Act>
    static std::string failure_of(Act act) {
        try {
            act();
        } catch (const Exception& error) {
            return error.what();
        }
        return "no failure";
    }

    Context context_;
};

int sum_of(std::span<const int> rows) {
    return std::accumulate(rows.begin(), rows.end(), 0);
}

TEST_F(BarrierStages, TasksHearWhatTheOthersSay) {
    const auto totals = numbers().barrier().map_partitions([](std::span<const int> rows) {
        auto task = BarrierTaskContext::get();
        int total = 0;
        for (const std::string& sum : task.all_gather(std::to_string(sum_of(rows)))) {
            total += std::stoi(sum);
        }
        task.barrier();
        const auto second = task.all_gather(std::to_string(task.partition_id()));
        return std::vector<std::pair<int, std::string>>{
            {total, second[static_cast<std::size_t>((task.partition_id() + 1) % kTasks)]}};
    });
    const std::vector<std::pair<int, std::string>> wanted{
        {5050, "1"}, {5050, "2"}, {5050, "3"}, {5050, "0"}};
    EXPECT_EQ(totals.collect(), wanted);
}

TEST_F(BarrierStages, KnowTheirTasks) {
    const auto places =
        numbers(3)
            .barrier()
            .map_partitions_with_index([](std::int32_t partition, std::span<const int>) {
                const auto infos = BarrierTaskContext::get().get_task_infos();
                return std::vector<std::string>{std::to_string(partition) + " of " +
                                                std::to_string(infos.size()) + " at " +
                                                infos.at(0).address};
            })
            .collect();
    EXPECT_EQ(places, (std::vector<std::string>{"0 of 3 at localhost:0", "1 of 3 at localhost:0",
                                                "2 of 3 at localhost:0"}));
}

TEST_F(BarrierStages, AFailureBeginsAllTasksAgain) {
    const auto attempts =
        numbers()
            .barrier()
            .map_partitions([](std::span<const int>) {
                auto task = BarrierTaskContext::get();
                if (task.stage_attempt_number() == 0 && task.partition_id() == 2) {
                    throw std::runtime_error("the first time");
                }
                task.barrier();
                return std::vector<int>{task.stage_attempt_number()};
            })
            .collect();
    EXPECT_EQ(attempts, (std::vector<int>{1, 1, 1, 1}));
}

TEST_F(BarrierStages, GiveTheirRecordsToAShuffle) {
    const auto sums = numbers()
                          .barrier()
                          .map_partitions([](std::span<const int> rows) {
                              BarrierTaskContext::get().barrier();
                              std::vector<std::pair<int, int>> keyed;
                              for (const int row : rows) {
                                  keyed.emplace_back(row % 3, row);
                              }
                              return keyed;
                          })
                          .reduce_by_key([](int a, int b) { return a + b; }, 2)
                          .sort_by_key()
                          .collect();
    EXPECT_EQ(sums, (std::vector<std::pair<int, int>>{{0, 1683}, {1, 1717}, {2, 1650}}));
}

TEST_F(BarrierStages, NeedAsManySlotsAsTasks) {
    const std::string said = failure_of([&] {
        (void)numbers(5)
            .barrier()
            .map_partitions(
                [](std::span<const int> rows) { return std::vector<int>{sum_of(rows)}; })
            .collect();
    });
    EXPECT_NE(said.find("requires 5 slots at the same time, and there are 4 on 1 executors"),
              std::string::npos)
        << said;
}

TEST_F(BarrierStages, CannotBeRunOnSomeOfTheirPartitions) {
    const auto sums = numbers().barrier().map_partitions(
        [](std::span<const int> rows) { return std::vector<int>{sum_of(rows)}; });
    const std::string pattern = "[SPARK-24820][SPARK-24821]";
    EXPECT_EQ(failure_of([&] { (void)sums.first(); }).find(pattern), 0U);
    EXPECT_EQ(failure_of([&] { (void)sums.take(2); }).find(pattern), 0U);
    EXPECT_EQ(failure_of([&] { (void)sums.coalesce(2).collect(); }).find(pattern), 0U);
    EXPECT_EQ(failure_of([&] { (void)sums.union_(numbers(1)).collect(); }).find(pattern), 0U);
    EXPECT_EQ(failure_of([&] {
                  (void)sums
                      .zip(sums.barrier().map_partitions(
                          [](auto rows) { return std::vector<int>(rows.begin(), rows.end()); }))
                      .collect();
              }).find(pattern),
              0U);
    EXPECT_EQ(sums.collect().size(), 4U);
    EXPECT_EQ(sums.repartition(2).count(), 4U) << "a shuffle is between";
}

TEST_F(BarrierStages, SayWhoDoesNotCome) {
    const std::string said = failure_of([&] {
        (void)numbers()
            .barrier()
            .map_partitions([](std::span<const int> rows) {
                auto task = BarrierTaskContext::get();
                if (task.partition_id() != 1) {
                    task.barrier();
                }
                return std::vector<int>{sum_of(rows)};
            })
            .collect();
    });
    EXPECT_NE(said.find("failed the maximum allowable number of times: 4"), std::string::npos)
        << said;
    EXPECT_NE(said.find("all tasks of a barrier stage have to call barrier and all_gather equally "
                        "often"),
              std::string::npos)
        << said;
}

TEST_F(BarrierStages, HaveAContextThatOthersHaveNot) {
    EXPECT_NE(failure_of([] { (void)BarrierTaskContext::get(); }).find("the driver's program"),
              std::string::npos);
    const std::string said = failure_of([&] {
        (void)numbers()
            .map_partitions([](std::span<const int>) {
                BarrierTaskContext::get().barrier();
                return std::vector<int>();
            })
            .collect();
    });
    EXPECT_NE(said.find("write rdd.barrier().map_partitions(...)"), std::string::npos) << said;
}

TEST_F(BarrierStages, EndSoonWhenTheyAreCancelledWhileTheyWait) {
    gate = false;
    at_gate = 0;
    auto waiting = numbers(2)
                       .barrier()
                       .map_partitions([](std::span<const int> rows) {
                           auto task = BarrierTaskContext::get();
                           if (task.partition_id() == 1) {
                               ++at_gate;
                               gate.wait(false);
                           }
                           task.barrier();
                           return std::vector<int>{sum_of(rows)};
                       })
                       .collect_async();
    while (at_gate == 0) {
        std::this_thread::yield();
    }
    waiting.cancel();
    EXPECT_NE(failure_of([&] { (void)waiting.get(); }), "no failure");
    gate = true;
    gate.notify_all();
    EXPECT_EQ(numbers().count(), 100U) << "the slots are free again";
}

}  // namespace
}  // namespace heddle
