// The operations of Rdd<T> against what plain C++ gives, by the real task body on one thread.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include <algorithm>
#include <map>
#include <memory>
#include <numeric>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <heddle/heddle.h>

#include "tests/support/inline_runner.h"

namespace heddle {

// What a user's codec may do wrong: it reads less than it has written.
struct Crooked {
    std::string text;
};
template <>
struct Codec<Crooked> {
    static void encode(const Crooked& value, rdd::ByteWriter& out) {
        out.text(value.text);
        out.text("and more");
    }
    static void decode(rdd::ByteReader& in, Crooked& out) { out.text = in.text(); }
};

namespace {

using test::InlineRunner;

class RddOperations : public ::testing::Test {
protected:
    RddOperations()
        : owned_(std::make_unique<InlineRunner>()), runner_(*owned_), context_(std::move(owned_)) {}

    std::vector<int> numbers(int count) {
        std::vector<int> out(static_cast<std::size_t>(count));
        std::iota(out.begin(), out.end(), 0);
        return out;
    }

    std::unique_ptr<InlineRunner> owned_;
    InlineRunner& runner_;
    Context context_;
};

TEST_F(RddOperations, CollectGivesBackWhatParallelizeTookInOrder) {
    EXPECT_EQ(context_.parallelize(numbers(5000), 7).collect(), numbers(5000));
    EXPECT_EQ(context_.parallelize(std::vector<std::string>{"a", "", "ccc"}, 2).collect(),
              (std::vector<std::string>{"a", "", "ccc"}));
    EXPECT_TRUE(context_.parallelize(std::vector<int>{}, 3).collect().empty());
}

TEST_F(RddOperations, MapFilterAndFlatMapChain) {
    const auto rdd = context_.parallelize(numbers(10000), 3)
                         .map([](int x) { return x * 2; })
                         .filter([](int x) { return x % 3 == 0; })
                         .flat_map([](int x) {
                             return std::vector<int>{x, -x};
                         });
    std::vector<int> expected;
    for (int x = 0; x < 20000; x += 2) {
        if (x % 3 == 0) {
            expected.push_back(x);
            expected.push_back(-x);
        }
    }
    EXPECT_EQ(rdd.collect(), expected);
    EXPECT_EQ(rdd.count(), expected.size());
}

TEST_F(RddOperations, ReduceByKeyCombinesEveryKeyOnce) {
    const auto pairs = context_.parallelize(numbers(100000), 4).map([](int x) {
        return std::pair<int, std::int64_t>(x % 1000, x);
    });
    auto sums =
        pairs.reduce_by_key([](std::int64_t a, std::int64_t b) { return a + b; }, 3).collect();
    std::sort(sums.begin(), sums.end());
    ASSERT_EQ(sums.size(), 1000U);
    for (int key = 0; key < 1000; ++key) {
        EXPECT_EQ(sums[static_cast<std::size_t>(key)].first, key);
        EXPECT_EQ(sums[static_cast<std::size_t>(key)].second, 100 * key + 1000 * (99 * 100 / 2));
    }
}

TEST_F(RddOperations, ReduceByKeyOwnsTextKeys) {
    const std::vector<std::string> words{"loom", "yarn", "loom", "heddle", "yarn", "loom"};
    auto counts =
        context_.parallelize(words, 3)
            .map([](const std::string& word) { return std::pair<std::string_view, int>(word, 1); })
            .map([](const std::pair<std::string_view, int>& word) {
                return std::pair<std::string, int>(word.first, word.second);
            })
            .reduce_by_key([](int a, int b) { return a + b; })
            .collect();
    std::sort(counts.begin(), counts.end());
    EXPECT_EQ(counts,
              (std::vector<std::pair<std::string, int>>{{"heddle", 1}, {"loom", 3}, {"yarn", 2}}));
}

std::string long_word(int number) {
    return "a word too long to lie in its string " + std::to_string(number);
}

std::vector<std::string> long_words(int count) {
    std::vector<std::string> words;
    for (int i = 0; i < count; ++i) {
        words.push_back(long_word(i));
    }
    return words;
}

struct CountWord {
    void operator()(const std::string& word, Emit<std::pair<std::string_view, int>>& emit) const {
        emit(emit.keep(word), 1);
    }
};

// What a closed reduce has pushed is still read when the join, or the function of whole partitions,
// closes behind it.
TEST_F(RddOperations, ViewsOfAReduceLiveUntilTheTaskEnds) {
    constexpr int kWords = 3000;
    const auto counts = context_.parallelize(long_words(kWords), 1)
                            .flat_map(CountWord{})
                            .reduce_by_key([](int a, int b) { return a + b; });
    const auto doubled = counts.map_values([](int count) { return 2 * count; });
    auto joined = counts.join(doubled).collect();
    auto seen = counts
                    .map_partitions([](std::span<const std::pair<std::string_view, int>> rows,
                                       Emit<std::string>& emit) {
                        const std::vector<std::string> disturb(rows.size(), std::string(50, 'x'));
                        for (const auto& row : rows) {
                            emit(std::string(row.first));
                        }
                    })
                    .collect();
    auto expected = long_words(kWords);
    std::sort(expected.begin(), expected.end());
    std::sort(joined.begin(), joined.end());
    std::sort(seen.begin(), seen.end());
    EXPECT_EQ(seen, expected);
    ASSERT_EQ(joined.size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
        EXPECT_EQ(joined[i], std::pair(expected[i], std::pair(1, 2)));
    }
    EXPECT_EQ(runner_.accountant().usage().execution, 0);
}

TEST_F(RddOperations, EmitKeepsTextThatAFunctionMade) {
    const auto words = context_.parallelize(numbers(5000), 2)
                           .flat_map([](int number, Emit<std::string_view>& emit) {
                               emit(emit.keep(long_word(number)));
                           });
    const auto whole = words.map_partitions([](std::span<const std::string_view> rows) {
        return std::vector<std::string>(rows.begin(), rows.end());
    });
    EXPECT_EQ(words.collect(), long_words(5000));
    EXPECT_EQ(whole.collect(), long_words(5000));
}

// Rows that nobody else reads are moved into tables and blocks; rows of a block never are.
TEST_F(RddOperations, PersistedRowsStayWhatTheyAre) {
    const auto lists =
        context_.parallelize(long_words(2000), 2)
            .map([](const std::string& word) {
                return std::pair<std::string, std::vector<std::string>>(word, {word, word + "!"});
            })
            .reduce_by_key([](const auto& a, const auto&) { return a; });
    lists.persist();
    const auto first = lists.collect();
    EXPECT_EQ(lists.reduce_by_key([](const auto& a, const auto&) { return a; }, 5).count(), 2000U);
    EXPECT_EQ(lists.sort_by_key().count(), 2000U);
    EXPECT_EQ(lists.map([](const auto& row) { return row; }).distinct().count(), 2000U);
    EXPECT_EQ(lists.collect(), first);
}

TEST_F(RddOperations, JoinPairsAllValuesOfEqualKeys) {
    const std::vector<std::pair<int, std::string>> left{{1, "a"}, {2, "b"}, {1, "c"}, {4, "d"}};
    const std::vector<std::pair<int, double>> right{{1, 0.5}, {1, 1.5}, {2, 2.5}, {3, 3.5}};
    auto joined = context_.parallelize(left, 2).join(context_.parallelize(right, 3)).collect();
    std::sort(joined.begin(), joined.end());
    const std::vector<std::pair<int, std::pair<std::string, double>>> expected{
        {1, {"a", 0.5}}, {1, {"a", 1.5}}, {1, {"c", 0.5}}, {1, {"c", 1.5}}, {2, {"b", 2.5}}};
    EXPECT_EQ(joined, expected);
}

TEST_F(RddOperations, JoinOfCopartitionedParentsDoesNotShuffleAgain) {
    const auto add = [](int a, int b) { return a + b; };
    const auto pairs = context_.parallelize(numbers(100), 2).map([](int x) {
        return std::pair<int, int>(x % 10, x);
    });
    const auto left = pairs.reduce_by_key(add, 3);
    const auto right = left.map_values([](int x) { return x * 2; });
    const auto joined = left.join(right);
    EXPECT_EQ(joined.get_num_partitions(), 3);
    for (const rdd::Dependency& dependency : joined.handle()->node.dependencies) {
        EXPECT_EQ(dependency.kind, rdd::DependencyKind::OneToOne);
    }
    EXPECT_EQ(joined.count(), 10U);
}

TEST_F(RddOperations, SortByKeyOrdersOverPartitions) {
    const auto shuffled = context_.parallelize(numbers(20000), 4).map([](int x) {
        return std::pair<int, int>((x * 7919) % 20000 - 10000, x);
    });
    const auto sorted = shuffled.sort_by_key(true, 5);
    const auto rows = sorted.collect();
    ASSERT_EQ(rows.size(), 20000U);
    for (int i = 0; i < 20000; ++i) {
        EXPECT_EQ(rows[static_cast<std::size_t>(i)].first, i - 10000);
    }
    EXPECT_EQ(sorted.get_num_partitions(), 5);
    const auto down = shuffled.sort_by_key(false).keys().take(3);
    EXPECT_EQ(down, (std::vector<int>{9999, 9998, 9997}));
}

TEST_F(RddOperations, DistinctUnionRepartitionAndKeys) {
    const auto a = context_.parallelize(std::vector<int>{1, 2, 2, 3, 0, 0}, 2);
    auto distinct = a.distinct().collect();
    std::sort(distinct.begin(), distinct.end());
    EXPECT_EQ(distinct, (std::vector<int>{0, 1, 2, 3}));
    const auto both = a.union_(context_.parallelize(std::vector<int>{9}, 1));
    EXPECT_EQ(both.collect(), (std::vector<int>{1, 2, 2, 3, 0, 0, 9}));
    EXPECT_EQ(both.get_num_partitions(), 3);
    const auto spread = context_.parallelize(numbers(1000), 3).repartition(8);
    EXPECT_EQ(spread.get_num_partitions(), 8);
    auto back = spread.collect();
    std::sort(back.begin(), back.end());
    EXPECT_EQ(back, numbers(1000));
}

TEST_F(RddOperations, TakeScansAsFewPartitionsAsItCan) {
    const auto rdd = context_.parallelize(numbers(1000), 100);
    const int before = runner_.tasks_run();
    EXPECT_EQ(rdd.take(5), (std::vector<int>{0, 1, 2, 3, 4}));
    EXPECT_EQ(runner_.tasks_run() - before, 1);
    EXPECT_EQ(rdd.take(25).size(), 25U);
    EXPECT_EQ(runner_.tasks_run() - before, 1 + 1 + 2);  // 10 a partition: 1.5 * 25 / 10 - 1 = 2
    EXPECT_EQ(rdd.first(), 0);
    EXPECT_THROW(context_.parallelize(std::vector<int>{}, 4).first(), UsageError);
}

TEST_F(RddOperations, TopReduceAndForeach) {
    const auto rdd = context_.parallelize(numbers(5000), 6);
    EXPECT_EQ(rdd.top(3), (std::vector<int>{4999, 4998, 4997}));
    EXPECT_EQ(rdd.top(2, [](int a, int b) { return a > b; }), (std::vector<int>{0, 1}));
    EXPECT_EQ(rdd.reduce([](int a, int b) { return a + b; }), 4999 * 5000 / 2);
    rdd.foreach ([](int) {});
    EXPECT_THROW(context_.parallelize(std::vector<int>{}).reduce([](int a, int) { return a; }),
                 UsageError);
}

TEST_F(RddOperations, TopAndReduceKeepViewsFromOneBatchToTheNext) {
    std::vector<std::string> names;
    for (int i = 0; i < 5000; ++i) {
        names.push_back("w" + std::to_string(i));
    }
    const std::vector<std::string_view> views(names.begin(), names.end());
    const auto counts = context_.parallelize(views, 3)
                            .map([](std::string_view name) { return std::pair(name, 1L); })
                            .reduce_by_key([](long a, long b) { return a + b; });
    using Count = std::pair<std::string, long>;
    EXPECT_EQ(counts.top(3), (std::vector<Count>{{"w999", 1}, {"w998", 1}, {"w997", 1}}));
    EXPECT_EQ(counts.reduce([](const auto& a, const auto& b) { return a.first < b.first ? b : a; }),
              Count("w999", 1));
}

TEST_F(RddOperations, MapPartitionsSeesAWholePartition) {
    const auto sums =
        context_.parallelize(numbers(100), 4).map_partitions([](std::span<const int> rows) {
            return std::vector<int>{std::accumulate(rows.begin(), rows.end(), 0)};
        });
    EXPECT_EQ(sums.collect(), (std::vector<int>{300, 925, 1550, 2175}));
}

struct Scale {
    double factor = 0;
    std::string unit;
    std::string operator()(double x) const { return std::to_string(x * factor) + unit; }
};

TEST_F(RddOperations, FunctionObjectsTakeTheirFieldsAlong) {
    EXPECT_EQ(context_.parallelize(std::vector<double>{1.5}, 1).map(Scale{2, "m"}).collect(),
              (std::vector<std::string>{"3.000000m"}));
}

struct Person {
    std::string name;
    int age = 0;
    std::vector<std::string> tags;
};

TEST_F(RddOperations, PlainAggregatesAreRecords) {
    const std::vector<Person> people{{"Ada", 36, {"x"}}, {"Bob", 20, {}}};
    const auto rdd =
        context_.parallelize(people, 2).filter([](const Person& p) { return p.age > 30; });
    const auto back = rdd.collect();
    ASSERT_EQ(back.size(), 1U);
    EXPECT_EQ(back[0].name, "Ada");
    EXPECT_EQ(back[0].tags, (std::vector<std::string>{"x"}));
}

TEST_F(RddOperations, PersistComputesOnce) {
    const auto rdd = context_.parallelize(numbers(100), 4).map([](int x) {
        return std::pair<std::string, int>(std::to_string(x), x);
    });
    rdd.persist();
    EXPECT_EQ(rdd.count(), 100U);
    EXPECT_EQ(runner_.store().list().size(), 4U);
    EXPECT_EQ(rdd.collect().size(), 100U);
    rdd.unpersist();
    EXPECT_TRUE(runner_.store().list().empty());
    EXPECT_EQ(runner_.accountant().usage().storage, 0);
}

TEST_F(RddOperations, EveryStorageLevelKeepsThePartitionsWhereItSays) {
    const std::vector<std::pair<StorageLevel, std::string>> levels{
        {DISK_ONLY, "Disk Serialized 1x Replicated"},
        {DISK_ONLY_2, "Disk Serialized 2x Replicated"},
        {DISK_ONLY_3, "Disk Serialized 3x Replicated"},
        {MEMORY_ONLY, "Memory Deserialized 1x Replicated"},
        {MEMORY_ONLY_2, "Memory Deserialized 2x Replicated"},
        {MEMORY_ONLY_SER, "Memory Serialized 1x Replicated"},
        {MEMORY_ONLY_SER_2, "Memory Serialized 2x Replicated"},
        {MEMORY_AND_DISK, "Disk Memory Deserialized 1x Replicated"},
        {MEMORY_AND_DISK_2, "Disk Memory Deserialized 2x Replicated"},
        {MEMORY_AND_DISK_SER, "Disk Memory Serialized 1x Replicated"},
        {MEMORY_AND_DISK_SER_2, "Disk Memory Serialized 2x Replicated"},
        {OFF_HEAP, "Disk Memory Serialized 1x Replicated"}};
    for (const auto& [level, text] : levels) {
        const auto rdd = context_.parallelize(numbers(100), 4).map([](int x) {
            return std::pair<std::string, int>("a text of some length " + std::to_string(x), x);
        });
        rdd.persist(level);
        EXPECT_EQ(rdd::describe(rdd.get_storage_level()), text);
        const auto first = rdd.collect();
        const auto kept = runner_.store().list();
        ASSERT_EQ(kept.size(), 4U) << text;
        EXPECT_EQ(kept[0].memory > 0, level.memory) << text;
        EXPECT_EQ(kept[0].disk > 0, !level.memory) << text;
        EXPECT_EQ(rdd.collect(), first) << text;
        rdd.unpersist(true);
        EXPECT_TRUE(runner_.store().list().empty());
    }
}

TEST_F(RddOperations, ALevelIsNotChangedAndNotOutOfRange) {
    const auto rdd = context_.parallelize(numbers(10), 1);
    EXPECT_THROW(rdd.persist(rdd::replicated(MEMORY_ONLY, 0)), UsageError);
    EXPECT_THROW(rdd.persist(rdd::replicated(MEMORY_ONLY, 40)), UsageError);
    rdd.persist(OFF_HEAP).persist(OFF_HEAP).persist(MEMORY_AND_DISK_SER);
    EXPECT_THROW(rdd.persist(MEMORY_AND_DISK), UsageError);
    rdd.unpersist().persist(MEMORY_AND_DISK);
}

TEST_F(RddOperations, AThrowingFunctionNamesItselfAndItsInput) {
    const auto rdd = context_.parallelize(numbers(100), 4).map([](int x) {
        if (x == 77) {
            throw std::runtime_error("cannot digest this");
        }
        return x;
    });
    try {
        rdd.count();
        FAIL() << "the job should have failed";
    } catch (const JobFailed& e) {
        const std::string text = e.what();
        EXPECT_NE(text.find("cannot digest this"), std::string::npos) << text;
        EXPECT_NE(text.find("map at rdd_operations_test.cpp"), std::string::npos) << text;
        EXPECT_NE(text.find("[input: 77]"), std::string::npos) << text;
        EXPECT_EQ(e.partition(), 3);
    }
}

TEST_F(RddOperations, ShuffleOutputGoesWithItsLastHandle) {
    {
        const auto reduced = context_.parallelize(numbers(100), 2).distinct();
        EXPECT_EQ(reduced.count(), 100U);
        EXPECT_GT(runner_.shuffles().totals().outputs, 0);
    }
    EXPECT_EQ(runner_.shuffles().totals().outputs, 0);
    EXPECT_EQ(runner_.accountant().usage().storage, 0);
    EXPECT_EQ(runner_.accountant().usage().execution, 0);
}

TEST(RddMemory, RunningOutNamesTaskAndOperator) {
    auto owned = std::make_unique<InlineRunner>(std::int64_t{8} << 20);
    InlineRunner& runner = *owned;
    Context context(std::move(owned));
    const auto pairs =
        context.parallelize(std::vector<int>{0, 1}, 1)
            .map([](int key) {
                return std::pair<int, std::string>(key, std::string(std::size_t{16} << 20, 'x'));
            })
            .reduce_by_key([](const std::string& a, const std::string&) { return a; });
    try {
        (void)pairs.count();
        FAIL() << "the job should have failed";
    } catch (const JobFailed& e) {
        const std::string text = e.what();
        EXPECT_NE(text.find("out of memory in task 0"), std::string::npos) << text;
        EXPECT_NE(text.find("shuffle 0 of map at"), std::string::npos) << text;
        EXPECT_NE(text.find("wanted"), std::string::npos) << text;
    }
    EXPECT_EQ(runner.accountant().usage().execution, 0);
}

TEST(RddMemory, ATableLargerThanMemorySpills) {
    auto owned = std::make_unique<InlineRunner>(std::int64_t{8} << 20);
    InlineRunner& runner = *owned;
    Context context(std::move(owned));
    const auto pairs = context.parallelize(std::vector<int>{0}, 1)
                           .flat_map([](int, Emit<std::int64_t>& emit) {
                               for (std::int64_t i = 0; i < 2'000'000; ++i) {
                                   emit(i);
                               }
                           })
                           .map([](std::int64_t x) { return std::pair<std::int64_t, int>(x, 1); })
                           .reduce_by_key([](int a, int b) { return a + b; });
    EXPECT_EQ(pairs.count(), 2'000'000U);
    EXPECT_GT(runner.totals().disk_bytes_spilled, 0);
}

TEST(RddMemory, APartitionThatDoesNotFitIsComputedEachTimeAndComplete) {
    auto owned = std::make_unique<InlineRunner>(std::int64_t{8} << 20);
    InlineRunner& runner = *owned;
    Context context(std::move(owned));
    const auto rows = context.parallelize(std::vector<int>{1, 2}, 2)
                          .flat_map([](int part, Emit<std::int64_t>& emit) {
                              for (std::int64_t i = 0; i < (part == 1 ? 1'000 : 2'000'000); ++i) {
                                  emit(i);
                              }
                          });
    rows.persist();
    EXPECT_EQ(rows.count(), 2'001'000U);
    EXPECT_EQ(rows.count(), 2'001'000U);
    ASSERT_EQ(runner.store().list().size(), 1U);  // the small one
    EXPECT_EQ(runner.accountant().usage().execution, 0);
    EXPECT_EQ(rows.map([](std::int64_t x) { return x; }).take(2),
              (std::vector<std::int64_t>{0, 1}));
}

std::int64_t rows_made = 0;  // by MakeRows; tasks of an InlineRunner run in this process

struct MakeRows {
    std::int64_t count = 0;
    void operator()(int, Emit<std::string>& emit) const {
        for (std::int64_t i = 0; i < count; ++i) {
            ++rows_made;
            emit("row " + std::to_string(i) + " of many");
        }
    }
};

TEST(RddMemory, APartitionLargerThanMemoryIsKeptOnDiskWhole) {
    for (const auto level : {MEMORY_AND_DISK, StorageLevel{true, true, false, 1}}) {
        auto owned = std::make_unique<InlineRunner>(std::int64_t{8} << 20);
        InlineRunner& runner = *owned;
        Context context(std::move(owned));
        const auto rows = context.parallelize(std::vector<int>{1}, 1).flat_map(MakeRows{1'000'000});
        rows.persist(level);
        rows_made = 0;
        EXPECT_EQ(rows.count(), 1'000'000U);
        EXPECT_EQ(rows.count(), 1'000'000U);
        EXPECT_EQ(rows_made, 1'000'000);  // the second time they came from disk
        const auto kept = runner.store().list();
        ASSERT_EQ(kept.size(), 1U);
        EXPECT_EQ(kept[0].memory, 0);
        EXPECT_GT(kept[0].disk, std::int64_t{17} << 20);
        const auto length =
            rows.map([](const std::string& row) { return static_cast<std::int64_t>(row.size()); });
        EXPECT_EQ(length.reduce([](std::int64_t a, std::int64_t b) { return a + b; }), 17'888'890);
        EXPECT_EQ(rows.take(2), (std::vector<std::string>{"row 0 of many", "row 1 of many"}));
        EXPECT_EQ(runner.accountant().usage().execution, 0);
        rows.unpersist(true);
        EXPECT_TRUE(runner.store().list().empty());
    }
}

struct MakeCrooked {
    void operator()(int, Emit<Crooked>& emit) const {
        for (int i = 0; i < 1'000'000; ++i) {
            emit(Crooked{"row " + std::to_string(i)});
        }
    }
};

TEST(RddMemory, ACachedPartitionThatCannotBeReadBackFailsAndIsNeverCutShort) {
    for (const std::int64_t memory : {std::int64_t{8} << 20, std::int64_t{1} << 30}) {
        Context context(std::make_unique<InlineRunner>(memory));
        const auto rows = context.parallelize(std::vector<int>{1}, 1).flat_map(MakeCrooked{});
        rows.persist(StorageLevel{true, true, false, 1});
        EXPECT_THROW((void)rows.count(), JobFailed) << memory;
    }
}

TEST(RddMemory, APartitionThatFitsNeitherInMemoryNorOnDiskIsWholeAndNotKept) {
    auto owned = std::make_unique<InlineRunner>(std::int64_t{8} << 20);
    InlineRunner& runner = *owned;
    Context context(std::move(owned));
    const auto rows = context.parallelize(std::vector<int>{1}, 1).flat_map(MakeRows{1'000'000});
    rows.persist(MEMORY_AND_DISK);
    // Files may not grow further, as on a full disk.
    const auto handler = signal(SIGXFSZ, SIG_IGN);
    rlimit before{};
    getrlimit(RLIMIT_FSIZE, &before);
    for (const rlim_t mib : {0, 3, 10}) {
        const rlimit small{mib << 20U, before.rlim_max};
        setrlimit(RLIMIT_FSIZE, &small);
        const auto distinct =
            rows.map([](const std::string& row) { return std::stoll(row.substr(4)); });
        EXPECT_EQ(distinct.reduce([](std::int64_t a, std::int64_t b) { return a + b; }),
                  499'999'500'000);
        setrlimit(RLIMIT_FSIZE, &before);
        EXPECT_TRUE(runner.store().list().empty()) << mib << " MiB";
    }
    signal(SIGXFSZ, handler);
    EXPECT_EQ(rows.count(), 1'000'000U);
    EXPECT_EQ(runner.store().list().size(), 1U);
}

TEST(RddMemory, APartitionThatIsNotKeptLeavesItsMemoryToTheTask) {
    auto owned = std::make_unique<InlineRunner>(std::int64_t{8} << 20);
    InlineRunner& runner = *owned;
    Context context(std::move(owned));
    const auto rows = context.parallelize(std::vector<int>{1}, 1).flat_map(MakeRows{400'000});
    rows.persist();
    // As much as fits is collected before it turns out that all does not; then the keys need some.
    const auto keys =
        rows.map([](const std::string& row) {
                return std::pair<std::int64_t, std::int64_t>(std::stoll(row.substr(4)) % 60'000, 1);
            })
            .reduce_by_key([](std::int64_t a, std::int64_t b) { return a + b; }, 1);
    EXPECT_EQ(keys.count(), 60'000U);
    EXPECT_TRUE(runner.store().list().empty());
    EXPECT_EQ(runner.accountant().usage().execution, 0);
}

}  // namespace
}  // namespace heddle
