// Checkpoints by the real task body on one thread and real files.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <numeric>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <heddle/heddle.h>

#include "tests/support/inline_runner.h"

namespace heddle {
namespace {

using test::InlineRunner;
using Pair = std::pair<std::string, std::int64_t>;

struct Seen {
    Accumulator<Sum<std::int64_t>> rows;
    Pair operator()(int x) const {
        rows.add(1);
        return {"k" + std::to_string(x % 10), x};
    }
};

using Acting = std::function<void(const Rdd<Pair>&)>;

struct ByLastDigit {
    std::int64_t operator()(const std::string& key) const { return (key.back() - '0') % 3; }
};

class Checkpoints : public ::testing::Test {
protected:
    Checkpoints() {
        std::string pattern = "/tmp/heddle-checkpoint-XXXXXX";
        folder_ = ::mkdtemp(pattern.data());
        restart();
    }
    ~Checkpoints() override { std::filesystem::remove_all(folder_); }

    // Another application: nothing of the first is left but its files.
    void restart() {
        context_.reset();
        auto runner = std::make_unique<InlineRunner>();
        runner_ = runner.get();
        context_ = std::make_unique<Context>(std::move(runner));
    }
    Rdd<int> numbers(int count, int slices) {
        std::vector<int> out(static_cast<std::size_t>(count));
        std::iota(out.begin(), out.end(), 0);
        return context_->parallelize(out, slices);
    }
    static std::string message_of(const std::function<void()>& act) {
        try {
            act();
        } catch (const Exception& error) {
            return error.what();
        }
        return "no error";
    }

