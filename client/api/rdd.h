#pragma once

// Rdd<T>: a data set of T in partitions, computed when an action asks and computed again when parts
// of it are lost. Handles are cheap to copy. Names and semantics are Spark's.
//
// Here: transformations that every Rdd has, and its state. What runs jobs is inherited from
// result_operations.h, save_operations.h and async_operations.h; what only pairs and numbers have
// from pair_operations.h and number_operations.h.
//
// Functions given to these operations run in executors, perhaps on other machines: see function.h
// for what they may be. They must not depend on mutable globals of the driver.

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "client/api/async_operations.h"
#include "client/api/barrier.h"
#include "client/api/checkpoint.h"
#include "client/api/coalesce.h"
#include "client/api/explain.h"
#include "client/api/number_operations.h"
#include "client/api/operations.h"
#include "client/api/pair_operations.h"
#include "client/api/resource_profile.h"
#include "client/api/result_operations.h"
#include "client/api/sampling.h"
#include "client/api/save_operations.h"
#include "client/api/zip.h"

namespace heddle {

using StorageLevel = rdd::StorageLevel;
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

template <typename T>
class Rdd : public api::ResultOperations<T>,
            public api::SaveOperations<T>,
            public api::AsyncOperations<T>,
            public api::PairOperations<T>,
            public api::NumberOperations<T> {
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
    /// The same, and with `preserves_partitioning` true the partitioning by key stays: the program
    /// vouches for it that no key changes. Throws UsageError where keys are of another type.
    template <typename F>
    auto map(F function, bool preserves_partitioning, Callsite at = Callsite::here()) const {
        using Out = std::remove_cvref_t<std::invoke_result_t<F&, const T&>>;
        return narrow<api::MapOperator<T, Out, F>, Out>(
            "map", function, api::keeps_keys<T, Out>("map", preserves_partitioning), at);
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
    /// With `preserves_partitioning` as map has it.
    template <typename U = void, typename F>
    auto map_partitions(F function, bool preserves_partitioning,
                        Callsite at = Callsite::here()) const {
        using Out = api::FlatOutput<U, F, std::span<const T>>;
        return narrow<api::PartitionsOperator<T, Out, F>, Out>(
            "map_partitions", function,
            api::keeps_keys<T, Out>("map_partitions", preserves_partitioning), at);
    }
    /// The same with the partition's index (std::int32_t) as the first argument.
    template <typename U = void, typename F>
    auto map_partitions_with_index(F function, Callsite at = Callsite::here()) const {
        using Out = api::FlatOutput<U, F, rdd::Partition, std::span<const T>>;
        return narrow<api::PartitionsOperator<T, Out, F>, Out>("map_partitions_with_index",
                                                               function, false, at);
    }
    template <typename U = void, typename F>
    auto map_partitions_with_index(F function, bool preserves_partitioning,
                                   Callsite at = Callsite::here()) const {
        using Out = api::FlatOutput<U, F, rdd::Partition, std::span<const T>>;
        return narrow<api::PartitionsOperator<T, Out, F>, Out>(
            "map_partitions_with_index", function,
            api::keeps_keys<T, Out>("map_partitions_with_index", preserves_partitioning), at);
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
        return Rdd<std::string_view>(
            api::make_pipe(api::as_lines<T>(node_, "pipe", at), command, environment, at));
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
    /// At most `partitions` partitions; nothing moves. Each is of partitions that lie on one
    /// machine, where the input says where it lies, else of neighbours; in their order. With
    /// `shuffle`: repartition, which can also make more of them.
    Rdd coalesce(std::int32_t partitions, bool shuffle = false,
                 Callsite at = Callsite::here()) const {
        return Rdd(shuffle && partitions > 0 ? api::make_repartition(node_, partitions, at)
                                             : api::make_coalesce(node_, partitions, at));
    }

    /// The same by the program's own choice: see PartitionCoalescer. Throws UsageError when it
    /// names partitions that are not there, or one twice.
    template <typename F>
    requires std::is_invocable_v < const F&, std::int32_t, const std::vector<PartitionInfo>
    & > Rdd coalesce(std::int32_t partitions, const F& coalescer,
                     Callsite at = Callsite::here()) const {
        api::require_defined(node_);
        return Rdd(api::make_grouped(
            node_, PartitionCoalescer(coalescer)(partitions, this->partitions()), at));
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
    /// Tasks of the stage that computes it need this of their executor. RDDs of one stage may not
    /// wish for different things, else its jobs fail (unless
    /// scheduler.resource.profile_merge_conflicts).
    const Rdd& with_resources(const ResourceProfile& profile) const {
        node_->node.task_cpus = profile.task_cpus();
        return *this;
    }
    ResourceProfile get_resource_profile() const {
        ResourceProfile profile;
        return node_->node.task_cpus > 0 ? profile.task_cpus(node_->node.task_cpus) : profile;
    }
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
    /// Spark's partitions: which there are and where their input lies, as far as it is known.
    std::vector<PartitionInfo> partitions() const {
        api::require_defined(node_);
        std::vector<PartitionInfo> all;
        for (std::vector<std::string>& hosts : api::hosts_of_partitions(node_)) {
            all.push_back({static_cast<std::int32_t>(all.size()), std::move(hosts)});
        }
        return all;
    }
    /// Throws UsageError when there is no such partition.
    std::vector<std::string> preferred_locations(std::int32_t partition) const {
        const std::vector<PartitionInfo> all = partitions();
        if (partition < 0 || static_cast<std::size_t>(partition) >= all.size()) {
            throw UsageError(ErrorCode::InvalidArgument, "preferred_locations: RDD " +
                                                             std::to_string(id()) + " has " +
                                                             std::to_string(all.size()) +
                                                             " partitions, and none with the "
                                                             "number " +
                                                             std::to_string(partition));
        }
        return all[static_cast<std::size_t>(partition)].preferred_locations;
    }
    /// What it is computed from; each RDD once.
    std::vector<RddDependency> dependencies() const { return api::dependencies_of(node_); }
    /// Map output that it and the RDDs above it keep for later jobs is let go of, up to persisted
    /// ones: a later job computes it again.
    void clean_shuffle_dependencies() const { api::clean_shuffles(node_); }
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
    Rdd<std::pair<T, api::Nothing>> with_nothing(Callsite at) const {
        return map(api::WithNothing<T>{}, at);
    }

    api::NodePtr node_;
};

}  // namespace heddle
