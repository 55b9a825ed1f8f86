#pragma once

// What only RDDs of pairs have; Rdd<std::pair<K, V>> inherits it.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "client/api/approximate.h"
#include "client/api/combine.h"
#include "client/api/exact_sampling.h"
#include "client/api/group.h"
#include "client/api/hyper_log_log.h"
#include "client/api/join.h"
#include "client/api/operations.h"
#include "client/api/sampling.h"

namespace heddle::api {

template <typename T>
class PairOperations {};

template <typename K, typename V>
class PairOperations<std::pair<K, V>> {
    using Record = std::pair<K, V>;

public:
    // ---- combining the values of a key ---------------------------------------------------------
    // `by`: see Partitioning; a number of partitions, or as another RDD is. Nothing given: as this
    // RDD is partitioned, else hashed into as many partitions as it has.

    /// Combines the values of each key with `function(V, V) -> V`, which must be associative; first
    /// within each partition, then across.
    template <typename F>
    Rdd<Record> reduce_by_key(F function, const Partitioning& by = {},
                              Callsite at = Callsite::here()) const {
        require_hash("reduce_by_key");
        using Op = CombineOperator<K, V, F>;
        return Rdd<Record>(make_combine(handle(), "reduce_by_key",
                                        operator_ref<Op>("reduce_by_key", function),
                                        record_type<Record>(), by, at));
    }
    /// create(V) -> C for the first value of a key in a partition, merge_value(C, V) -> C for the
    /// others, merge_combiners(C, C) -> C across partitions. Without `map_side_combine` the values
    /// are sent as they are and combined behind the shuffle: for what combining does not make
    /// smaller.
    template <typename Create, typename MergeValue, typename MergeCombiners>
    auto combine_by_key(Create create, MergeValue merge_value, MergeCombiners merge_combiners,
                        const Partitioning& by = {}, bool map_side_combine = true,
                        Callsite at = Callsite::here()) const {
        using C = std::remove_cvref_t<std::invoke_result_t<Create&, const V&>>;
        require_shippable<Create>();
        require_shippable<MergeValue>();
        require_shippable<MergeCombiners>();
        using Values = CombineValues<C, V, Create, MergeValue>;
        const Values values{std::move(create), std::move(merge_value)};
        if (!map_side_combine) {
            using Out = std::pair<K, C>;
            return Rdd<Out>(make_uncombined(
                handle(), "combine_by_key",
                operator_ref<CombineOperator<K, C, Values, V>>("combine_by_key", values),
                record_type<Out>(), by, at));
        }
        return combined<C>("combine_by_key", values, std::move(merge_combiners), by, at);
    }
    /// Every key begins with a copy of `zero` in each partition: merge_value(C, V) -> C, then
    /// merge_combiners(C, C) -> C across partitions.
    template <typename C, typename MergeValue, typename MergeCombiners>
    Rdd<std::pair<K, C>> aggregate_by_key(C zero, MergeValue merge_value,
                                          MergeCombiners merge_combiners,
                                          const Partitioning& by = {},
                                          Callsite at = Callsite::here()) const {
        require_shippable<MergeValue>();
        return combined<C>(
            "aggregate_by_key",
            AggregateValues<C, V, MergeValue>{std::move(zero), std::move(merge_value)},
            std::move(merge_combiners), by, at);
    }
    /// reduce_by_key where every key begins with a copy of `zero` in each partition.
    template <typename F>
    Rdd<Record> fold_by_key(V zero, F function, const Partitioning& by = {},
                            Callsite at = Callsite::here()) const {
        require_shippable<F>();
        return combined<V>("fold_by_key", AggregateValues<V, V, F>{std::move(zero), function},
                           function, by, at);
    }
    /// reduce_by_key, and the result in the driver.
    template <typename F>
    std::map<Owned<K>, Owned<V>> reduce_by_key_locally(F function,
                                                       Callsite at = Callsite::here()) const {
        return reduce_by_key(std::move(function), {}, at).collect_as_map(at);
    }
    /// All values of each key, in the order in which they came. The values of a key have to fit in
    /// memory: reduce_by_key and its relatives need not hold them.
    Rdd<std::pair<K, std::vector<V>>> group_by_key(const Partitioning& by = {},
                                                   Callsite at = Callsite::here()) const {
        return grouped<V>("group_by_key", {handle()}, by, at);
    }