    std::string folder_;
    InlineRunner* runner_ = nullptr;
    std::unique_ptr<Context> context_;
};

TEST_F(Checkpoints, NeedAFolder) {
    EXPECT_NE(message_of([&] { numbers(3, 1).checkpoint(); }).find("set_checkpoint_dir"),
              std::string::npos);
    EXPECT_EQ(context_->get_checkpoint_dir(), std::nullopt);
}

TEST_F(Checkpoints, TakeThePlaceOfTheLineageAfterTheFirstJob) {
    context_->set_checkpoint_dir(folder_);
    const auto seen = context_->long_accumulator();
    const auto pairs = numbers(1000, 4).map(Seen{seen});
    const auto sums = pairs.reduce_by_key([](std::int64_t a, std::int64_t b) { return a + b; }, 3);
    sums.checkpoint();
    EXPECT_FALSE(sums.is_checkpointed());
    EXPECT_EQ(sums.get_checkpoint_file(), std::nullopt);
    auto before = sums.collect();
    EXPECT_TRUE(sums.is_checkpointed());
    ASSERT_TRUE(sums.get_checkpoint_file());
    EXPECT_TRUE(std::filesystem::exists(*sums.get_checkpoint_file() + "/part-00002"));
    EXPECT_EQ(sums.to_debug_string().find("map"), std::string::npos) << sums.to_debug_string();
    const std::int64_t computed = seen.value();
    EXPECT_EQ(sums.collect(), before);
    EXPECT_EQ(sums.map_values([](std::int64_t v) { return v * 2; }).count(), 10U);
    EXPECT_EQ(seen.value(), computed) << "nothing is computed again";
    EXPECT_FALSE(std::filesystem::exists(*sums.get_checkpoint_file() + ".staging"));
}

// The next attempt of an application has its id, and RDDs of the same numbers.
TEST_F(Checkpoints, OfAnApplicationsNextAttemptGoElsewhere) {
    std::vector<std::string> files;
    for (int attempt = 0; attempt < 2; ++attempt) {
        restart();
        context_->set_checkpoint_dir(folder_);
        const auto rows = numbers(10, 2);
        rows.checkpoint();
        EXPECT_EQ(rows.count(), 10U);
        ASSERT_TRUE(rows.get_checkpoint_file());
        files.push_back(*rows.get_checkpoint_file());
    }
    EXPECT_NE(files[0], files[1]);
    EXPECT_TRUE(std::filesystem::exists(files[0] + "/_checkpoint"));
}

TEST_F(Checkpoints, AreWrittenAfterAJobOfWhatIsComputedFromThem) {
    context_->set_checkpoint_dir(folder_);
    const auto rows = numbers(100, 3);
    rows.checkpoint();
    const auto doubled = rows.map([](int x) { return 2 * x; });
    EXPECT_EQ(doubled.count(), 100U);
    EXPECT_TRUE(rows.is_checkpointed());
    EXPECT_FALSE(doubled.is_checkpointed());
    EXPECT_EQ(doubled.take(3), (std::vector<int>{0, 2, 4}));
}

TEST_F(Checkpoints, AreNotWrittenByJobsOfTransformations) {
    context_->set_checkpoint_dir(folder_);
    const auto seen = context_->long_accumulator();
    const auto pairs = numbers(100, 4).map(Seen{seen});
    pairs.checkpoint();
    const auto sorted = pairs.sort_by_key(true, 3);
    (void)pairs.ranges(3);
    const auto numbered = pairs.zip_with_index();
    EXPECT_EQ(seen.value(), 100 + 100 + 75) << "two samples; the last partition is not counted";
    EXPECT_FALSE(pairs.is_checkpointed());
    EXPECT_EQ(sorted.first().first, "k0");
    EXPECT_TRUE(pairs.is_checkpointed());
    EXPECT_EQ(numbered.count(), 100U);
    EXPECT_EQ(seen.value(), 275 + 100 + 100) << "the sort, and writing";
}

TEST_F(Checkpoints, AreWrittenAfterActionsOfAnyKind) {
    context_->set_checkpoint_dir(folder_);
    const auto sum = [](std::int64_t a, std::int64_t b) { return a + b; };
    const std::map<std::string, Acting> actions = {
        {"first", [](const auto& rdd) { (void)rdd.first(); }},
        {"lookup", [](const auto& rdd) { (void)rdd.lookup("k3"); }},
        {"take_sample", [](const auto& rdd) { (void)rdd.take_sample(false, 5); }},
        {"to_local_iterator", [](const auto& rdd) { (void)rdd.to_local_iterator().begin(); }},
        {"tree_aggregate",
         [&](const auto& rdd) { (void)rdd.values().tree_aggregate(std::int64_t{0}, sum, sum); }},
        {"foreach_partition",
         [](const auto& rdd) { rdd.foreach_partition([](std::span<const Pair>) {}); }},
        {"save_as_object_file",
         [&](const auto& rdd) { rdd.save_as_object_file(folder_ + "/objects"); }},
    };
    for (const auto& [name, act] : actions) {
        const auto pairs =
            numbers(100, 4).map([](int x) { return Pair("k" + std::to_string(x % 10), x); });
        pairs.checkpoint();
        act(pairs);
        EXPECT_TRUE(pairs.is_checkpointed()) << name;
        EXPECT_EQ(pairs.count(), 100U) << name;
    }
}

TEST_F(Checkpoints, AreReadByTheRestOfALocalIterator) {
    context_->set_checkpoint_dir(folder_);
    const auto seen = context_->long_accumulator();
    const auto pairs = numbers(100, 4).map(Seen{seen});
    pairs.checkpoint();
    std::int64_t next = 0;
    for (const Pair& pair : pairs.to_local_iterator()) {
        EXPECT_EQ(pair.second, next++);
    }
    EXPECT_EQ(next, 100);
    EXPECT_EQ(seen.value(), 25 + 100) << "the first partition, and writing";
}

TEST_F(Checkpoints, ForgetAPartitionFunctionThatAnotherBuildMayNotHave) {
    context_->set_checkpoint_dir(folder_);
    const auto dealt = numbers(100, 4)
                           .map([](int x) { return Pair("k" + std::to_string(x % 10), x); })
                           .partition_by(partition_with<std::string>(3, ByLastDigit{}));
    dealt.checkpoint();
    const auto expected = dealt.collect();
    EXPECT_TRUE(dealt.partitioner()) << "in this program it holds on";
    EXPECT_EQ(dealt.lookup("k4").size(), 10U);
    const std::string path = *dealt.get_checkpoint_file();
    restart();
    const auto read = context_->checkpoint_file<Pair>(path);
    EXPECT_FALSE(read.partitioner());
    EXPECT_EQ(read.collect(), expected);
}

TEST_F(Checkpoints, AreReadByAnotherApplication) {
    context_->set_checkpoint_dir(folder_);
    const auto sums = numbers(1000, 4)
                          .map([](int x) { return Pair("k" + std::to_string(x % 10), x); })
                          .reduce_by_key([](std::int64_t a, std::int64_t b) { return a + b; }, 3);
    sums.checkpoint();
    const auto expected = sums.collect();
    const std::string path = *sums.get_checkpoint_file();
    restart();
    const auto read = context_->checkpoint_file<Pair>(path);
    EXPECT_EQ(read.get_num_partitions(), 3);
    EXPECT_EQ(read.collect(), expected);
    // It knows how it is partitioned: no shuffle.
    (void)read.reduce_by_key([](std::int64_t a, std::int64_t b) { return a + b; }, 3).count();
    EXPECT_EQ(runner_->totals().shuffle_records_written, 0);
    const std::string wrong = message_of([&] { (void)context_->checkpoint_file<int>(path); });
    EXPECT_NE(wrong.find("holds records of type"), std::string::npos) << wrong;
    const std::string none = message_of([&] { (void)context_->checkpoint_file<int>(folder_); });
    EXPECT_NE(none.find("is no checkpoint"), std::string::npos) << none;
}

TEST_F(Checkpoints, OfEmptyPartitionsAndOfTextsWork) {
    context_->set_checkpoint_dir(folder_);
    std::ofstream(folder_ + "/in.txt") << "one\ntwo\nthree\n";
    const auto lines = context_->text_file(folder_ + "/in.txt", 2).filter([](std::string_view x) {
        return x.size() != 3;
    });
    lines.checkpoint();
    EXPECT_EQ(lines.collect(), (std::vector<std::string>{"three"}));
    std::filesystem::remove(folder_ + "/in.txt");
    EXPECT_EQ(lines.collect(), (std::vector<std::string>{"three"}));
}

TEST_F(Checkpoints, ThatAreDamagedOrGoneSaySo) {
    context_->set_checkpoint_dir(folder_);
    const auto rows = numbers(1000, 1);
    rows.checkpoint();
    (void)rows.count();
    const std::string part = *rows.get_checkpoint_file() + "/part-00000";
    {
        std::fstream file(part, std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(2000);
        file.put('?');
    }
    EXPECT_NE(message_of([&] { (void)rows.collect(); }).find(part), std::string::npos);
    std::filesystem::remove(part);
    EXPECT_NE(message_of([&] { (void)rows.collect(); }).find("the checkpoint is gone"),
              std::string::npos);
}

TEST_F(Checkpoints, StayUnwrittenWhenTheyCannotBeWrittenAndAreTriedAgain) {
    context_->set_checkpoint_dir(folder_);
    const auto rows = numbers(10, 2);
    rows.checkpoint();
    const std::string blocker = *context_->get_checkpoint_dir();
    std::filesystem::remove_all(blocker);
    std::ofstream(blocker) << "a file where the folder was";
    EXPECT_THROW((void)rows.count(), Exception);
    EXPECT_FALSE(rows.is_checkpointed());
    std::filesystem::remove(blocker);
    EXPECT_EQ(rows.count(), 10U);
    EXPECT_TRUE(rows.is_checkpointed());
}

TEST_F(Checkpoints, ThatAreLocalStayInTheCacheAndFailWhenItIsGone) {
    const auto seen = context_->long_accumulator();
    const auto pairs = numbers(100, 4).map(Seen{seen});
    pairs.local_checkpoint();
    EXPECT_EQ(pairs.take(1).size(), 1U) << "one partition of four";
    EXPECT_TRUE(pairs.is_checkpointed());
    EXPECT_EQ(pairs.get_checkpoint_file(), std::nullopt);
    EXPECT_EQ(seen.value(), 100) << "the others were computed by a job of their own";
    EXPECT_EQ(pairs.count(), 100U);
    EXPECT_EQ(seen.value(), 100);
    runner_->store().drop_rdd(rdd::RddId{pairs.id()});
    const std::string lost = message_of([&] { (void)pairs.count(); });
    EXPECT_NE(lost.find("of a local checkpoint is lost"), std::string::npos) << lost;
    EXPECT_NE(message_of([&] { pairs.checkpoint(); }), "no error");
}

}  // namespace
}  // namespace heddle
