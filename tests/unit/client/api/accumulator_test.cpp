// Accumulators by the real task body on one thread; what retries and late answers do to them is in
// the driver core's tests and in simulation.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#include <heddle/heddle.h>

#include "tests/support/inline_runner.h"

namespace heddle {
namespace {

using test::InlineRunner;
using Long = Accumulator<Sum<std::int64_t>>;

struct CountOdd {
    Long odd;
    bool operator()(int x) const {
        odd.add(x % 2);
        return true;
    }
};
struct AddTo {
    Long sum;
    void operator()(int x) const { sum += x; }
};
struct AddHalf {
    Accumulator<Sum<double>> sum;
    void operator()(int x) const { sum.add(x * 0.5); }
};
struct Gather {
    Accumulator<Collection<std::string>> all;
    void operator()(int x) const { all.add(std::to_string(x)); }
};
struct ReadInTask {
    Long sum;
    std::int64_t operator()(int) const { return sum.value(); }
};
struct ThrowAfterAdding {
    Long sum;
    int operator()(int x) const {
        sum.add(1);
        if (x == 7) {
            throw std::runtime_error("seven");
        }
        return x;
    }
};

// The longest text, of those that begin with a letter.
struct Longest {
    char letter = 0;
    std::pair<std::uint64_t, std::string> zero() const { return {}; }
    void add(std::pair<std::uint64_t, std::string>& part, const std::string& text) const {
        if (!text.empty() && text[0] == letter) {
            merge(part, {text.size(), text});
        }
    }
    void merge(std::pair<std::uint64_t, std::string>& part,
               const std::pair<std::uint64_t, std::string>& other) const {
        part = std::max(part, other);
    }
    std::string value(const std::pair<std::uint64_t, std::string>& part) const {
        return part.second;
    }
};
struct Offer {
    Accumulator<Longest> longest;
    void operator()(const std::string& text) const { longest.add(text); }
};

struct Explosive {
    int zero() const { return 0; }
    void add(int& part, int x) const { part += x; }
    void merge(int&, int) const { throw std::runtime_error("merge refused"); }
    int value(int part) const { return part; }
};
struct Explode {
    Accumulator<Explosive> sum;
    void operator()(int x) const { sum.add(x); }
};

struct AddAndCount {
    Long rows;
    std::int64_t operator()(std::int64_t sum, int x) const {
        rows.add(1);
        return sum + x;
    }
};
struct DealAndCount {
    Long rows;
    std::int64_t operator()(int key) const {
        rows.add(1);
        return key % 3;
    }
};

class Accumulators : public ::testing::Test {
protected:
    Accumulators()
        : owned_(std::make_unique<InlineRunner>()), runner_(*owned_), context_(std::move(owned_)) {}
    Rdd<int> numbers(int count, int slices) {
        std::vector<int> out(static_cast<std::size_t>(count));
        std::iota(out.begin(), out.end(), 0);
        return context_.parallelize(out, slices);
    }
    std::unique_ptr<InlineRunner> owned_;
    InlineRunner& runner_;
    Context context_;
};

TEST_F(Accumulators, SumWhatTasksAdd) {
    const Long sum = context_.long_accumulator();
    numbers(1000, 7).foreach (AddTo{sum});
    EXPECT_EQ(sum.value(), 499'500);
    const auto half = context_.double_accumulator("half");
    numbers(1000, 7).foreach (AddHalf{half});
    EXPECT_EQ(half.value(), 249'750.0);
    sum.add(500);  // by the driver
    EXPECT_EQ(sum.value(), 500'000);
    sum.reset();
    EXPECT_EQ(sum.value(), 0);
}

TEST_F(Accumulators, SumWhatFunctionsAddThatTheOperationsPutTogether) {
    const auto plus = [](std::int64_t a, std::int64_t b) { return a + b; };
    const Long rows = context_.long_accumulator();
    const auto pairs = numbers(100, 4).key_by([](int x) { return x % 10; });
    EXPECT_EQ(numbers(100, 4).aggregate(std::int64_t{0}, AddAndCount{rows}, plus), 4950);
    EXPECT_EQ(rows.value(), 100);
    EXPECT_EQ(pairs.aggregate_by_key(std::int64_t{0}, AddAndCount{rows}, plus, 2).count(), 10U);
    EXPECT_EQ(rows.value(), 200);
    EXPECT_EQ(pairs.partition_by(partition_with<int>(3, DealAndCount{rows})).count(), 100U);
    EXPECT_EQ(rows.value(), 300) << "on the map side of the shuffle";
}

TEST_F(Accumulators, CountInEachJobThatComputesATransformation) {
    const Long odd = context_.long_accumulator();
    const auto rows = numbers(100, 4).filter(CountOdd{odd});
    EXPECT_EQ(odd.value(), 0) << "nothing has run";
    EXPECT_EQ(rows.count(), 100U);
    EXPECT_EQ(odd.value(), 50);
    EXPECT_EQ(rows.count(), 100U);
    EXPECT_EQ(odd.value(), 100);
}

TEST_F(Accumulators, CollectEverythingThatWasAdded) {
    const auto all = context_.collection_accumulator<std::string>("all");
    numbers(2000, 3).foreach (Gather{all});
    std::vector<std::string> found = all.value();
    EXPECT_EQ(found.size(), 2000U);
    std::sort(found.begin(), found.end());
    EXPECT_EQ(std::unique(found.begin(), found.end()), found.end());
}

TEST_F(Accumulators, TakeAShapeOfTheUsersOwnWithItsFields) {
    const auto longest = context_.accumulator(Longest{'b'}, "longest");
    context_
        .parallelize(std::vector<std::string>{"bb", "aaaaaa", "bbbb", "b", "cccccccc", "bbb"}, 3)
        .foreach (Offer{longest});
    EXPECT_EQ(longest.value(), "bbbb");
}

TEST_F(Accumulators, CannotBeReadInATask) {
    const Long sum = context_.long_accumulator("rows");
    try {
        (void)numbers(3, 1).map(ReadInTask{sum}).collect();
        FAIL();
    } catch (const JobFailed& failed) {
        EXPECT_NE(
            std::string(failed.what())
                .find("accumulator 'rows' is read in a task: only the driver's program can read"),
            std::string::npos)
            << failed.what();
    }
}

TEST_F(Accumulators, TakeNothingFromATaskThatFails) {
    const Long sum = context_.long_accumulator();
    EXPECT_THROW((void)numbers(10, 2).map(ThrowAfterAdding{sum}).collect(), JobFailed);
    EXPECT_EQ(sum.value(), 5) << "the first partition succeeded, the second did not";
}

TEST_F(Accumulators, ThatNobodyMadeAreRefused) {
    EXPECT_THROW(Long().add(1), UsageError);
    EXPECT_THROW((void)Long().value(), UsageError);
    EXPECT_THROW(numbers(3, 1).foreach (AddTo{}), JobFailed);
}

TEST_F(Accumulators, ThrowWhatAMergeFunctionThrewWhereTheyAreRead) {
    const auto sum = context_.accumulator(Explosive{});
    numbers(3, 1).foreach (Explode{sum});  // the job itself is fine
    EXPECT_THROW((void)sum.value(), std::runtime_error);
}

TEST_F(Accumulators, DrawOnTheBudgetOfTheTask) {
    Context small(std::make_unique<InlineRunner>(std::int64_t{8} << 20));
    const auto all = small.collection_accumulator<std::string>("too much");
    std::vector<int> many(1'000'000);
    try {
        small.parallelize(many, 1).foreach (Gather{all});
        FAIL();
    } catch (const JobFailed& failed) {
        const std::string message = failed.what();
        EXPECT_NE(message.find("out of memory"), std::string::npos) << message;
        EXPECT_NE(message.find("accumulator 'too much'"), std::string::npos) << message;
    }
}

}  // namespace
}  // namespace heddle