    // ---- several RDDs by key -------------------------------------------------------------------
    // Those that are partitioned alike already are not shuffled again.

    /// The values that each key has on both sides, and in two others at most.
    template <typename W>
    auto cogroup(const Rdd<std::pair<K, W>>& other, const Partitioning& by = {},
                 Callsite at = Callsite::here()) const {
        return grouped<V, W>("cogroup", {handle(), other.handle()}, by, at);
    }
    template <typename W, typename X>
    auto cogroup(const Rdd<std::pair<K, W>>& second, const Rdd<std::pair<K, X>>& third,
                 const Partitioning& by = {}, Callsite at = Callsite::here()) const {
        return grouped<V, W, X>("cogroup", {handle(), second.handle(), third.handle()}, by, at);
    }
    template <typename W, typename X, typename Y>
    auto cogroup(const Rdd<std::pair<K, W>>& second, const Rdd<std::pair<K, X>>& third,
                 const Rdd<std::pair<K, Y>>& fourth, const Partitioning& by = {},
                 Callsite at = Callsite::here()) const {
        return grouped<V, W, X, Y>(
            "cogroup", {handle(), second.handle(), third.handle(), fourth.handle()}, by, at);
    }
    /// Another name of cogroup.
    template <typename... Others>
    auto group_with(const Others&... others) const {
        return cogroup(others...);
    }
    /// All pairs of values of equal keys.
    template <typename W>
    Rdd<std::pair<K, std::pair<V, W>>> join(const Rdd<std::pair<K, W>>& other,
                                            const Partitioning& by = {},
                                            Callsite at = Callsite::here()) const {
        require_hash("join");
        using Out = std::pair<K, std::pair<V, W>>;
        return Rdd<Out>(make_cogroup(
            {handle(), other.handle()}, "join",
            rdd::registered_operator(Registered<JoinHead<K, V, W>>::ordinal, "join", {}),
            record_type<Out>(), by, at));
    }
    /// join, and the values of this side that found none.
    template <typename W>
    auto left_outer_join(const Rdd<std::pair<K, W>>& other, const Partitioning& by = {},
                         Callsite at = Callsite::here()) const {
        return from_groups<LeftOuterRows<K, V, W>>("left_outer_join", other, by, at);
    }
    /// join, and the values of the other side that found none.
    template <typename W>
    auto right_outer_join(const Rdd<std::pair<K, W>>& other, const Partitioning& by = {},
                          Callsite at = Callsite::here()) const {
        return from_groups<RightOuterRows<K, V, W>>("right_outer_join", other, by, at);
    }
    /// join, and the values of either side that found none.
    template <typename W>
    auto full_outer_join(const Rdd<std::pair<K, W>>& other, const Partitioning& by = {},
                         Callsite at = Callsite::here()) const {
        return from_groups<FullOuterRows<K, V, W>>("full_outer_join", other, by, at);
    }
    /// The records whose key `other` does not have.
    template <typename W>
    Rdd<Record> subtract_by_key(const Rdd<std::pair<K, W>>& other, const Partitioning& by = {},
                                Callsite at = Callsite::here()) const {
        return from_groups<UnmatchedRows<K, V, W>>("subtract_by_key", other, by, at);
    }

    // ---- order and partitions ------------------------------------------------------------------

