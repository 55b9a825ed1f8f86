// Broadcast variables by the real task body on one thread.
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <heddle/heddle.h>

#include "tests/support/inline_runner.h"

namespace heddle {
namespace {

using test::InlineRunner;
using Names = std::map<std::int64_t, std::string>;

struct NameOf {
    Broadcast<Names> names;
    std::string operator()(std::int64_t id) const {
        const auto it = names->find(id);
        return it == names->end() ? "?" : it->second;
    }
};
struct LengthOf {
    Broadcast<std::string> text;
    std::uint64_t operator()(int) const { return text.value().size(); }
};

struct AddName {
    Broadcast<Names> names;
    std::string operator()(std::string sum, std::int64_t id) const {
        return std::move(sum) + names->at(id);
    }
};
struct AppendText {
    std::string operator()(std::string a, const std::string& b) const { return std::move(a) + b; }
};
struct HomeOf {
    Broadcast<std::map<std::int64_t, std::int64_t>> homes;
    std::int64_t operator()(std::int64_t key) const { return homes->at(key); }
};

class Broadcasts : public ::testing::Test {
protected:
    explicit Broadcasts(std::int64_t memory = std::int64_t{256} << 20)
        : owned_(std::make_unique<InlineRunner>(memory)),
          runner_(*owned_),
          context_(std::move(owned_)) {}
    static std::string message_of(const std::function<void()>& act) {
        try {
            act();
        } catch (const Exception& error) {
            return error.what();
        }
        return "no error";
    }
    std::unique_ptr<InlineRunner> owned_;
    InlineRunner& runner_;
    Context context_;
};

TEST_F(Broadcasts, AreReadByFunctionsThatHoldThem) {
    const auto names = context_.broadcast(Names{{1, "one"}, {3, "three"}});
    EXPECT_EQ(
        context_.parallelize(std::vector<std::int64_t>{1, 2, 3}, 3).map(NameOf{names}).collect(),
        (std::vector<std::string>{"one", "?", "three"}));
    EXPECT_EQ(names->at(1), "one") << "the driver reads its own";
    EXPECT_EQ(runner_.chunks_fetched(), 1) << "once per executor, not per task";
}

TEST_F(Broadcasts, AreReadByFunctionsThatTheOperationsPutTogether) {
    const auto names = context_.broadcast(Names{{1, "one"}, {2, "two"}, {3, "three"}});
    const auto ids = context_.parallelize(std::vector<std::int64_t>{1, 2, 3}, 3);
    EXPECT_EQ(ids.aggregate(std::string("/"), AddName{names}, AppendText{}), "//one/two/three");
    EXPECT_EQ(ids.key_by(NameOf{names}).lookup("two"), (std::vector<std::int64_t>{2}));
}

TEST_F(Broadcasts, AreReadByPartitionFunctionsInTasks) {
    using Homes = std::map<std::int64_t, std::int64_t>;
    const auto homes = context_.broadcast(Homes{{7, 1}, {8, 0}});
    const auto rows = context_
                          .parallelize(std::vector<std::pair<std::int64_t, std::int64_t>>{
                              {7, 70}, {8, 80}, {7, 71}})
                          .partition_by(partition_with<std::int64_t>(2, HomeOf{homes}));
    EXPECT_EQ(rows.keys().glom().collect(), (std::vector<std::vector<std::int64_t>>{{8}, {7, 7}}));
    EXPECT_EQ(rows.lookup(7), (std::vector<std::int64_t>{70, 71}))
        << "the driver cannot ask the function, so every partition is searched";
}

TEST_F(Broadcasts, TravelInChunksAndAreKeptOnTheBudget) {
    const std::string text(std::size_t{9} << 20, 'x');
    const auto shared = context_.broadcast(text);
    const auto rows = context_.parallelize(std::vector<int>{1, 2, 3, 4}, 4).map(LengthOf{shared});
    EXPECT_EQ(rows.collect(), std::vector<std::uint64_t>(4, text.size()));
    EXPECT_EQ(runner_.chunks_fetched(), 3);
    EXPECT_TRUE(runner_.store().contains(rdd::BlockId::broadcast(shared.id())));
    EXPECT_TRUE(runner_.store().contains(rdd::BlockId::broadcast(shared.id(), 3)));
    EXPECT_GE(runner_.accountant().usage().storage, std::int64_t{18} << 20);
    EXPECT_EQ(runner_.accountant().usage().execution, 0);
}

TEST_F(Broadcasts, AreFetchedAgainAfterUnpersist) {
    const auto shared = context_.broadcast(std::string("text"));
    const auto rows = context_.parallelize(std::vector<int>{1}, 1).map(LengthOf{shared});
    (void)rows.collect();
    shared.unpersist();
    EXPECT_FALSE(runner_.store().contains(rdd::BlockId::broadcast(shared.id())));
    EXPECT_EQ(runner_.accountant().usage().storage, 0);
    EXPECT_EQ(rows.first(), 4U);
    EXPECT_EQ(runner_.chunks_fetched(), 2);
}

TEST_F(Broadcasts, AreGoneAfterDestroyAndSaySo) {
    const auto shared = context_.broadcast(std::string("text"));
    const auto numbers = context_.parallelize(std::vector<int>{1}, 1);
    const auto rows = numbers.map(LengthOf{shared});
    (void)rows.collect();
    shared.destroy();
    const std::string here = "was destroyed at broadcast_test.cpp:";
    EXPECT_NE(message_of([&] { (void)shared.value(); }).find(here), std::string::npos);
    EXPECT_NE(message_of([&] { (void)numbers.map(LengthOf{shared}); }).find(here),
              std::string::npos);
    EXPECT_NE(message_of([&] { shared.unpersist(); }).find(here), std::string::npos);
    const std::string late = message_of([&] { (void)rows.collect(); });
    EXPECT_NE(late.find("broadcast " + std::to_string(shared.id().value) + " was destroyed"),
              std::string::npos)
        << late;
}

TEST_F(Broadcasts, ThatNobodyMadeAreRefused) {
    EXPECT_THROW((void)Broadcast<Names>().value(), UsageError);
    EXPECT_THROW((void)context_.parallelize(std::vector<int>{1}, 1).map(LengthOf{}), UsageError);
}

TEST_F(Broadcasts, OfNothingAndOfEmptyValuesWork) {
    const auto empty = context_.broadcast(std::string());
    EXPECT_EQ(context_.parallelize(std::vector<int>{1}, 1).map(LengthOf{empty}).first(), 0U);
}

class LargeBroadcasts : public Broadcasts {
protected:
    LargeBroadcasts() : Broadcasts(std::int64_t{12} << 20) {}
};

TEST_F(LargeBroadcasts, ThatDoNotFitNameThemselves) {
    const auto shared = context_.broadcast(std::string(std::size_t{20} << 20, 'x'));
    const std::string message = message_of([&] {
        (void)context_.parallelize(std::vector<int>{1}, 1).map(LengthOf{shared}).collect();
    });
    EXPECT_NE(message.find("out of memory"), std::string::npos) << message;
    EXPECT_NE(message.find("broadcast"), std::string::npos) << message;
}

}  // namespace
}  // namespace heddle
