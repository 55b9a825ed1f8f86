#pragma once

// Rdd<T>: a data set of T in partitions, computed when an action asks and computed again when parts
// of it are lost. Handles are cheap to copy. Names and semantics are Spark's.
//
// Functions given to these operations run in executors, perhaps on other machines: see function.h
// for what they may be. They must not depend on mutable globals of the driver.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <iterator>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "client/api/actions.h"
#include "client/api/approximate.h"
#include "client/api/barrier.h"
#include "client/api/checkpoint.h"
#include "client/api/explain.h"
#include "client/api/files.h"
#include "client/api/fold.h"
#include "client/api/future_action.h"
#include "client/api/hyper_log_log.h"
#include "client/api/number_operations.h"
#include "client/api/operations.h"
#include "client/api/pair_operations.h"
#include "client/api/sampling.h"
#include "client/api/zip.h"
#include "common/base/prng.h"
#include "common/fs/compression.h"

namespace heddle {

using StorageLevel = rdd::StorageLevel;
using Compression = fs::Codec;  // of text files: Compression::Gzip
// Spark's levels; docs/rdd.md says what each of them means.
inline constexpr StorageLevel NONE = rdd::kStorageNone;
inline constexpr StorageLevel DISK_ONLY = rdd::kDiskOnly;
inline constexpr StorageLevel DISK_ONLY_2 = rdd::replicated(DISK_ONLY, 2);
inline constexpr StorageLevel DISK_ONLY_3 = rdd::replicated(DISK_ONLY, 3);
inline constexpr StorageLevel MEMORY_ONLY = rdd::kMemoryOnly;
inline constexpr StorageLevel MEMORY_ONLY_2 = rdd::replicated(MEMORY_ONLY, 2);
inline constexpr StorageLevel MEMORY_ONLY_SER = rdd::kMemoryOnlySer;
inline constexpr StorageLevel MEMORY_ONLY_SER_2 = rdd::replicated(MEMORY_ONLY_SER, 2);
inline constexpr StorageLevel MEMORY_AND_DISK = rdd::kMemoryAndDisk;
inline constexpr StorageLevel MEMORY_AND_DISK_2 = rdd::replicated(MEMORY_AND_DISK, 2);
inline constexpr StorageLevel MEMORY_AND_DISK_SER = rdd::kMemoryAndDiskSer;
inline constexpr StorageLevel MEMORY_AND_DISK_SER_2 = rdd::replicated(MEMORY_AND_DISK_SER, 2);
// Executors have no heap that memory could be off: persist() says so and takes MEMORY_AND_DISK_SER.
inline constexpr StorageLevel OFF_HEAP{true, true, false, 1, true};

// What to_local_iterator gives: for (const auto& record : rdd.to_local_iterator()) ...
template <typename T>
class LocalRecords {
public:
    class Iterator {
    public:
        using iterator_category = std::input_iterator_tag;
        using value_type = Owned<T>;
        using difference_type = std::ptrdiff_t;
        using pointer = const value_type*;
        using reference = const value_type&;

        explicit Iterator(LocalRecords* records) : records_(records) {}
        reference operator*() const { return records_->rows_[records_->at_]; }
        pointer operator->() const { return &**this; }
        Iterator& operator++() {
            if (!records_->advance()) {
                records_ = nullptr;
            }
            return *this;
        }
        void operator++(int) { ++*this; }
        friend bool operator==(const Iterator&, const Iterator&) = default;

    private:
        LocalRecords* records_;  // null: the end
    };

    LocalRecords(api::NodePtr node, api::Callsite at) : node_(std::move(node)), at_line_(at) {}
    /// Goes on from where the last iterator was.
    Iterator begin() { return Iterator(at_ < rows_.size() || load() ? this : nullptr); }
    Iterator end() { return Iterator(nullptr); }

private:
    bool advance() { return ++at_ < rows_.size() || load(); }
    bool load() {
        for (at_ = 0, rows_.clear(); rows_.empty() && next_ < node_->node.partitions; ++next_) {
            api::decode_records(api::run_job(node_, rdd::builtin_operator(rdd::builtin::kCollect),
                                             {next_}, at_line_, "to_local_iterator"),
                                rows_);
        }
        return !rows_.empty();
    }