    /// Records in the order of their keys, over partitions too. Samples this RDD at once, unless
    /// one partition is asked for.
    Rdd<Record> sort_by_key(bool ascending = true, std::int32_t partitions = 0,
                            Callsite at = Callsite::here()) const {
        require_order("sort_by_key");
        return Rdd<Record>(make_sort(handle(), ascending, partitions, bounds(ascending), at));
    }
    /// Dealt out by key: hashed, or as `by` says. An RDD that is partitioned so already stays as it
    /// is.
    Rdd<Record> partition_by(const Partitioning& by, Callsite at = Callsite::here()) const {
        require_hash("partition_by");
        return Rdd<Record>(make_partitioned(handle(), "partition_by", by, at));
    }
    /// By a function of the program's own: function(const K&) -> 0 .. partitions - 1. A key for
    /// which it gives anything else fails the job.
    template <typename F>
    Rdd<Record> partition_by(std::int32_t partitions, F function,
                             Callsite at = Callsite::here()) const {
        return Rdd<Record>(make_partitioned(
            handle(), "partition_by", partition_with<K>(partitions, std::move(function)), at));
    }
    /// Ranges of keys of about equal size, as sort_by_key has them. Samples this RDD at once.
    /// Serves RDDs of the same record type.
    Partitioning ranges(std::int32_t partitions, bool ascending = true,
                        Callsite at = Callsite::here()) const {
        require_order("ranges");
        return Partitioning(
            range_partitioner(handle(), "ranges", ascending, partitions, bounds(ascending), at));
    }
    /// Partitioned, and sorted by key within each partition: one shuffle for both.
    Rdd<Record> repartition_and_sort_within_partitions(const Partitioning& by,
                                                       bool ascending = true,
                                                       Callsite at = Callsite::here()) const {
        require_order("repartition_and_sort_within_partitions");
        return Rdd<Record>(make_sorted_partitions(handle(), by, ascending, at));
    }
    /// The records with low <= key <= high.
    Rdd<Record> filter_by_range(K low, K high, Callsite at = Callsite::here()) const {
        require_order("filter_by_range");
        using F = KeyBetween<K, V>;
        return self().template narrow<FilterOperator<Record, F>, Record>(
            "filter_by_range", F{std::move(low), std::move(high)}, true, at);
    }

    // ---- narrow --------------------------------------------------------------------------------

    /// function(V) -> W on each value; keys and their partitioning stay.
    template <typename F>
    auto map_values(F function, Callsite at = Callsite::here()) const {
        require_shippable<F>();
        using Out = std::pair<K, std::remove_cvref_t<std::invoke_result_t<F&, const V&>>>;
        using G = MapSecond<K, V, F>;
        return self().template narrow<MapOperator<Record, Out, G>, Out>(
            "map_values", G{std::move(function)}, true, at);
    }
    /// function(V) -> container of W: a record for each element; keys and their partitioning stay.
    template <typename F>
    auto flat_map_values(F function, Callsite at = Callsite::here()) const {
        require_shippable<F>();
        using W = FlatOutput<void, F, const V&>;
        using Out = std::pair<K, W>;
        using G = FlatMapSecond<K, V, W, F>;
        return self().template narrow<FlatMapOperator<Record, Out, G>, Out>(
            "flat_map_values", G{std::move(function)}, true, at);
    }
    Rdd<K> keys(Callsite at = Callsite::here()) const { return self().map(First{}, at); }
    Rdd<V> values(Callsite at = Callsite::here()) const { return self().map(Second{}, at); }
    /// sample() with a fraction for each key; a key without one fails the job.
    Rdd<Record> sample_by_key(bool with_replacement, std::map<K, double> fractions,
                              std::uint64_t seed = 0, Callsite at = Callsite::here()) const {
        for (const auto& [key, fraction] : fractions) {
            check_fraction("sample_by_key", with_replacement, fraction);
        }
        using F = DrawnByKey<K, V>;
        return drawn_in_order(self().template narrow<FlatMapOperator<Record, Record, F>, Record>(
            "sample_by_key", F{std::move(fractions), with_replacement, seed}, true, at));
    }

