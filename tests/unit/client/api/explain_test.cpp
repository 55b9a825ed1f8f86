// What explain() says before a job, after it, and of what is cached.
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <heddle/heddle.h>

#include "client/driver/job_runner.h"
#include "tests/support/inline_runner.h"

namespace heddle {
namespace {

using Pair = std::pair<std::int64_t, std::int64_t>;

Rdd<Pair> sums(Context& context) {
    std::vector<std::int64_t> numbers(1000);
    return context.parallelize(numbers, 4)
        .map([](std::int64_t number) {
            return Pair{number % 10, number};
        })
        .set_name("pairs")
        .reduce_by_key([](std::int64_t a, std::int64_t b) { return a + b; },
                       Partitioning(std::int32_t{2}));
}

std::string without_places(std::string text) {
    for (std::size_t at = text.find(" at explain_test"); at != std::string::npos;
         at = text.find(" at explain_test")) {
        text.erase(at, text.find(':', text.find(':', at) + 1) - at);
    }
    return text;
}

TEST(Explain, StagesAreSkippedWhenTheirOutputIsThere) {
    driver::RunnerOptions options;
    options.master = "local[2]";
    auto runner = driver::make_runner(options);
    ASSERT_TRUE(runner.ok()) << runner.error().message;
    Context context(std::move(*runner));
    const auto counted = sums(context);
    EXPECT_EQ(without_places(counted.explain()),
              "2 stages with 6 tasks to run, 0 skipped\n"
              "[1] pairs: 4 tasks of 4 partitions, writing about 7.8 KiB\n"
              "    parallelize[0] > pairs[1]\n"
              "[2] reduce_by_key: 2 tasks for the result of about 7.8 KiB\n"
              "    reads [1]\n"
              "    reduce_by_key[2]");
    (void)counted.count();
    EXPECT_EQ(without_places(counted.explain()),
              "1 stage with 2 tasks to run, 1 skipped\n"
              "[1] pairs: skipped: its output of 64 B is there\n"
              "    parallelize[0] > pairs[1]\n"
              "[2] reduce_by_key: 2 tasks for the result of about 64 B\n"
              "    reads [1]\n"
              "    reduce_by_key[2]");
    counted.persist();
    (void)counted.take(1);
    const std::string text = without_places(counted.explain());
    EXPECT_NE(text.find("reduce_by_key[2] is cached: 1 of 2 partitions"), std::string::npos)
        << text;
    (void)counted.count();
    const std::string all =
        without_places(counted.map([](const Pair& pair) { return pair.second; }).explain());
    EXPECT_NE(all.find("reduce_by_key[2] is cached: 2 of 2 partitions"), std::string::npos) << all;
    context.stop();
    EXPECT_THROW((void)counted.explain(), UsageError);
}

TEST(Explain, ARunnerThatKnowsNothingForecastsEverything) {
    Context context(std::make_unique<test::InlineRunner>());
    EXPECT_EQ(sums(context).explain().substr(0, 39), "2 stages with 6 tasks to run, 0 skipped");
}

}  // namespace
}  // namespace heddle