    api::NodePtr node_;
    api::Callsite at_line_;
    rdd::Partition next_ = 0;
    std::vector<Owned<T>> rows_;
    std::size_t at_ = 0;
};

template <typename T>
class Rdd : public api::PairOperations<T>, public api::NumberOperations<T> {
public:
    using Callsite = api::Callsite;
    using Record = T;

    explicit Rdd(api::NodePtr node) : node_(std::move(node)) {
        static_assert(api::IsRecord<T>::value,
                      "heddle: this type cannot be a record; specialise heddle::Codec<T>");
    }

    // ---- transformations ------------------------------------------------------------------

    /// function(T) -> U
    template <typename F>
    auto map(F function, Callsite at = Callsite::here()) const {
        using Out = std::remove_cvref_t<std::invoke_result_t<F&, const T&>>;
        return narrow<api::MapOperator<T, Out, F>, Out>("map", function, false, at);
    }
    /// function(T) -> bool
    template <typename F>
    Rdd filter(F function, Callsite at = Callsite::here()) const {
        return narrow<api::FilterOperator<T, F>, T>("filter", function, true, at);
    }
    /// function(T) -> container of U, or function(T, Emit<U>&) which calls emit(u) for each.
    template <typename U = void, typename F>
    auto flat_map(F function, Callsite at = Callsite::here()) const {
        using Out = api::FlatOutput<U, F, const T&>;
        return narrow<api::FlatMapOperator<T, Out, F>, Out>("flat_map", function, false, at);
    }
    /// function(std::span<const T>) -> container of U, or function(std::span<const T>, Emit<U>&):
    /// sees all records of a partition at once.
    template <typename U = void, typename F>
    auto map_partitions(F function, Callsite at = Callsite::here()) const {
        using Out = api::FlatOutput<U, F, std::span<const T>>;
        return narrow<api::PartitionsOperator<T, Out, F>, Out>("map_partitions", function, false,
                                                               at);
    }
    /// The same with the partition's index (std::int32_t) as the first argument.
    template <typename U = void, typename F>
    auto map_partitions_with_index(F function, Callsite at = Callsite::here()) const {
        using Out = api::FlatOutput<U, F, rdd::Partition, std::span<const T>>;
        return narrow<api::PartitionsOperator<T, Out, F>, Out>("map_partitions_with_index",
                                                               function, false, at);
    }
    /// Each partition as one record.
    Rdd<std::vector<T>> glom(Callsite at = Callsite::here()) const {
        using F = api::Glom<T>;
        return narrow<api::PartitionsOperator<T, std::vector<T>, F>, std::vector<T>>("glom", F{},
                                                                                     false, at);
    }
    /// function(T) -> K: pairs of the key and the record.
    template <typename F>
    auto key_by(F function, Callsite at = Callsite::here()) const {
        return keyed("key_by", std::move(function), at);
    }
    /// function(T) -> K: the records of each key; see group_by_key.
    template <typename F>
    auto group_by(F function, const Partitioning& by = {}, Callsite at = Callsite::here()) const {
        return keyed("group_by", std::move(function), at).group_by_key(by, at);
    }
    /// function(T) -> K: in the order of K, over partitions too. Samples this RDD at once.
    template <typename F>
    Rdd sort_by(F function, bool ascending = true, std::int32_t partitions = 0,
                Callsite at = Callsite::here()) const {
        return keyed("sort_by", std::move(function), at)
            .sort_by_key(ascending, partitions, at)
            .values(at);
    }
    /// Each record once.
    Rdd distinct(std::int32_t partitions = 0, Callsite at = Callsite::here()) const {
        static_assert(api::IsHashable<T>::value, "heddle: the record type of distinct has no hash");
        using Pair = std::pair<T, api::Nothing>;
        return map(api::WithNothing<T>{}, at)
            .reduce_by_key(api::KeepFirst{}, partitions, at)
            .template narrow<api::MapOperator<Pair, T, api::First>, T>("distinct", api::First{},
                                                                       false, at);
    }
    /// The partitions of both, one after the other; nothing is removed.
    Rdd union_(const Rdd& other, Callsite at = Callsite::here()) const {
        return Rdd(api::make_union({node_, other.node_}, at));
    }
    /// What both have, each record once.
    Rdd intersection(const Rdd& other, const Partitioning& by = {},
                     Callsite at = Callsite::here()) const {
        using api::Nothing;
        using F = api::MatchedKeys<T, Nothing, Nothing>;
        return with_nothing(at)
            .cogroup(other.with_nothing(at), by, at)
            .template narrow<
                api::FlatMapOperator<std::pair<T, api::Groups<Nothing, Nothing>>, T, F>, T>(
                "intersection", F{}, false, at);
    }
    /// What `other` does not have; a record as often as it is here.
    Rdd subtract(const Rdd& other, const Partitioning& by = {},
                 Callsite at = Callsite::here()) const {
        return with_nothing(at).subtract_by_key(other.with_nothing(at), by, at).keys(at);
    }
    /// All pairs of a record here and one of `other`: partitions of both multiplied. Each partition
    /// of `other` is computed as often as there are partitions here, so persist what is dear.
    template <typename U>
    Rdd<std::pair<T, U>> cartesian(const Rdd<U>& other, Callsite at = Callsite::here()) const {
        using Out = std::pair<T, U>;
        return Rdd<Out>(api::make_cartesian(
            node_, other.handle(),
            rdd::registered_operator(api::Registered<api::CartesianHead<T, U>>::ordinal,
                                     "cartesian", {}),
            api::record_type<Out>(), at));
    }
    /// The first with the first, the second with the second. Both need equal numbers of partitions,
    /// else UsageError, and of records in each, else the job fails.
    template <typename U>
    Rdd<std::pair<T, U>> zip(const Rdd<U>& other, Callsite at = Callsite::here()) const {
        return zipped<std::pair<T, U>, T, U>("zip", api::ZipRows<T, U>{}, {node_, other.handle()},
                                             at);
    }
    /// function(std::span<const T>, std::span<const U>) -> container, or with an Emit<Out>& at the
    /// end: partition i of this and of one to three others together. They need equal numbers of
    /// partitions; their records may differ in number.
    template <typename U, typename F>
    auto zip_partitions(const Rdd<U>& other, F function, Callsite at = Callsite::here()) const {
        using Out = api::FlatOutput<void, F, std::span<const T>, std::span<const U>>;
        return zipped<Out, T, U>("zip_partitions", std::move(function), {node_, other.handle()},
                                 at);
    }
    template <typename U, typename V, typename F>
    auto zip_partitions(const Rdd<U>& second, const Rdd<V>& third, F function,
                        Callsite at = Callsite::here()) const {
        using Out =
            api::FlatOutput<void, F, std::span<const T>, std::span<const U>, std::span<const V>>;
        return zipped<Out, T, U, V>("zip_partitions", std::move(function),
                                    {node_, second.handle(), third.handle()}, at);
    }
    template <typename U, typename V, typename W, typename F>
    auto zip_partitions(const Rdd<U>& second, const Rdd<V>& third, const Rdd<W>& fourth, F function,
                        Callsite at = Callsite::here()) const {
        using Out = api::FlatOutput<void, F, std::span<const T>, std::span<const U>,
                                    std::span<const V>, std::span<const W>>;
        return zipped<Out, T, U, V, W>("zip_partitions", std::move(function),
                                       {node_, second.handle(), third.handle(), fourth.handle()},
                                       at);
    }
    /// Each record with its position. Counts at once unless there is one partition.
    Rdd<std::pair<T, std::uint64_t>> zip_with_index(Callsite at = Callsite::here()) const {
        using F = api::WithIndex<T>;
        using Out = std::pair<T, std::uint64_t>;
        return api::drawn_in_order(narrow<api::MapOperator<T, Out, F>, Out>(
            "zip_with_index", F{api::run_starts(node_, at)}, false, at));
    }
    /// Each record with a number of its own: k, k + n, k + 2n, ... in partition k of n. No job.
    Rdd<std::pair<T, std::uint64_t>> zip_with_unique_id(Callsite at = Callsite::here()) const {
        using F = api::WithUniqueId<T>;
        using Out = std::pair<T, std::uint64_t>;
        return api::drawn_in_order(narrow<api::MapOperator<T, Out, F>, Out>(
            "zip_with_unique_id", F{static_cast<std::uint64_t>(node_->node.partitions)}, false,
            at));
    }
    /// About `fraction` of the records, each drawn for itself; with replacement a record comes as
    /// often as a Poisson draw of that mean says. The same seed gives the same records.
    Rdd sample(bool with_replacement, double fraction, std::uint64_t seed = 0,
               Callsite at = Callsite::here()) const {
        api::check_fraction("sample", with_replacement, fraction);
        if (with_replacement) {
            using F = api::DrawnOften<T>;
            return api::drawn_in_order(
                narrow<api::FlatMapOperator<T, T, F>, T>("sample", F{fraction, seed}, true, at));
        }
        return drawn("sample", 0, fraction, seed, at);
    }
    /// The records dealt out to one RDD per weight: every record is in exactly one.
    std::vector<Rdd> random_split(const std::vector<double>& weights, std::uint64_t seed = 0,
                                  Callsite at = Callsite::here()) const {
        const std::vector<double> bounds = api::split_bounds(weights);
        std::vector<Rdd> parts;
        for (std::size_t i = 1; i < bounds.size(); ++i) {
            parts.push_back(drawn("random_split", bounds[i - 1], bounds[i], seed, at));
        }
        return parts;
    }
    /// The lines that a program writes when it reads the records as lines: started once per
    /// partition, found by PATH, with these variables beside its executor's. An exit code other
    /// than 0 fails the job, with the end of what it wrote to standard error.
    Rdd<std::string_view> pipe(const std::vector<std::string>& command,
                               const std::map<std::string, std::string>& environment = {},
                               Callsite at = Callsite::here()) const {
        return Rdd<std::string_view>(api::make_pipe(as_text("pipe", at), command, environment, at));
    }
    /// The same, of a command that is cut at white space; no shell sees it.
    template <typename Text>
    requires std::is_convertible_v<const Text&, std::string_view> Rdd<std::string_view> pipe(
        const Text& command, Callsite at = Callsite::here())
    const { return pipe(api::words_of(command), {}, at); }
    /// As input of a barrier stage: barrier().map_partitions(...), whose tasks run all at the same
    /// time and may wait for each other; see barrier.h.
    RddBarrier<T> barrier() const { return RddBarrier<T>(node_); }
    /// The same records dealt out evenly.
    Rdd repartition(std::int32_t partitions, Callsite at = Callsite::here()) const {
        return Rdd(api::make_repartition(node_, partitions, at));
    }
    /// At most `partitions` partitions, each of neighbours here and in their order; nothing moves.
    /// With `shuffle`: repartition, which can also make more of them.
    Rdd coalesce(std::int32_t partitions, bool shuffle = false,
                 Callsite at = Callsite::here()) const {
        return Rdd(shuffle && partitions > 0 ? api::make_repartition(node_, partitions, at)
                                             : api::make_coalesce(node_, partitions, at));
    }

