// What can go wrong and has to be said well: the driver's own part of an action, memory, paths.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <heddle/heddle.h>

#include "tests/support/inline_runner.h"

namespace heddle {
namespace {

using test::InlineRunner;

// The message of the exception E that `act` throws; empty: none.
template <typename E, typename Act>
std::string message_of(Act act) {
    try {
        act();
    } catch (const E& error) {
        return error.what();
    }
    return {};
}

void expect_parts(const std::string& text, const std::vector<std::string>& parts) {
    for (const std::string& part : parts) {
        EXPECT_NE(text.find(part), std::string::npos) << "no '" << part << "' in: " << text;
    }
}

// ---- user functions in the driver ---------------------------------------------------------------

TEST(RddMerge, AThrowingFunctionIsAFailedJobWhereverItRuns) {
    Context context(std::make_unique<InlineRunner>());
    // One record a partition: only the driver has two to merge.
    const auto rows = context.parallelize(std::vector<int>{1, 2}, 2);
    expect_parts(message_of<JobFailed>([&] {
                     (void)rows.reduce([](int, int) -> int { throw std::logic_error("no sum"); });
                 }),
                 {"driver", "reduce at rdd_failures_test.cpp:", "no sum", "[input: 2]"});
    expect_parts(
        message_of<JobFailed>([&] { (void)rows.top(2, [](int, int) -> bool { throw 42; }); }),
        {"top at rdd_failures_test.cpp:", "not a std::exception"});
    try {
        (void)rows.reduce([](int, int) -> int { throw std::logic_error("no sum"); });
    } catch (const JobFailed& error) {
        ASSERT_TRUE(error.cause());
        EXPECT_EQ(error.cause()->kind, rdd::FailureKind::ExceptionFailure);
        EXPECT_EQ(error.cause()->message, "no sum");
    }
}

// ---- memory -----------------------------------------------------------------------------------

constexpr std::int64_t kSmall = std::int64_t{8} << 20;

Rdd<std::int64_t> many(Context& context) {
    return context.parallelize(std::vector<int>{0}, 1).flat_map([](int, Emit<std::int64_t>& emit) {
        for (std::int64_t i = 0; i < 2'000'000; ++i) {
            emit(i);
        }
    });
}

TEST(RddMemory, TopDrawsOnTheBudget) {
    Context context(std::make_unique<InlineRunner>(kSmall));
    const auto rows = many(context);
    EXPECT_EQ(rows.top(3), (std::vector<std::int64_t>{1'999'999, 1'999'998, 1'999'997}));
    expect_parts(message_of<JobFailed>([&] { (void)rows.top(2'000'000); }),
                 {"out of memory in task", "in top", "wanted"});
    const auto names =
        rows.map([](std::int64_t x) { return std::to_string(x) + std::string(90, '.'); });
    EXPECT_EQ(names.top(1)[0].substr(0, 6), "999999");
    expect_parts(message_of<JobFailed>([&] { (void)names.top(200'000); }),
                 {"out of memory in task"});
}

TEST(RddMemory, TopOfViewsForgetsWhatWasOvertaken) {
    auto owned = std::make_unique<InlineRunner>(kSmall);
    InlineRunner& runner = *owned;
    Context context(std::move(owned));
    const std::string path = ::testing::TempDir() + "heddle-rising-" + std::to_string(::getpid());
    {
        std::ofstream file(path);
        for (int i = 100'000; i < 300'000; ++i) {  // each line is the greatest so far
            file << i << std::string(100, '-') << '\n';
        }
    }
    EXPECT_EQ(context.text_file(path, 1).top(2)[1].substr(0, 6), "299998");
    EXPECT_EQ(runner.accountant().usage().execution, 0);
    std::filesystem::remove(path);
}

TEST(RddMemory, ReduceDrawsOnTheBudget) {
    auto owned = std::make_unique<InlineRunner>(kSmall);
    InlineRunner& runner = *owned;
    Context context(std::move(owned));
    const auto text = [](std::string a, const std::string& b) { return std::move(a += b); };
    const auto rows = many(context).map([](std::int64_t) { return std::string(200, 'x'); });
    const auto few = context.parallelize(std::vector<std::string>(50, "abc"), 3);
    EXPECT_EQ(few.reduce(text).size(), 150U);
    EXPECT_EQ(runner.accountant().usage().execution, 0);
    expect_parts(message_of<JobFailed>([&] { (void)rows.reduce(text); }),
                 {"out of memory in task", "in reduce", "wanted"});
    EXPECT_EQ(runner.accountant().usage().execution, 0);
}

TEST(RddMemory, TheSampleOfASortDrawsOnTheBudget) {
    Context context(std::make_unique<InlineRunner>(kSmall));
    const auto rows = context.parallelize(std::vector<int>{0}, 1)
                          .flat_map([](int, Emit<std::pair<int, std::string>>& emit) {
                              for (int i = 0; i < 200; ++i) {
                                  emit(i, std::string(100'000, 'x'));
                              }
                          });
    expect_parts(message_of<JobFailed>([&] { (void)rows.sort_by_key(true, 4); }),
                 {"out of memory in task", "in sample", "wanted"});
}

std::atomic<int> parsed_lines{0};  // of this process, where the inline runner has its tasks

TEST(RddMemory, WhatDoesNotFitGoesToDiskAndIsReadFromThere) {
    const std::string path = ::testing::TempDir() + "heddle-lines-" + std::to_string(::getpid());
    {
        std::ofstream file(path);
        for (int i = 0; i < 120'000; ++i) {
            file << i << std::string(100, '-') << '\n';
        }
    }
    auto owned = std::make_unique<InlineRunner>(kSmall);
    InlineRunner& runner = *owned;
    Context context(std::move(owned));
    const auto rows = context.text_file(path, 8).map([](std::string_view line) {
        ++parsed_lines;
        return std::string(line);
    });
    rows.persist(MEMORY_AND_DISK);
    EXPECT_EQ(rows.count(), 120'000U);
    const std::int64_t read = runner.totals().input_bytes_read;
    EXPECT_GT(read, std::int64_t{12} << 20U);
    EXPECT_EQ(parsed_lines, 120'000);
    std::int64_t memory = 0;
    std::int64_t disk = 0;
    for (const rdd::BlockUpdate& block : runner.store().list()) {
        memory += block.memory;
        disk += block.disk;
    }
    EXPECT_EQ(runner.store().list().size(), 8U);
    EXPECT_LE(memory, kSmall);
    EXPECT_GT(disk, std::int64_t{4} << 20U);

    EXPECT_EQ(rows.count(), 120'000U);
    EXPECT_EQ(rows.map([](const std::string& line) { return line.size(); }).top(1)[0], 106U);
    EXPECT_EQ(runner.totals().input_bytes_read, read) << "the input was read again";
    EXPECT_EQ(parsed_lines, 120'000) << "partitions were computed again";
    std::filesystem::remove(path);
}

// ---- partitioners -------------------------------------------------------------------------------

TEST(RddUnion, KeepsThePartitionerThatAllParentsShare) {
    Context context(std::make_unique<InlineRunner>());
    std::vector<std::pair<int, int>> values;
    for (int i = 0; i < 100; ++i) {
        values.emplace_back(i % 10, i);
    }
    const auto add = [](int a, int b) { return a + b; };
    const auto pairs = context.parallelize(values, 4);
    const auto left = pairs.reduce_by_key(add, 3);
    const auto right = left.map_values([](int x) { return -x; });
    const auto both = left.union_(right);
    EXPECT_EQ(both.get_num_partitions(), 3);
    EXPECT_TRUE(both.handle()->node.partitioner);
    const auto sums = both.reduce_by_key(add);
    EXPECT_EQ(sums.handle()->node.dependencies[0].kind, rdd::DependencyKind::OneToOne);
    EXPECT_EQ(sums.count(), 10U);
    EXPECT_EQ(sums.values().top(1), (std::vector<int>{0}));

    const auto other = left.union_(pairs.reduce_by_key(add, 4));
    EXPECT_EQ(other.get_num_partitions(), 7);
    EXPECT_FALSE(other.handle()->node.partitioner);
    EXPECT_EQ(pairs.union_(pairs).get_num_partitions(), 8);
}

// ---- paths --------------------------------------------------------------------------------------

class RddPaths : public ::testing::Test {
protected:
    RddPaths() : root_(::testing::TempDir() + "heddle-paths-" + std::to_string(::getpid())) {
        std::filesystem::remove_all(root_);
        std::filesystem::create_directories(root_ + "/in");
        std::ofstream(root_ + "/in/a.txt") << "one\ntwo\n";
        here_ = std::filesystem::current_path();
        auto owned = std::make_unique<InlineRunner>();
        runner_ = owned.get();
        context_ = std::make_unique<Context>(std::move(owned));
        std::filesystem::current_path(root_);
    }
    ~RddPaths() override {
        std::filesystem::current_path(here_);
        std::filesystem::remove_all(root_);
    }

    std::string root_;
    std::filesystem::path here_;
    InlineRunner* runner_ = nullptr;
    std::unique_ptr<Context> context_;
};

// Stands for an executor, which has a working folder of its own.
struct GoAway {
    std::string operator()(std::string_view line) const {
        std::filesystem::current_path("/");
        return std::string(line);
    }
};

TEST_F(RddPaths, RelativeOnesBeginWhereTheDriverIs) {
    const auto lines = context_->text_file("in");
    const auto records = context_->text_records("in/*.txt,in/a.txt", "\n");
    std::filesystem::current_path("/");
    EXPECT_EQ(lines.collect(), (std::vector<std::string>{"one", "two"}));
    EXPECT_EQ(records.count(), 4U);
    std::filesystem::current_path(root_);
    context_->text_file("file:in", 2).map(GoAway{}).save_as_text_file("out");
    EXPECT_TRUE(std::filesystem::exists(root_ + "/out/_SUCCESS"));
    EXPECT_EQ(context_->text_file(root_ + "/out").count(), 2U);
}

TEST_F(RddPaths, RelativeOnesAreRefusedAtOnceInAContainer) {
    const auto lines = context_->text_file(root_ + "/in");
    runner_->set_in_container(true);
    const int tasks = runner_->tasks_run();
    for (const auto& text : {message_of<UsageError>([&] { (void)context_->text_file("in/a.txt"); }),
                             message_of<UsageError>([&] {
                                 (void)context_->text_records(root_ + "/in,in/{/a,b}", "x");
                             }),
                             message_of<UsageError>([&] { lines.save_as_text_file("in/out"); }),
                             message_of<UsageError>([&] { context_->check_output("in/out"); })}) {
        expect_parts(text, {"'in/", "is a relative path", "container", "give a whole path"});
    }
    EXPECT_EQ(runner_->tasks_run(), tasks);
    EXPECT_EQ(context_->text_file(root_ + "/in").count(), 2U);
}

TEST_F(RddPaths, AnRddThatOutlivesItsContextIsNotSaved) {
    const auto lines = context_->text_file("in");
    context_->stop();
    for (const std::string& path : {std::string("out"), root_ + "/out"}) {
        EXPECT_NE(message_of<UsageError>([&] { lines.save_as_text_file(path); }), "") << path;
    }
}

TEST_F(RddPaths, SayWhatIsWrongWithThem) {
    expect_parts(message_of<UsageError>([&] { (void)context_->text_file("nothing").count(); }),
                 {"no file matches 'nothing' in '" + root_ + "'", "check the path"});
    expect_parts(message_of<UsageError>([&] { (void)context_->text_file("gopher://x/y").count(); }),
                 {"no file system for 'gopher://x/y'"});
    expect_parts(message_of<UsageError>([&] { (void)context_->text_file("").count(); }),
                 {"an empty path"});
    const auto lines = context_->text_file("in");
    const auto refused = [&](const std::string& path, const std::vector<std::string>& parts) {
        const std::string text = message_of<UsageError>([&] { lines.save_as_text_file(path); });
        expect_parts(text, parts);
        EXPECT_NE(message_of<UsageError>([&] { context_->check_output(path); }), "") << path;
    };
    refused("in/a.txt/out", {"'" + root_ + "/in/a.txt' is a file, not a folder"});
    refused("in/no/out", {"folder '" + root_ + "/in/no' does not exist"});
    refused("in", {"output path '" + root_ + "/in' already exists"});
    refused("gopher://x/out", {"no file system for 'gopher://x/out'"});
    refused("/proc/out", {"/proc/"});
    context_->check_output("in/out");
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(root_ + "/in"), {}), 1);
}

TEST(RddErrors, ExitCodesAreThoseOfRmctl) {
    EXPECT_EQ(exit_code_of(UsageError(ErrorCode::NotFound, "x")), 3);
    EXPECT_EQ(exit_code_of(UsageError(ErrorCode::PermissionDenied, "x")), 4);
    EXPECT_EQ(exit_code_of(Exception(ErrorCode::Unavailable, "x")), 5);
    EXPECT_EQ(exit_code_of(UsageError(ErrorCode::AlreadyExists, "x")), 6);
    EXPECT_EQ(exit_code_of(UsageError(ErrorCode::InvalidArgument, "x")), 8);
    EXPECT_EQ(exit_code_of(JobFailed(ErrorCode::NotFound, "x", 0, std::nullopt)), 1);
    EXPECT_EQ(exit_code_of(std::runtime_error("x")), 1);
}

}  // namespace
}  // namespace heddle