    /// The same with exactly the fraction of each key, rounded up. Runs two jobs at once, of which
    /// the driver gets the keys, and for each some draws (a few times the root of its sample).
    /// Throws UsageError for a key without a fraction.
    Rdd<Record> sample_by_key_exact(bool with_replacement, const std::map<K, double>& fractions,
                                    std::uint64_t seed = 0, Callsite at = Callsite::here()) const {
        std::map<Owned<K>, std::uint64_t> wanted;
        ExactDraws<K> draws{{}, with_replacement, seed};
        for (const auto& [key, fraction] : fractions) {
            check_fraction("sample_by_key_exact", with_replacement, fraction);
        }
        for (const auto& [key, count] : count_by_key(at)) {
            const auto fraction = fractions.find(K(key));
            if (fraction == fractions.end()) {
                throw UsageError(
                    ErrorCode::InvalidArgument,
                    "sample_by_key_exact: no fraction was given for key " + shown(key));
            }
            wanted[key] = exact_size(fraction->second, count);
            draws.plan[key] = exact_rates(with_replacement, wanted[key], count);
        }
        settle_draws(draws, wanted, at);
        using F = DrawnExactly<K, V>;
        return drawn_in_order(self().template narrow<FlatMapOperator<Record, Record, F>, Record>(
            "sample_by_key_exact", F{std::move(draws)}, true, at));
    }
    /// About how many different values each key has, by HyperLogLog: off by `relative_sd` on
    /// average.
    Rdd<std::pair<K, std::uint64_t>> count_approx_distinct_by_key(
        double relative_sd = 0.05, const Partitioning& by = {},
        Callsite at = Callsite::here()) const {
        static_assert(IsHashable<V>::value,
                      "heddle: the value type of count_approx_distinct_by_key has no hash");
        return aggregate_by_key(sketch_for(relative_sd), AddToSketch<V>{}, MergeSketches{}, by, at)
            .map_values(SketchEstimate{}, at);
    }

    // ---- actions -------------------------------------------------------------------------------

    /// How many records each key has.
    std::map<Owned<K>, std::uint64_t> count_by_key(Callsite at = Callsite::here()) const {
        return self().map(CountKey{}, at).reduce_by_key(AddCounts{}, {}, at).collect_as_map(at);
    }
    /// What is known of it when the time is over, and all of it later: approximate.h.
    PartialResult<std::map<Owned<K>, BoundedDouble>> count_by_key_approx(
        std::chrono::milliseconds timeout, double confidence = 0.95,
        Callsite at = Callsite::here()) const {
        return keys(at).count_by_value_approx(timeout, confidence, at);
    }
    /// The last value of each key, by key.
    std::map<Owned<K>, Owned<V>> collect_as_map(Callsite at = Callsite::here()) const {
        static_assert(Ordered<K>, "heddle: the key type of collect_as_map has no operator<");
        std::map<Owned<K>, Owned<V>> found;
        for (auto& [key, value] : self().collect(at)) {
            found.insert_or_assign(std::move(key), std::move(value));
        }
        return found;
    }
    /// All values of `key`. Looks at one partition only where the RDD is partitioned by hash or by
    /// a function.
    std::vector<Owned<V>> lookup(const K& key, Callsite at = Callsite::here()) const {
        require_hash("lookup");
        using F = KeyEquals<K, V>;
        const auto matching =
            self().template narrow<FilterOperator<Record, F>, Record>("lookup", F{key}, true, at);
        const auto only = partition_of_key(*handle(), &key, hash_value(key));
        std::vector<rdd::Bytes> answers;
        const rdd::OperatorRef collect = rdd::builtin_operator(rdd::builtin::kCollect);
        if (only) {
            answers = run_job(matching.handle(), collect, {*only}, at, "lookup");
        } else {
            answers = run_job(matching.handle(), collect, at, "lookup");
        }
        std::vector<std::pair<Owned<K>, Owned<V>>> records;
        decode_records(answers, records);
        std::vector<Owned<V>> values;
        for (auto& record : records) {
            values.push_back(std::move(record.second));
        }
        return values;
    }

private:
    static std::string shown(const Owned<K>& key) {
        std::string text;
        append_text(key, true, text);
        return text;
    }
    // Draws until every key has a limit.
    void settle_draws(ExactDraws<K>& draws, const std::map<Owned<K>, std::uint64_t>& wanted,
                      Callsite at) const {
        using Survey = SurveyDraws<K, V>;
        for (bool settled = false; !settled;) {
            settled = true;
            const auto seen =
                self()
                    .template narrow<MapOperator<Record, typename Survey::Seen, Survey>,
                                     typename Survey::Seen>("sample_by_key_exact", Survey{draws},
                                                            true, at)
                    .reduce_by_key(AddSurveys{}, {}, at)
                    .collect_as_map(at);
            for (const auto& [key, count] : seen) {
                ExactRates& rates = draws.plan.at(key);
                const auto limit = exact_limit(draws.with_replacement, rates, wanted.at(key),
                                               {count.first, count.second});
                if (limit) {
                    rates.limit = *limit;
                } else {
                    rates = wider(draws.with_replacement, rates);
                    settled = false;
                }
            }
        }
    }
    struct CountKey {
        std::pair<K, std::uint64_t> operator()(const Record& record) const {
            return {record.first, 1};
        }
    };