    // ---- actions: they run a job and throw JobFailed ------------------------------------------

    std::vector<Owned<T>> collect(Callsite at = Callsite::here()) const {
        return decoded(run(rdd::builtin_operator(rdd::builtin::kCollect), at));
    }
    std::uint64_t count(Callsite at = Callsite::here()) const { return api::run_count(node_, at); }
    /// function(T, T) -> T, associative. Throws UsageError when there is no record.
    template <typename F>
    Owned<T> reduce(F function, Callsite at = Callsite::here()) const {
        return reduced("reduce", std::move(function), at);
    }
    /// The greatest record by less(T, T) -> bool; of numbers NaN is the greatest. Throws UsageError
    /// when there is none.
    template <typename Less = api::KeyLess>
    Owned<T> max(Less less = {}, Callsite at = Callsite::here()) const {
        api::require_shippable<Less>();
        return reduced("max", api::Greater<T, Less>{std::move(less)}, at);
    }
    template <typename Less = api::KeyLess>
    Owned<T> min(Less less = {}, Callsite at = Callsite::here()) const {
        api::require_shippable<Less>();
        using Reversed = api::Swapped<T, Less>;
        return reduced("min", api::Greater<T, Reversed>{{std::move(less)}}, at);
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
        api::require_shippable<F>();
        using Into = api::ReduceInto<T, F>;
        using Both = api::ReduceBoth<T, F>;
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
        using F = api::WithOne<T>;
        using Out = std::pair<T, std::uint64_t>;
        return narrow<api::MapOperator<T, Out, F>, Out>("count_by_value", F{}, false, at)
            .reduce_by_key(api::AddCounts{}, {}, at)
            .collect_as_map(at);
    }
    /// About how many different records there are, by HyperLogLog: off by `relative_sd` on average.
    std::uint64_t count_approx_distinct(double relative_sd = 0.05,
                                        Callsite at = Callsite::here()) const {
        static_assert(api::IsHashable<T>::value,
                      "heddle: the record type of count_approx_distinct has no hash");
        return api::estimate(aggregated("count_approx_distinct", api::sketch_for(relative_sd),
                                        api::AddToSketch<T>{}, api::MergeSketches{}, at));
    }
    /// The first `limit` records in the order of partitions; reads no more partitions than it
    /// needs.
    std::vector<Owned<T>> take(std::uint64_t limit, Callsite at = Callsite::here()) const {
        std::vector<Owned<T>> records = decoded(api::run_take(node_, limit, at));
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
    template <typename Less = api::KeyLess>
    std::vector<Owned<T>> top(std::uint64_t limit, Less less = {},
                              Callsite at = Callsite::here()) const {
        api::require_shippable<Less>();
        return greatest("top", limit, std::move(less), at);
    }
    /// The `limit` least records, least first.
    template <typename Less = api::KeyLess>
    std::vector<Owned<T>> take_ordered(std::uint64_t limit, Less less = {},
                                       Callsite at = Callsite::here()) const {
        api::require_shippable<Less>();
        return greatest("take_ordered", limit, api::Swapped<T, Less>{std::move(less)}, at);
    }
    /// `count` records drawn at random, in random order; all of them when there are no more and
    /// none may come twice.
    std::vector<Owned<T>> take_sample(bool with_replacement, std::uint64_t count,
                                      std::uint64_t seed = 0,
                                      Callsite at = Callsite::here()) const {
        const std::uint64_t total = count == 0 ? 0 : api::run_count(node_, at);
        if (total == 0) {
            return {};
        }
        const bool all = !with_replacement && count >= total;
        const double fraction = all ? 1 : api::sampling_fraction(with_replacement, count, total);
        Prng prng(seed);
        std::vector<Owned<T>> records = all ? collect(at) : std::vector<Owned<T>>();
        while (!all && records.size() < count) {  // a shortfall is rare
            records = sample(with_replacement, fraction, prng.next(), at).collect(at);
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
    /// reached.
    LocalRecords<T> to_local_iterator(Callsite at = Callsite::here()) const {
        api::require_defined(node_);
        return LocalRecords<T>(node_, at);
    }
    /// Calls function(std::span<const T>) with each partition, in the executors.
    template <typename F>
    void foreach_partition(F function, Callsite at = Callsite::here()) const {
        api::require_shippable<F>();
        using G = api::CallWithPartition<T, F>;
        const auto calls = narrow<api::PartitionsOperator<T, api::Nothing, G>, api::Nothing>(
            "foreach_partition", G{std::move(function)}, false, at);
        api::run_job(calls.handle(), rdd::builtin_operator(rdd::builtin::kDrain), at,
                     "foreach_partition");
    }
    /// Calls the function with each record, in the executors.
    template <typename F>
    void foreach (F function, Callsite at = Callsite::here()) const {
        run(api::operator_ref<api::ForeachAction<T, F>>("foreach", function), at);
    }
    /// Writes a folder of text files, a record per line and a file per partition: complete or not
    /// at all. Throws UsageError when the path exists or its parent does not.
    /// `compression`: of the files, whose names end in its suffix.
    void save_as_text_file(const std::string& path, Compression compression,
                           Callsite at = Callsite::here()) const {
        api::run_save_text(as_text("save_as_text_file", at), "save_as_text_file", path,
                           std::string(fs::suffix_of(compression)), at);
    }
    void save_as_text_file(const std::string& path, Callsite at = Callsite::here()) const {
        save_as_text_file(path, Compression::None, at);
    }
    /// Writes a folder of object files, which Context::object_file<T> reads back: complete or not
    /// at all. Throws as save_as_text_file does.
    void save_as_object_file(const std::string& path, Callsite at = Callsite::here()) const {
        api::run_save_text(api::make_narrow(node_, "save_as_object_file",
                                            rdd::registered_operator(
                                                api::Registered<api::ToObjectsOperator<T>>::ordinal,
                                                "to_objects", {}),
                                            rdd::text_record(), false, at),
                           "save_as_object_file", path, {}, at);
    }

    // ---- actions that do not wait: see future_action.h and approximate.h
    // -------------------------- They write no checkpoints.

    FutureAction<std::uint64_t> count_async(Callsite at = Callsite::here()) const {
        return api::start_action<std::uint64_t>(node_, [node = node_, at](api::AsyncRun& self) {
            std::uint64_t sum = 0;
            for (const rdd::Bytes& answer :
                 self.run(node, rdd::builtin_operator(rdd::builtin::kCount),
                          api::all_partitions(node), at, "count_async")) {
                rdd::ByteReader in(answer);
                sum += in.number<std::uint64_t>();
            }
            return sum;
        });
    }
    FutureAction<std::vector<Owned<T>>> collect_async(Callsite at = Callsite::here()) const {
        return api::start_action<std::vector<Owned<T>>>(
            node_, [node = node_, at](api::AsyncRun& self) {
                return decoded(self.run(node, rdd::builtin_operator(rdd::builtin::kCollect),
                                        api::all_partitions(node), at, "collect_async"));
            });
    }
    FutureAction<std::vector<Owned<T>>> take_async(std::uint64_t limit,
                                                   Callsite at = Callsite::here()) const {
        return api::start_action<std::vector<Owned<T>>>(
            node_, [node = node_, limit, at](api::AsyncRun& self) {
                const auto by = [&](rdd::OperatorRef action,
                                    const std::vector<rdd::Partition>& partitions) {
                    return self.run(node, std::move(action), partitions, at, "take_async");
                };
                std::vector<Owned<T>> records = decoded(api::take_by(node, limit, by));
                if (records.size() > limit) {
                    records.resize(limit);
                }
                return records;
            });
    }
    template <typename F>
    FutureAction<void> foreach_async(F function, Callsite at = Callsite::here()) const {
        return started(api::operator_ref<api::ForeachAction<T, F>>("foreach", function), node_,
                       "foreach_async", at);
    }
    template <typename F>
    FutureAction<void> foreach_partition_async(F function, Callsite at = Callsite::here()) const {
        api::require_shippable<F>();
        using G = api::CallWithPartition<T, F>;
        const auto calls = narrow<api::PartitionsOperator<T, api::Nothing, G>, api::Nothing>(
            "foreach_partition_async", G{std::move(function)}, false, at);
        return started(rdd::builtin_operator(rdd::builtin::kDrain), calls.handle(),
                       "foreach_partition_async", at);
    }
    /// What is known when the time is over, and all of it later.
    PartialResult<BoundedDouble> count_approx(std::chrono::milliseconds timeout,
                                              double confidence = 0.95,
                                              Callsite at = Callsite::here()) const {
        return api::count_approx(node_, timeout, confidence, at);
    }
    /// Records that were not seen yet are not there. All different records of a partition have to
    /// fit in memory.
    PartialResult<std::map<Owned<T>, BoundedDouble>> count_by_value_approx(
        std::chrono::milliseconds timeout, double confidence = 0.95,
        Callsite at = Callsite::here()) const {
        using Counts = std::map<Owned<T>, std::uint64_t>;
        using Fold = api::FoldFrom<Counts, api::CountRecord<T>>;
        using Bounds = std::map<Owned<T>, BoundedDouble>;
        const char* const name = "count_by_value_approx";
        api::check_approximation(name, timeout, confidence);
        return api::approximate<Bounds>(
            node_, name, api::operator_ref<api::FoldAction<T, Fold>>(name, Fold{}), timeout, at,
            Counts{},
            [](Counts& sums, const rdd::Bytes& answer) {
                std::vector<Counts> parts;
                api::decode_records(std::vector<rdd::Bytes>{answer}, parts);
                for (const auto& [value, count] : parts.at(0)) {
                    sums[value] += count;
                }
            },
            [confidence](const Counts& sums, const api::Seen& seen) {
                Bounds bounds;
                for (const auto& [value, count] : sums) {
                    bounds[value] = api::bound_count(count, seen, confidence);
                }
                return bounds;
            });
    }

    // ---- state ---------------------------------------------------------------------------------

    /// Keeps partitions once they are computed. Throws UsageError when the RDD has another level
    /// already, or the level is none that can be kept.
    const Rdd& persist(const StorageLevel& level = MEMORY_ONLY) const {
        api::persist(node_, level);
        return *this;
    }
    const Rdd& cache() const { return persist(MEMORY_ONLY); }
    const Rdd& unpersist(bool blocking = false) const {
        api::unpersist(node_, blocking);
        return *this;
    }
    /// The records go to files below context.set_checkpoint_dir(), after the first job of an action
    /// that computes them and by a job of its own (persist them, or they are computed twice); from
    /// then on they are read from there, whatever executors are lost. Throws UsageError without a
    /// folder.
    void checkpoint() const { api::mark_checkpoint(node_, api::face_of<T>()); }
    /// The records stay in the executors' caches in place of the lineage: quicker than
    /// checkpoint(), and lost with an executor, which then fails the job.
    const Rdd& local_checkpoint() const {
        api::mark_local_checkpoint(node_);
        return *this;
    }
    /// True when the lineage has been cut off.
    bool is_checkpointed() const { return api::is_checkpointed(node_); }
    bool is_locally_checkpointed() const { return api::is_locally_checkpointed(node_); }
    /// For Context::checkpoint_file; nothing while it is not written.
    std::optional<std::string> get_checkpoint_file() const { return api::checkpoint_file(node_); }
    std::int32_t id() const { return node_->node.id.value; }
    const std::string& name() const { return node_->node.name; }
    const Rdd& set_name(std::string name) const {
        node_->node.name = std::move(name);
        return *this;
    }
    /// Throws UsageError when the input cannot be listed.
    std::int32_t get_num_partitions() const {
        api::require_defined(node_);
        return node_->node.partitions;
    }
    StorageLevel get_storage_level() const { return node_->node.storage; }
    std::string to_debug_string() const { return api::debug_string(node_); }
    /// What an action on all partitions would run now: stages with their tasks and what they read,
    /// what is skipped or cached, and about how much data there is. Runs nothing.
    std::string explain() const { return api::explain(node_); }

    const api::NodePtr& handle() const { return node_; }

    /// How the records are dealt out by key, if they are: for other RDDs to be dealt out alike.
    std::optional<Partitioning> partitioner() const {
        const auto& own = node_->node.partitioner;
        return own ? std::optional<Partitioning>(Partitioning(*own)) : std::nullopt;
    }

    template <typename Op, typename Out, typename F>
    Rdd<Out> narrow(std::string_view name, const F& function, bool keeps_partitioner,
                    Callsite at) const {
        return Rdd<Out>(api::make_narrow(node_, name, api::operator_ref<Op>(name, function),
                                         api::record_type<Out>(), keeps_partitioner, at));
    }

    /// One value over all records, from copies of `zero`: what fold and its relatives are made of.
    template <typename U, typename Seq, typename Comb>
    U aggregated(std::string_view name, U zero, Seq seq, Comb comb, Callsite at) const {
        api::require_state<U>();
        api::require_shippable<Seq>();
        using Fold = api::FoldFrom<U, Seq>;
        const auto answers =
            run(api::operator_ref<api::FoldAction<T, Fold>>(name, Fold{zero, std::move(seq)}), at);
        std::vector<U> parts;
        api::decode_records(answers, parts);
        return merged(name, std::move(zero), std::move(parts), comb, at);
    }

private:
    template <typename F>
    auto keyed(std::string_view name, F function, Callsite at) const {
        api::require_shippable<F>();
        using K = std::remove_cvref_t<std::invoke_result_t<F&, const T&>>;
        using G = api::WithKey<T, K, F>;
        using Out = std::pair<K, T>;
        return narrow<api::MapOperator<T, Out, G>, Out>(name, G{std::move(function)}, false, at);
    }
    template <typename Out, typename... Ts, typename F>
    Rdd<Out> zipped(std::string_view name, F function, const std::vector<api::NodePtr>& parents,
                    Callsite at) const {
        using Op = api::PartitionsHead<F, Out, Ts...>;
        return Rdd<Out>(api::make_zipped(parents, name, api::operator_ref<Op>(name, function),
                                         api::record_type<Out>(), at));
    }
    Rdd drawn(std::string_view name, double low, double high, std::uint64_t seed,
              Callsite at) const {
        using F = api::DrawnBetween<T>;
        return api::drawn_in_order(
            narrow<api::FilterOperator<T, F>, T>(name, F{low, high, seed}, true, at));
    }
    template <typename F>
    Owned<T> reduced(std::string_view name, F function, Callsite at) const {
        using Op = api::ReduceAction<T, F>;
        const std::vector<rdd::Bytes> answers = run(api::operator_ref<Op>(name, function), at);
        std::vector<T> parts;  // their views point into the answers
        api::decode_records(answers, parts);
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
            api::throw_user_failure(name, at, api::face_of<T>(), &row);
        }
        return api::to_owned_form(sum);
    }
    template <typename U, typename Comb>
    static U merged(std::string_view name, U sum, std::vector<U> parts, Comb comb, Callsite at) {
        std::size_t i = 0;
        try {
            for (; i < parts.size(); ++i) {
                sum = comb(std::move(sum), parts[i]);
            }
        } catch (...) {
            api::throw_user_failure(name, at, api::face_of<U>(), &parts[i]);
        }
        return sum;
    }
    template <typename U, typename Seq, typename Comb>
    U in_tree(std::string_view name, U zero, Seq seq, Comb comb, int depth, Callsite at) const {
        api::require_state<U>();
        api::require_shippable<Seq>();
        api::require_shippable<Comb>();
        using Fold = api::FoldFrom<U, Seq>;
        using ByGroup = api::KeyByGroup<U>;
        using Keyed = std::pair<std::int32_t, U>;
        Rdd<U> parts =
            narrow<api::FoldOperator<T, Fold>, U>(name, Fold{zero, std::move(seq)}, false, at);
        for (const std::int32_t groups : api::tree_rounds(node_->node.partitions, depth)) {
            parts = parts
                        .template narrow<api::MapOperator<U, Keyed, ByGroup>, Keyed>(
                            name, ByGroup{groups}, false, at)
                        .reduce_by_key(
                            comb, partition_with<std::int32_t>(groups, api::KeyIsPartition{}), at)
                        .values(at);
        }
        std::vector<U> answers;
        api::decode_records(
            api::run_job(parts.handle(), rdd::builtin_operator(rdd::builtin::kCollect), at, name),
            answers);
        return merged(name, std::move(zero), std::move(answers), comb, at);
    }
    template <typename Less>
    std::vector<Owned<T>> greatest(const char* name, std::uint64_t limit, Less less,
                                   Callsite at) const {
        rdd::ByteWriter payload;
        payload.number(limit);
        const rdd::Bytes fields = api::encode_function(less);
        payload.raw(fields.data(), fields.size());
        const std::vector<rdd::Bytes> answers =
            run(rdd::registered_operator(api::Registered<api::TopAction<T, Less>>::ordinal, name,
                                         payload.take()),
                at);
        std::vector<T> records;  // their views point into the answers
        api::decode_records(answers, records);
        try {
            std::stable_sort(records.begin(), records.end(),
                             [&](const T& a, const T& b) { return less(b, a); });
        } catch (...) {
            api::throw_user_failure(name, at, api::face_of<T>(), nullptr);
        }
        if (records.size() > limit) {
            records.resize(limit);
        }
        std::vector<Owned<T>> out;
        for (const T& record : records) {
            out.push_back(api::to_owned_form(record));
        }
        return out;
    }
    api::NodePtr as_text(std::string_view name, Callsite at) const {
        if constexpr (std::is_same_v<T, std::string_view>) {
            return node_;
        } else {
            return api::make_narrow(
                node_, name,
                rdd::registered_operator(api::Registered<api::ToTextOperator<T>>::ordinal,
                                         "to_text", {}),
                rdd::text_record(), false, at);
        }
    }
    Rdd<std::pair<T, api::Nothing>> with_nothing(Callsite at) const {
        return map(api::WithNothing<T>{}, at);
    }
    static FutureAction<void> started(rdd::OperatorRef action, const api::NodePtr& node,
                                      std::string_view name, Callsite at) {
        return api::start_action<void>(node, [node, action, name, at](api::AsyncRun& self) {
            (void)self.run(node, action, api::all_partitions(node), at, name);
        });
    }
    std::vector<rdd::Bytes> run(rdd::OperatorRef action, Callsite at) const {
        return api::run_job(node_, std::move(action), at);
    }
    static std::vector<Owned<T>> decoded(const std::vector<rdd::Bytes>& answers) {
        std::vector<Owned<T>> records;
        std::size_t count = 0;
        for (const rdd::Bytes& answer : answers) {
            count += api::records_in(answer);
        }
        records.reserve(count);
        api::decode_records(answers, records);
        return records;
    }

    api::NodePtr node_;
};

}  // namespace heddle
