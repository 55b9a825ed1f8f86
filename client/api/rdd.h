#pragma once

// Rdd<T>: a data set of T in partitions, computed when an action asks and computed again when parts
// of it are lost. Handles are cheap to copy. Names and semantics are Spark's.
//
// Functions given to these operations run in executors, perhaps on other machines: see function.h
// for what they may be. They must not depend on mutable globals of the driver.

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "client/api/actions.h"
#include "client/api/checkpoint.h"
#include "client/api/combine.h"
#include "client/api/errors.h"
#include "client/api/face.h"
#include "client/api/function.h"
#include "client/api/graph.h"
#include "client/api/join.h"
#include "client/api/kernels.h"

namespace heddle {

using StorageLevel = rdd::StorageLevel;
inline constexpr StorageLevel MEMORY_ONLY = rdd::kMemoryOnly;
inline constexpr StorageLevel MEMORY_AND_DISK = rdd::kMemoryAndDisk;

template <typename T>
class Rdd;

namespace api {

/// The reference to a registered operator with this function's fields.
template <typename Op, typename F>
rdd::OperatorRef operator_ref(std::string_view name, const F& function) {
    require_shippable<F>();
    return rdd::registered_operator(Registered<Op>::ordinal, std::string(name),
                                    encode_function(function));
}

// What a flat_map function makes: the elements of what it returns, or what its Emit takes.
template <typename F>
struct EmittedBy;
template <typename C, typename R, typename In, typename Out>
struct EmittedBy<R (C::*)(In, Emit<Out>&) const> {
    using type = Out;
};
template <typename C, typename R, typename In, typename Out>
struct EmittedBy<R (C::*)(In, Emit<Out>&)> {
    using type = Out;
};

template <typename In, typename Out, typename F>
constexpr auto flat_output() {
    if constexpr (!std::is_void_v<Out>) {
        return std::type_identity<Out>();
    } else if constexpr (std::is_invocable_v<F&, In>) {
        return std::type_identity<std::remove_cvref_t<decltype(*std::begin(
            std::declval<std::invoke_result_t<F&, In>&>()))>>();
    } else {
        static_assert(
            requires { &F::operator(); },
            "heddle: flat_map cannot see what this function emits: write the parameter as "
            "heddle::Emit<Type>&, or call flat_map<Type>(...)");
        return std::type_identity<typename EmittedBy<decltype(&F::operator())>::type>();
    }
}
template <typename In, typename Out, typename F>
using FlatOutput = typename decltype(flat_output<In, Out, F>())::type;

/// The records of answers in the form of "collect".
template <typename R>
void decode_records(const std::vector<rdd::Bytes>& answers, std::vector<R>& out) {
    for (const rdd::Bytes& answer : answers) {
        rdd::ByteReader in(answer);
        const std::size_t count = in.count_of(0);
        for (std::size_t i = 0; i < count && !in.failed(); ++i) {
            if constexpr (std::is_same_v<R, bool>) {  // bits have no address to decode to
                bool record = false;
                decode_value(in, record);
                out.push_back(record);
            } else {
                decode_value(in, out.emplace_back());
            }
        }
        if (const Status status = in.status("the answer of a task"); !status) {
            throw JobFailed(status.error().code, status.error().message, -1, std::nullopt);
        }
    }
}

/// The same record with its views copied into strings.
template <typename T>
Owned<T> to_owned_form(const T& value) {
    if constexpr (std::is_same_v<T, Owned<T>>) {
        return value;
    } else {  // the bytes of both forms are the same
        rdd::ByteWriter bytes;
        encode_value(value, bytes);
        rdd::ByteReader in(bytes.view());
        Owned<T> out{};
        decode_value(in, out);
        return out;
    }
}

// distinct is reduce_by_key with nothing to reduce.
struct Nothing {};
struct KeepFirst {
    Nothing operator()(Nothing a, Nothing) const { return a; }
};
template <typename T>
struct WithNothing {
    std::pair<T, Nothing> operator()(const T& record) const { return {record, Nothing{}}; }
};
struct First {
    template <typename K, typename V>
    K operator()(const std::pair<K, V>& record) const {
        return record.first;
    }
};
struct Second {
    template <typename K, typename V>
    V operator()(const std::pair<K, V>& record) const {
        return record.second;
    }
};
template <typename K, typename V, typename F>
struct MapSecond {
    F function{};
    auto operator()(const std::pair<K, V>& record) {
        using Out = std::remove_cvref_t<std::invoke_result_t<F&, const V&>>;
        return std::pair<K, Out>(record.first, function(record.second));
    }
};

}  // namespace api

// A member that is a lambda has no name that reflection could use; its own fields have.
template <typename K, typename V, typename F>
struct Codec<api::MapSecond<K, V, F>> {
    using Function = api::MapSecond<K, V, F>;
    static void encode(const Function& value, rdd::ByteWriter& out) {
        api::encode_value(value.function, out);
    }
    static void decode(rdd::ByteReader& in, Function& out) { api::decode_value(in, out.function); }
};

namespace api {

// Bounds for sort_by_key from samples: each answer is the number of records seen, then "collect".
// A record stands for as many as its partition has per sample, so that partitions of different size
// count by their size.
template <typename T>
rdd::Bytes choose_bounds(const std::vector<rdd::Bytes>& samples, std::int32_t partitions,
                         bool ascending) {
    struct Weighted {
        T record;
        double weight;
    };
    std::vector<Weighted> all;
    double total = 0;
    for (const rdd::Bytes& sample : samples) {
        rdd::ByteReader in(sample);
        const auto seen = static_cast<double>(in.number<std::uint64_t>());
        const std::size_t count = in.count_of(0);
        for (std::size_t i = 0; i < count && !in.failed(); ++i) {
            Weighted entry{T{}, seen / static_cast<double>(count)};
            decode_value(in, entry.record);
            total += entry.weight;
            all.push_back(std::move(entry));
        }
    }
    const auto before = [ascending](const Weighted& a, const Weighted& b) {
        const auto& left = KeyOf<T>::get(a.record);
        const auto& right = KeyOf<T>::get(b.record);
        return ascending ? left < right : right < left;
    };
    std::stable_sort(all.begin(), all.end(), before);
    std::vector<const Weighted*> bounds;
    double sum = 0;
    for (const Weighted& entry : all) {
        sum += entry.weight;
        const double target = total * static_cast<double>(bounds.size() + 1) / partitions;
        const bool room = bounds.size() + 1 < static_cast<std::size_t>(partitions);
        if (room && sum >= target && (bounds.empty() || before(*bounds.back(), entry))) {
            bounds.push_back(&entry);
        }
    }
    rdd::ByteWriter out;
    out.count(bounds.size());
    for (const Weighted* bound : bounds) {
        encode_value(bound->record, out);
    }
    return out.take();
}

// What only RDDs of pairs have; Rdd<std::pair<K, V>> inherits it.
template <typename T>
class PairOperations {};

template <typename K, typename V>
class PairOperations<std::pair<K, V>> {
public:
    /// Combines the values of each key with `function(V, V) -> V`, which must be associative; first
    /// within each partition, then across. `partitions` 0: as many as this RDD has.
    template <typename F>
    Rdd<std::pair<K, V>> reduce_by_key(F function, std::int32_t partitions = 0,
                                       Callsite at = Callsite::here()) const {
        static_assert(IsHashable<K>::value, "heddle: the key type of reduce_by_key has no hash");
        using Op = CombineOperator<K, V, F>;
        return Rdd<std::pair<K, V>>(make_combine(self().handle(), "reduce_by_key",
                                                 operator_ref<Op>("reduce_by_key", function),
                                                 record_type<std::pair<K, V>>(), partitions, at));
    }
    /// All pairs of values of equal keys. Parents that are partitioned alike are not shuffled
    /// again.
    template <typename W>
    Rdd<std::pair<K, std::pair<V, W>>> join(const Rdd<std::pair<K, W>>& other,
                                            std::int32_t partitions = 0,
                                            Callsite at = Callsite::here()) const {
        static_assert(IsHashable<K>::value, "heddle: the key type of join has no hash");
        using Out = std::pair<K, std::pair<V, W>>;
        return Rdd<Out>(
            make_join(self().handle(), other.handle(),
                      rdd::registered_operator(Registered<JoinHead<K, V, W>>::ordinal, "join", {}),
                      record_type<Out>(), partitions, at));
    }
    /// Records in the order of their keys, over partitions too. Samples this RDD at once.
    Rdd<std::pair<K, V>> sort_by_key(bool ascending = true, std::int32_t partitions = 0,
                                     Callsite at = Callsite::here()) const {
        static_assert(Ordered<K>, "heddle: the key type of sort_by_key has no operator<");
        const auto bounds = [ascending](const std::vector<rdd::Bytes>& samples,
                                        std::int32_t count) {
            return choose_bounds<std::pair<K, V>>(samples, count, ascending);
        };
        return Rdd<std::pair<K, V>>(make_sort(self().handle(), ascending, partitions, bounds, at));
    }
    /// function(V) -> W on each value; keys and their partitioning stay.
    template <typename F>
    auto map_values(F function, Callsite at = Callsite::here()) const {
        require_shippable<F>();
        using W = std::remove_cvref_t<std::invoke_result_t<F&, const V&>>;
        using In = std::pair<K, V>;
        using Out = std::pair<K, W>;
        using G = MapSecond<K, V, F>;
        return Rdd<Out>(make_narrow(
            self().handle(), "map_values",
            rdd::registered_operator(Registered<MapOperator<In, Out, G>>::ordinal, "map_values",
                                     encode_function(G{std::move(function)})),
            record_type<Out>(), true, at));
    }
    Rdd<K> keys(Callsite at = Callsite::here()) const { return self().map(First{}, at); }
    Rdd<V> values(Callsite at = Callsite::here()) const { return self().map(Second{}, at); }

private:
    const Rdd<std::pair<K, V>>& self() const {
        return static_cast<const Rdd<std::pair<K, V>>&>(*this);
    }
};

}  // namespace api

template <typename T>
class Rdd : public api::PairOperations<T> {
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
        using Out = api::FlatOutput<const T&, U, F>;
        return narrow<api::FlatMapOperator<T, Out, F>, Out>("flat_map", function, false, at);
    }
    /// function(std::span<const T>) -> container of U, or function(std::span<const T>, Emit<U>&):
    /// sees all records of a partition at once.
    template <typename U = void, typename F>
    auto map_partitions(F function, Callsite at = Callsite::here()) const {
        using Out = api::FlatOutput<std::span<const T>, U, F>;
        return narrow<api::PartitionsOperator<T, Out, F>, Out>("map_partitions", function, false,
                                                               at);
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
    /// The same records dealt out evenly.
    Rdd repartition(std::int32_t partitions, Callsite at = Callsite::here()) const {
        return Rdd(api::make_repartition(node_, partitions, at));
    }

    // ---- actions: they run a job and throw JobFailed ------------------------------------------

    std::vector<Owned<T>> collect(Callsite at = Callsite::here()) const {
        return decoded(run(rdd::builtin_operator(rdd::builtin::kCollect), at));
    }
    std::uint64_t count(Callsite at = Callsite::here()) const { return api::run_count(node_, at); }
    /// function(T, T) -> T, associative. Throws UsageError when there is no record.
    template <typename F>
    Owned<T> reduce(F function, Callsite at = Callsite::here()) const {
        using Op = api::ReduceAction<T, F>;
        const std::vector<rdd::Bytes> answers = run(api::operator_ref<Op>("reduce", function), at);
        std::vector<T> parts;  // their views point into the answers
        api::decode_records(answers, parts);
        if (parts.empty()) {
            throw UsageError(ErrorCode::NotFound, "reduce: the RDD is empty");
        }
        T sum = std::move(parts.front());
        std::size_t i = 1;
        try {
            for (; i < parts.size(); ++i) {
                sum = function(std::move(sum), parts[i]);
            }
        } catch (...) {
            const T row = parts[i];
            api::throw_user_failure("reduce", at, api::face_of<T>(), &row);
        }
        return api::to_owned_form(sum);
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
    template <typename Less = std::less<T>>
    std::vector<Owned<T>> top(std::uint64_t limit, Less less = {},
                              Callsite at = Callsite::here()) const {
        api::require_shippable<Less>();
        rdd::ByteWriter payload;
        payload.number(limit);
        const rdd::Bytes fields = api::encode_function(less);
        payload.raw(fields.data(), fields.size());
        const std::vector<rdd::Bytes> answers =
            run(rdd::registered_operator(api::Registered<api::TopAction<T, Less>>::ordinal, "top",
                                         payload.take()),
                at);
        std::vector<T> records;  // their views point into the answers
        api::decode_records(answers, records);
        try {
            std::stable_sort(records.begin(), records.end(),
                             [&](const T& a, const T& b) { return less(b, a); });
        } catch (...) {
            api::throw_user_failure("top", at, api::face_of<T>(), nullptr);
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
    /// Calls the function with each record, in the executors.
    template <typename F>
    void foreach (F function, Callsite at = Callsite::here()) const {
        run(api::operator_ref<api::ForeachAction<T, F>>("foreach", function), at);
    }
    /// Writes a folder of text files, a record per line and a file per partition: complete or not
    /// at all. Throws UsageError when the path exists or its parent does not.
    void save_as_text_file(const std::string& path, Callsite at = Callsite::here()) const {
        if constexpr (std::is_same_v<T, std::string_view>) {
            api::run_save_text(node_, path, at);
        } else {
            api::run_save_text(
                api::make_narrow(
                    node_, "save_as_text_file",
                    rdd::registered_operator(api::Registered<api::ToTextOperator<T>>::ordinal,
                                             "to_text", {}),
                    rdd::text_record(), false, at),
                path, at);
        }
    }

    // ---- state ---------------------------------------------------------------------------------

    /// Keeps partitions once they are computed.
    const Rdd& persist(const StorageLevel& level = MEMORY_ONLY) const {
        api::persist(node_, level);
        return *this;
    }
    const Rdd& cache() const { return persist(MEMORY_ONLY); }
    const Rdd& unpersist(bool blocking = false) const {
        api::unpersist(node_, blocking);
        return *this;
    }
    /// The records go to files below context.set_checkpoint_dir(), after the first job that
    /// computes them and by a job of its own (persist them, or they are computed twice); from then
    /// on they are read from there, whatever executors are lost. Throws UsageError without a
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

    const api::NodePtr& handle() const { return node_; }

    template <typename Op, typename Out, typename F>
    Rdd<Out> narrow(std::string_view name, const F& function, bool keeps_partitioner,
                    Callsite at) const {
        return Rdd<Out>(api::make_narrow(node_, name, api::operator_ref<Op>(name, function),
                                         api::record_type<Out>(), keeps_partitioner, at));
    }

private:
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