    const Rdd<Record>& self() const { return static_cast<const Rdd<Record>&>(*this); }
    const NodePtr& handle() const { return self().handle(); }

    template <std::size_t N>
    static constexpr void require_hash(const char (&)[N]) {
        static_assert(IsHashable<K>::value, "heddle: the key type of this operation has no hash");
    }
    template <std::size_t N>
    static constexpr void require_order(const char (&)[N]) {
        static_assert(Ordered<K>, "heddle: the key type of this operation has no operator<");
    }
    static BoundsOf bounds(bool ascending) {
        return [ascending](const std::vector<rdd::Bytes>& samples, std::int32_t count) {
            return choose_bounds<Record>(samples, count, ascending);
        };
    }
    template <typename C, typename Values, typename Merge>
    Rdd<std::pair<K, C>> combined(std::string_view name, const Values& values, const Merge& merge,
                                  const Partitioning& by, Callsite at) const {
        require_hash("");
        static_assert(IsRecord<C>::value, "heddle: what this operation makes has to be a record");
        using Out = std::pair<K, C>;
        return Rdd<Out>(make_aggregate(
            handle(), name, operator_ref<CombineOperator<K, C, Values, V>>(name, values),
            operator_ref<CombineOperator<K, C, Merge>>(name, merge), record_type<Out>(), by, at));
    }
    template <typename... Vs>
    Rdd<std::pair<K, Groups<Vs...>>> grouped(std::string_view name,
                                             const std::vector<NodePtr>& parents,
                                             const Partitioning& by, Callsite at) const {
        require_hash("");
        using Out = std::pair<K, Groups<Vs...>>;
        return Rdd<Out>(
            make_cogroup(parents, name,
                         rdd::registered_operator(Registered<GroupHead<K, Vs...>>::ordinal,
                                                  std::string(name), {}),
                         record_type<Out>(), by, at));
    }
    template <typename F, typename W>
    Rdd<typename F::Out> from_groups(std::string_view name, const Rdd<std::pair<K, W>>& other,
                                     const Partitioning& by, Callsite at) const {
        using In = std::pair<K, Groups<V, W>>;
        return cogroup(other, by, at)
            .template narrow<FlatMapOperator<In, typename F::Out, F>, typename F::Out>(name, F{},
                                                                                       true, at);
    }
};

}  // namespace heddle::api
