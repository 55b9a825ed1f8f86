// Folds, sets, zips, samples and groups: what their tasks answer crosses processes here.
#include <numeric>
#include <optional>

#include "tests/integration/rdd/masters.h"

namespace heddle::masters {

namespace {

using Pair = std::pair<std::string, std::int64_t>;

Rdd<int> numbers(Context& context, int count, int slices) {
    std::vector<int> values(static_cast<std::size_t>(count));
    std::iota(values.begin(), values.end(), 0);
    return context.parallelize(values, slices);
}

template <typename T>
std::int64_t sum_of(const std::vector<T>& values) {
    return std::accumulate(values.begin(), values.end(), std::int64_t{0});
}

const auto add = [](std::int64_t a, std::int64_t b) { return a + b; };

void show_folds(Context& context) {
    const auto rows = numbers(context, 1000, 6);
    show_value("fold", rows.fold(std::int64_t{1}, add));
    show_value("aggregate", rows.aggregate(std::int64_t{0}, add, add));
    show_value("tree_aggregate", rows.tree_aggregate(std::int64_t{0}, add, add, 3));
    show_value("tree_reduce", rows.tree_reduce([](int a, int b) { return a > b ? a : b; }));
    show_value("max", rows.max());
    show_value("min by another order", rows.min([](int a, int b) { return a % 7 > b % 7; }));
    show("take_ordered", rows.take_ordered(4));
    show_value("is_empty", rows.is_empty());
    show_value("sum", rows.sum());
    show_value("mean", rows.mean());
    show_value("stdev", rows.stdev());
    show("histogram", rows.histogram(4).counts);
    show("histogram by edges", rows.histogram(std::vector<double>{0, 10, 500}).counts);
    show_value("count_approx_distinct", rows.count_approx_distinct(0.02));
    for (const auto& [value, count] : rows.map([](int x) { return x % 3; }).count_by_value()) {
        show_value("count_by_value", std::pair(value, count));
    }
    rows.foreach_partition([](std::span<const int>) {});
}

void show_sets(Context& context) {
    const auto a = context.parallelize(std::vector<int>{1, 2, 2, 3, 5, 5}, 3);
    const auto b = context.parallelize(std::vector<int>{2, 3, 3, 4}, 2);
    show("intersection", sorted(a.intersection(b).collect()));
    show("subtract", sorted(a.subtract(b).collect()));
    show("cartesian", a.cartesian(b).collect());
    show("zip", a.zip(a.map([](int x) { return x * 10; })).collect());
    show("zip_partitions", a.zip_partitions(numbers(context, 9, 3), [](std::span<const int> x,
                                                                       std::span<const int> y) {
                                return std::vector<std::uint64_t>{x.size(), y.size()};
                            }).collect());
    show("zip_with_index", a.zip_with_index().collect());
    show("zip_with_unique_id", a.zip_with_unique_id().collect());
    show("coalesce", numbers(context, 20, 7).coalesce(3).collect());
    const auto index = [](int partition, std::span<const int> rows) {
        return std::vector<int>{partition * 100 + static_cast<int>(rows.size())};
    };
    show("map_partitions_with_index", a.map_partitions_with_index(index).collect());
    show("glom", a.glom().map([](const std::vector<int>& part) { return part.size(); }).collect());
    show("sort_by", a.sort_by([](int x) { return -x; }, true, 2).collect());
    show("union of many", context.union_(std::vector<Rdd<int>>{a, b, a}).collect());
    show("range", context.range(std::int64_t{5}, std::int64_t{-6}, std::int64_t{-3}, 2).collect());
    show_value("empty_rdd", context.empty_rdd<int>().count());
    show_value("empty_rdd, distinct", context.empty_rdd<int>().distinct().count());
}

void show_samples(Context& context) {
    const auto rows = numbers(context, 200, 4);
    show("sample", rows.sample(false, 0.1, 3).collect());
    show("sample with replacement", rows.sample(true, 0.1, 3).collect());
    for (const auto& part : rows.random_split({1, 2, 1}, 9)) {
        show_value("random_split", part.count());
    }
    show("take_sample", rows.take_sample(false, 8, 5));
    std::vector<int> all;
    for (const int row : rows.sample(false, 0.05, 3).to_local_iterator()) {
        all.push_back(row);
    }
    show("to_local_iterator", all);
}

struct Modulo {
    int partitions = 1;
    int operator()(int key) const { return key % partitions; }
};

void show_groups(Context& context) {
    const auto pairs =
        numbers(context, 30, 4).map([](int x) { return std::pair<int, std::int64_t>(x % 5, x); });
    const auto few =
        context.parallelize(std::vector<std::pair<int, std::int64_t>>{{1, 7}, {9, 8}}, 2);
    show("group_by_key", sorted(pairs.group_by_key(3)
                                    .map_values([](const auto& values) { return sum_of(values); })
                                    .collect()));
    show("fold_by_key", sorted(pairs.fold_by_key(1, add, 1).collect()));
    show("aggregate_by_key",
         sorted(pairs.aggregate_by_key(std::int64_t{0}, add, add, 2).collect()));
    show("combine_by_key",
         sorted(pairs
                    .combine_by_key(
                        [](std::int64_t v) { return std::to_string(v); },
                        [](const std::string& c, std::int64_t v) {
                            return c + "+" + std::to_string(v);
                        },
                        [](const std::string& a, const std::string& b) { return a + "|" + b; })
                    .collect()));
    show("left_outer_join", sorted(pairs.left_outer_join(few)
                                       .map_values([](const auto& both) {
                                           return both.first * 100 + both.second.value_or(-1);
                                       })
                                       .collect()));
    show("right_outer_join", sorted(pairs.right_outer_join(few)
                                        .map_values([](const auto& both) {
                                            return both.first.value_or(-1) * 100 + both.second;
                                        })
                                        .collect()));
    show_value("full_outer_join", pairs.full_outer_join(few).count());
    show("cogroup", sorted(pairs.cogroup(few, pairs)
                               .map_values([](const auto& groups) {
                                   return sum_of(std::get<0>(groups)) +
                                          1000 * sum_of(std::get<1>(groups));
                               })
                               .collect()));
    show("subtract_by_key", sorted(pairs.subtract_by_key(few).keys().distinct().collect()));
    const auto own = pairs.partition_by(3, Modulo{3});
    show("partition_by a function", own.keys().collect());
    show("lookup", own.lookup(4));
    show("join by a function", sorted(own.join(few).collect()));
    show("flat_map_values", own.flat_map_values([](std::int64_t v) {
                                   return std::vector<std::int64_t>(static_cast<std::size_t>(v % 2),
                                                                    v);
                               })
                                .collect());
    show("repartition_and_sort_within_partitions",
         pairs.repartition_and_sort_within_partitions(pairs.ranges(2)).collect());
    for (const auto& [key, count] : pairs.count_by_key()) {
        show_value("count_by_key", std::pair(key, count));
    }
    show("sample_by_key",
         pairs.sample_by_key(false, {{0, 0.5}, {1, 0}, {2, 1}, {3, 0}, {4, 0}}, 1).collect());
    try {
        (void)pairs.partition_by(2, Modulo{5}).count();
    } catch (const JobFailed& error) {
        const std::string text = error.what();
        std::printf("%s\n", text.substr(text.find("the partitioner gave")).c_str());
    }
}

}  // namespace

void show_shapes(Context& context) {
    show_folds(context);
    show_sets(context);
    show_samples(context);
    show_groups(context);
}

}  // namespace heddle::masters
