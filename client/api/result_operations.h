#pragma once

// What answers to the driver or acts on every record: each runs a job, and throws JobFailed. Every
// Rdd inherits it.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "client/api/actions.h"
#include "client/api/fold.h"
#include "client/api/hyper_log_log.h"
#include "client/api/job_control.h"
#include "client/api/local_records.h"
#include "client/api/operations.h"
#include "client/api/sampling.h"
#include "common/base/prng.h"

namespace heddle::api {

template <typename T>
class ResultOperations {
public:
    std::vector<Owned<T>> collect(Callsite at = Callsite::here()) const {
        return decoded<T>(run(rdd::builtin_operator(rdd::builtin::kCollect), at));
    }
    /// collect, whose job is of this group whatever else this thread has set;
    /// Context::cancel_job_group of another thread ends it.
    std::vector<Owned<T>> collect_with_job_group(std::string_view group,
                                                 std::string_view description,
                                                 Callsite at = Callsite::here()) const {
        const JobGroupScope scope(*handle()->session, group, description);
        return decoded<T>(run_job(handle(), rdd::builtin_operator(rdd::builtin::kCollect), at,
                                  "collect_with_job_group"));
    }
    std::uint64_t count(Callsite at = Callsite::here()) const { return run_count(handle(), at); }
    /// function(T, T) -> T, associative. Throws UsageError when there is no record.
    template <typename F>
    Owned<T> reduce(F function, Callsite at = Callsite::here()) const {
        return reduced("reduce", std::move(function), at);
    }
    /// The greatest record by less(T, T) -> bool; of numbers NaN is the greatest. Throws UsageError
    /// when there is none.
    template <typename Less = KeyLess>
    Owned<T> max(Less less = {}, Callsite at = Callsite::here()) const {
        require_shippable<Less>();
        return reduced("max", Greater<T, Less>{std::move(less)}, at);
    }
    template <typename Less = KeyLess>
    Owned<T> min(Less less = {}, Callsite at = Callsite::here()) const {
        require_shippable<Less>();
        using Reversed = Swapped<T, Less>;
        return reduced("min", Greater<T, Reversed>{{std::move(less)}}, at);
    }
    /// function(U, T) -> U over the records of a partition and function(U, U) -> U over what the
    /// partitions gave, in their order. Every partition begins with a copy of `zero`, and so does
    /// the driver.
    template <typename U, typename F>
    U fold(U zero, F function, Callsite at = Callsite::here()) const {
        return aggregated("fold", std::move(zero), function, function, at);
    }
    /// The same with functions of their own for records, (U, T) -> U, and for partitions,
    /// (U, U) -> U.
    template <typename U, typename Seq, typename Comb>
    U aggregate(U zero, Seq seq, Comb comb, Callsite at = Callsite::here()) const {
        return aggregated("aggregate", std::move(zero), std::move(seq), std::move(comb), at);
    }
    /// aggregate, where tasks merge what partitions gave, in about `depth` rounds: for many
    /// partitions and large values, which the driver alone would take long to merge.
    template <typename U, typename Seq, typename Comb>
    U tree_aggregate(U zero, Seq seq, Comb comb, int depth = 2,
                     Callsite at = Callsite::here()) const {
        return in_tree("tree_aggregate", std::move(zero), std::move(seq), std::move(comb), depth,
                       at);
    }
    /// reduce in about `depth` rounds. Throws UsageError when there is no record.
    template <typename F>
    T tree_reduce(F function, int depth = 2, Callsite at = Callsite::here()) const {
        require_shippable<F>();
        using Into = ReduceInto<T, F>;
        using Both = ReduceBoth<T, F>;
        std::optional<T> sum =
            in_tree("tree_reduce", std::optional<T>(), Into{function}, Both{function}, depth, at);
        if (!sum) {
            throw UsageError(ErrorCode::NotFound, "tree_reduce: the RDD is empty");
        }
        return std::move(*sum);
    }
    bool is_empty(Callsite at = Callsite::here()) const { return take(1, at).empty(); }
    /// How often each record is there.
    std::map<Owned<T>, std::uint64_t> count_by_value(Callsite at = Callsite::here()) const {
        using F = WithOne<T>;
        using Out = std::pair<T, std::uint64_t>;
        return self()
            .template narrow<MapOperator<T, Out, F>, Out>("count_by_value", F{}, false, at)
            .reduce_by_key(AddCounts{}, {}, at)
            .collect_as_map(at);
    }
    /// About how many different records there are, by HyperLogLog: off by `relative_sd` on average.
    std::uint64_t count_approx_distinct(double relative_sd = 0.05,
                                        Callsite at = Callsite::here()) const {
        static_assert(IsHashable<T>::value,
                      "heddle: the record type of count_approx_distinct has no hash");
        return estimate(aggregated("count_approx_distinct", sketch_for(relative_sd),
                                   AddToSketch<T>{}, MergeSketches{}, at));
    }
    /// The first `limit` records in the order of partitions; reads no more partitions than it
    /// needs.
    std::vector<Owned<T>> take(std::uint64_t limit, Callsite at = Callsite::here()) const {
        std::vector<Owned<T>> records = decoded<T>(run_take(handle(), limit, at));
        if (records.size() > limit) {
            records.resize(limit);
        }
        return records;
    }
    /// Throws UsageError when there is none.
    Owned<T> first(Callsite at = Callsite::here()) const {
        std::vector<Owned<T>> records = take(1, at);
        if (records.empty()) {
            throw UsageError(ErrorCode::NotFound, "first: the RDD is empty");
        }
        return std::move(records.front());
    }
    /// The `limit` greatest records, greatest first. Equal ones come in no particular order, so an
    /// order that ends in a unique field gives the same answer each time.
    template <typename Less = KeyLess>
    std::vector<Owned<T>> top(std::uint64_t limit, Less less = {},
                              Callsite at = Callsite::here()) const {
        require_shippable<Less>();
        return greatest("top", limit, std::move(less), at);
    }
    /// The `limit` least records, least first.
    template <typename Less = KeyLess>
    std::vector<Owned<T>> take_ordered(std::uint64_t limit, Less less = {},
                                       Callsite at = Callsite::here()) const {
        require_shippable<Less>();
        return greatest("take_ordered", limit, Swapped<T, Less>{std::move(less)}, at);
    }
    /// `count` records drawn at random, in random order; all of them when there are no more and
    /// none may come twice.
    std::vector<Owned<T>> take_sample(bool with_replacement, std::uint64_t count,
                                      std::uint64_t seed = 0,
                                      Callsite at = Callsite::here()) const {
        const std::uint64_t total = count == 0 ? 0 : run_count(handle(), at);
        if (total == 0) {
            return {};
        }
        const bool all = !with_replacement && count >= total;
        const double fraction = all ? 1 : sampling_fraction(with_replacement, count, total);
        Prng prng(seed);
        std::vector<Owned<T>> records = all ? collect(at) : std::vector<Owned<T>>();
        while (!all && records.size() < count) {  // a shortfall is rare
            records = self().sample(with_replacement, fraction, prng.next(), at).collect(at);
        }
        for (std::size_t i = records.size(); i > 1; --i) {
            std::swap(records[i - 1], records[static_cast<std::size_t>(prng.below(i))]);
        }
        if (records.size() > count) {
            records.resize(count);
        }
        return records;
    }
    /// All records in order with one partition at a time in memory: a job for each, when it is
    /// reached. With `prefetch_partitions` the next one is computed while the program looks at the
    /// one before, so there may be two of them in memory.
    LocalRecords<T> to_local_iterator(bool prefetch_partitions = false,
                                      Callsite at = Callsite::here()) const {
        require_defined(handle());
        return LocalRecords<T>(handle(), prefetch_partitions, at);
    }
    /// Calls function(std::span<const T>) with each partition, in the executors.
    template <typename F>
    void foreach_partition(F function, Callsite at = Callsite::here()) const {
        require_shippable<F>();
        using G = CallWithPartition<T, F>;
        const auto calls = self().template narrow<PartitionsOperator<T, Nothing, G>, Nothing>(
            "foreach_partition", G{std::move(function)}, false, at);
        run_job(calls.handle(), rdd::builtin_operator(rdd::builtin::kDrain), at,
                "foreach_partition");
    }
    /// Calls the function with each record, in the executors.
    template <typename F>
    void foreach (F function, Callsite at = Callsite::here()) const {
        run(operator_ref<ForeachAction<T, F>>("foreach", function), at);
    }

