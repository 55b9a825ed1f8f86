// Every transformation and action that needs no file.
#include <numeric>
#include <variant>

#include "tests/integration/rdd/masters.h"
#include "tests/unit/common/rdd/registry_twins.h"

namespace heddle::masters {

namespace {

using Pair = std::pair<std::string, std::int64_t>;

Rdd<int> numbers(Context& context, int count, int slices) {
    std::vector<int> values(static_cast<std::size_t>(count));
    std::iota(values.begin(), values.end(), 0);
    return context.parallelize(values, slices);
}

void show_narrow(Context& context) {
    const auto rows = numbers(context, 20, 4);
    show("map", rows.map([](int x) { return x * 2; }).collect());
    show("filter", rows.filter([](int x) { return x % 3 == 0; }).collect());
    show("flat_map, container",
         rows.flat_map([](int x) { return std::vector<int>(static_cast<std::size_t>(x % 3), x); })
             .collect());
    show("flat_map, emit", rows.flat_map([](int x, Emit<std::string>& emit) {
                                   if (x % 5 == 0) {
                                       emit("five");
                                       emit(std::to_string(x));
                                   }
                               })
                               .collect());
    show("map_partitions, container",
         rows.map_partitions([](std::span<const int> part) {
                 return std::vector<std::int64_t>{std::accumulate(part.begin(), part.end(), 0L)};
             })
             .collect());
    show("map_partitions, emit",
         rows.map_partitions([](std::span<const int> part, Emit<std::uint64_t>& emit) {
                 emit(part.size());
                 emit(static_cast<std::uint64_t>(part.front()));
             })
             .collect());
    show("union", rows.filter([](int x) { return x > 17; })
                      .union_(context.parallelize(std::vector<int>{7, 7}, 1))
                      .collect());
    show("repartition", sorted(rows.repartition(7).collect()));
    show("set_name and debug string",
         std::vector<bool>{rows.set_name("twenty").to_debug_string().find("twenty") !=
                           std::string::npos});
}

void show_by_key(Context& context) {
    const auto pairs =
        numbers(context, 30, 4).map([](int x) { return Pair("k" + std::to_string(x % 5), x); });
    show("map_values", pairs.map_values([](std::int64_t v) { return v * 0.5; }).take(5));
    show("keys", pairs.keys().take(6));
    show("values", pairs.values().take(6));
    show("distinct", sorted(pairs.keys().distinct(3).collect()));
    const auto sums = pairs.reduce_by_key([](std::int64_t a, std::int64_t b) { return a + b; }, 3);
    show("reduce_by_key", sorted(sums.collect()));
    const auto others =
        context.parallelize(std::vector<Pair>{{"k1", 100}, {"k1", 200}, {"k9", 1}, {"k2", 5}}, 3);
    show("join with duplicates", sorted(pairs.join(others).collect()));
    show("join of what is partitioned alike", sorted(sums.join(sums).collect()));
    show("union of what is partitioned alike", sorted(sums.union_(sums).collect()));
    show("sort_by_key", pairs.sort_by_key().collect());
    show("sort_by_key, descending", pairs.sort_by_key(false, 3).collect());
}

void show_actions(Context& context) {
    const auto rows = numbers(context, 1000, 6);
    show("take", rows.take(7));
    show("take over partitions", rows.filter([](int x) { return x > 700; }).take(3));
    show("take 0", rows.take(0));
    show_value("take more than there are", static_cast<std::uint64_t>(rows.take(5000).size()));
    show_value("first", rows.first());
    show("top", rows.top(3));
    show("top by another order", rows.top(3, [](int a, int b) { return a > b; }));
    show_value("reduce", rows.reduce([](int a, int b) { return a + b; }));
    show_value("count", rows.count());
}

void show_persisted(Context& context) {
    for (const StorageLevel level : {MEMORY_ONLY, MEMORY_AND_DISK}) {
        const auto rows =
            numbers(context, 500, 4).map([](int x) { return Pair(std::to_string(x), x); });
        rows.persist(level);
        for (int round = 0; round < 2; ++round) {
            show_value("persisted", rows.count());
            show("persisted", rows.take(3));
        }
        rows.unpersist(true);
        show_value("storage level is none", rows.get_storage_level().is_none());
        show_value("after unpersist", rows.cache().count());
        rows.unpersist();
    }
}

void show_small(Context& context) {
    const auto nothing = context.parallelize(std::vector<int>{}, 3);
    show_value("empty, count", nothing.count());
    show("empty, collect", nothing.collect());
    // Records without bytes are records.
    show_value(
        "units",
        numbers(context, 100, 4).map([](int) { return std::monostate{}; }).repartition(3).count());
    show("empty, take", nothing.take(3));
    show("empty, top", nothing.top(3));
    show("empty, distinct", nothing.distinct().collect());
    show("empty, map_partitions", nothing
                                      .map_partitions([](std::span<const int> part) {
                                          return std::vector<std::uint64_t>{part.size()};
                                      })
                                      .collect());
    const auto refused = [&](const char* what, auto act) {
        try {
            act();
            std::printf("%s of nothing: no error\n", what);
        } catch (const UsageError& error) {
            std::printf("%s\n", error.what());
        }
    };
    refused("first", [&] { (void)nothing.first(); });
    refused("reduce", [&] { (void)nothing.reduce([](int a, int) { return a; }); });
    const auto no_pairs = context.parallelize(std::vector<Pair>{}, 2);
    const auto one = context.parallelize(std::vector<Pair>{{"a", 1}}, 8);
    show("empty, join", no_pairs.join(one).collect());
    show("empty, sort_by_key", no_pairs.sort_by_key().collect());
    show("empty, reduce_by_key",
         no_pairs.reduce_by_key([](std::int64_t a, std::int64_t) { return a; }).collect());
    const auto sparse = context.parallelize(std::vector<int>{3, 1, 2}, 10);
    show("more partitions than records", sparse.collect());
    show_value("first of sparse", sparse.first());
    show_value("reduce of sparse", sparse.reduce([](int a, int b) { return a * 10 + b; }));
    show("sort_by_key into more partitions than keys",
         context.parallelize(std::vector<Pair>{{"b", 2}, {"a", 1}, {"c", 3}}, 9)
             .sort_by_key(false, 12)
             .collect());
}

}  // namespace

void show_operations(Context& context) {
    show_narrow(context);
    show_by_key(context);
    show_actions(context);
    show_persisted(context);
    show_small(context);
    show("twin lambdas, one", run_twin_one(context));
    show("twin lambdas, two", run_twin_two(context));
}

}  // namespace heddle::masters