    /// One value over all records, from copies of `zero`: what fold and its relatives are made of.
    template <typename U, typename Seq, typename Comb>
    U aggregated(std::string_view name, U zero, Seq seq, Comb comb, Callsite at) const {
        require_state<U>();
        require_shippable<Seq>();
        using Fold = FoldFrom<U, Seq>;
        const auto answers =
            run(operator_ref<FoldAction<T, Fold>>(name, Fold{zero, std::move(seq)}), at);
        std::vector<U> parts;
        decode_records(answers, parts);
        return merged(name, std::move(zero), std::move(parts), comb, at);
    }

private:
    const Rdd<T>& self() const { return static_cast<const Rdd<T>&>(*this); }
    const NodePtr& handle() const { return self().handle(); }
    template <typename F>
    Owned<T> reduced(std::string_view name, F function, Callsite at) const {
        using Op = ReduceAction<T, F>;
        const std::vector<rdd::Bytes> answers = run(operator_ref<Op>(name, function), at);
        std::vector<T> parts;  // their views point into the answers
        decode_records(answers, parts);
        if (parts.empty()) {
            throw UsageError(ErrorCode::NotFound, std::string(name) + ": the RDD is empty");
        }
        T sum = std::move(parts.front());
        std::size_t i = 1;
        try {
            for (; i < parts.size(); ++i) {
                sum = function(std::move(sum), parts[i]);
            }
        } catch (...) {
            const T row = parts[i];
            throw_user_failure(name, at, face_of<T>(), &row);
        }
        return to_owned_form(sum);
    }
    template <typename U, typename Comb>
    static U merged(std::string_view name, U sum, std::vector<U> parts, Comb comb, Callsite at) {
        std::size_t i = 0;
        try {
            for (; i < parts.size(); ++i) {
                sum = comb(std::move(sum), parts[i]);
            }
        } catch (...) {
            throw_user_failure(name, at, face_of<U>(), &parts[i]);
        }
        return sum;
    }
    template <typename U, typename Seq, typename Comb>
    U in_tree(std::string_view name, U zero, Seq seq, Comb comb, int depth, Callsite at) const {
        require_state<U>();
        require_shippable<Seq>();
        require_shippable<Comb>();
        using Fold = FoldFrom<U, Seq>;
        using ByGroup = KeyByGroup<U>;
        using Keyed = std::pair<std::int32_t, U>;
        Rdd<U> parts = self().template narrow<FoldOperator<T, Fold>, U>(
            name, Fold{zero, std::move(seq)}, false, at);
        for (const std::int32_t groups : tree_rounds(handle()->node.partitions, depth)) {
            parts =
                parts
                    .template narrow<MapOperator<U, Keyed, ByGroup>, Keyed>(name, ByGroup{groups},
                                                                            false, at)
                    .reduce_by_key(comb, partition_with<std::int32_t>(groups, KeyIsPartition{}), at)
                    .values(at);
        }
        std::vector<U> answers;
        decode_records(
            run_job(parts.handle(), rdd::builtin_operator(rdd::builtin::kCollect), at, name),
            answers);
        return merged(name, std::move(zero), std::move(answers), comb, at);
    }
    template <typename Less>
    std::vector<Owned<T>> greatest(const char* name, std::uint64_t limit, Less less,
                                   Callsite at) const {
        rdd::ByteWriter payload;
        payload.number(limit);
        const rdd::Bytes fields = encode_function(less);
        payload.raw(fields.data(), fields.size());
        const std::vector<rdd::Bytes> answers = run(
            rdd::registered_operator(Registered<TopAction<T, Less>>::ordinal, name, payload.take()),
            at);
        std::vector<T> records;  // their views point into the answers
        decode_records(answers, records);
        try {
            std::stable_sort(records.begin(), records.end(),
                             [&](const T& a, const T& b) { return less(b, a); });
        } catch (...) {
            throw_user_failure(name, at, face_of<T>(), nullptr);
        }
        if (records.size() > limit) {
            records.resize(limit);
        }
        std::vector<Owned<T>> out;
        for (const T& record : records) {
            out.push_back(to_owned_form(record));
        }
        return out;
    }
    std::vector<rdd::Bytes> run(rdd::OperatorRef action, Callsite at) const {
        return run_job(handle(), std::move(action), at);
    }
};

}  // namespace heddle::api
