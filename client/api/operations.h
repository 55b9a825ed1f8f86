#pragma once

// What the operations of Rdd<T> have in common: references to operators, answers of tasks, and the
// small functions that operations are composed of.

#include <algorithm>
#include <cstdint>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <vector>

#include "client/api/composed.h"
#include "client/api/errors.h"
#include "client/api/face.h"
#include "client/api/function.h"
#include "client/api/graph.h"
#include "client/api/kernels.h"

namespace heddle {

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

// What a flat_map function makes: the elements of what it returns, or what its Emit takes, which is
// its last argument.
template <typename Argument>
struct EmitTarget {
    static_assert(sizeof(Argument) == 0,
                  "heddle: the last parameter of this function has to be heddle::Emit<Type>&");
};
template <typename Out>
struct EmitTarget<Emit<Out>&> {
    using type = Out;
};
template <typename F>
struct EmittedBy;
template <typename C, typename R, typename... Args>
struct EmittedBy<R (C::*)(Args...) const> {
    using type =
        typename EmitTarget<std::tuple_element_t<sizeof...(Args) - 1, std::tuple<Args...>>>::type;
};
template <typename C, typename R, typename... Args>
struct EmittedBy<R (C::*)(Args...)> : EmittedBy<R (C::*)(Args...) const> {};

template <typename Out, typename F, typename... In>
constexpr auto flat_output() {
    if constexpr (!std::is_void_v<Out>) {
        return std::type_identity<Out>();
    } else if constexpr (std::is_invocable_v<F&, In...>) {
        return std::type_identity<std::remove_cvref_t<decltype(*std::begin(
            std::declval<std::invoke_result_t<F&, In...>&>()))>>();
    } else {
        static_assert(
            requires { &F::operator(); },
            "heddle: flat_map cannot see what this function emits: write the parameter as "
            "heddle::Emit<Type>&, or call flat_map<Type>(...)");
        return std::type_identity<typename EmittedBy<decltype(&F::operator())>::type>();
    }
}
template <typename Out, typename F, typename... In>
using FlatOutput = typename decltype(flat_output<Out, F, In...>())::type;

template <typename T>
struct IsPair : std::false_type {};
template <typename K, typename V>
struct IsPair<std::pair<K, V>> : std::true_type {};

/// `wanted`, unless records of type Out cannot have the keys that T has: throws UsageError.
template <typename T, typename Out>
bool keeps_keys(std::string_view operation, bool wanted) {
    if constexpr (IsPair<T>::value && IsPair<Out>::value) {
        if constexpr (std::is_same_v<typename T::first_type, typename Out::first_type>) {
            return wanted;
        }
    }
    if (wanted) {
        throw UsageError(ErrorCode::InvalidArgument,
                         std::string(operation) +
                             ": preserves_partitioning is for pairs that keep "
                             "their key, and what the function makes has no "
                             "key of the same type");
    }
    return false;
}

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
// Records of "collect" and its like, in one piece.
template <typename T>
std::vector<Owned<T>> decoded(const std::vector<rdd::Bytes>& answers) {
    std::vector<Owned<T>> records;
    std::size_t count = 0;
    for (const rdd::Bytes& answer : answers) {
        count += records_in(answer);
    }
    records.reserve(count);
    decode_records(answers, records);
    return records;
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
struct First {  // of a pair
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
    using Parts = std::tuple<F>;
    F function{};
    static auto parts(auto& self) { return std::tie(self.function); }
    auto operator()(const std::pair<K, V>& record) {
        using Out = std::remove_cvref_t<std::invoke_result_t<F&, const V&>>;
        return std::pair<K, Out>(record.first, function(record.second));
    }
};
template <typename K, typename V, typename Out, typename F>
struct FlatMapSecond {
    using Parts = std::tuple<F>;
    F function{};
    static auto parts(auto& self) { return std::tie(self.function); }
    void operator()(const std::pair<K, V>& record, Emit<std::pair<K, Out>>& emit) {
        for (auto&& value : function(record.second)) {
            emit(record.first, std::move(value));
        }
    }
};
template <typename T, typename K, typename F>
struct WithKey {
    using Parts = std::tuple<F>;
    F function{};
    static auto parts(auto& self) { return std::tie(self.function); }
    std::pair<K, T> operator()(const T& record) { return {function(record), record}; }
};
template <typename T, typename F>
struct CallWithPartition {
    using Parts = std::tuple<F>;
    F function{};
    static auto parts(auto& self) { return std::tie(self.function); }
    void operator()(std::span<const T> rows, Emit<Nothing>&) { function(rows); }
};
template <typename T>
struct Glom {
    void operator()(std::span<const T> rows, Emit<std::vector<T>>& emit) const {
        emit(std::vector<T>(rows.begin(), rows.end()));
    }
};
// zip_with_index: `starts` are the positions of the first records of the partitions.
template <typename T>
struct WithIndex {
    using Parts = std::tuple<std::vector<std::uint64_t>>;
    std::vector<std::uint64_t> starts{};
    std::uint64_t next = 0;
    static auto parts(auto& self) { return std::tie(self.starts); }
    void begin_partition(rdd::Partition partition) {
        next = starts.at(static_cast<std::size_t>(partition));
    }
    std::pair<T, std::uint64_t> operator()(const T& record) { return {record, next++}; }
};
template <typename T>
struct WithUniqueId {
    using Parts = std::tuple<std::uint64_t>;
    std::uint64_t partitions = 1;
    std::uint64_t next = 0;
    static auto parts(auto& self) { return std::tie(self.partitions); }
    void begin_partition(rdd::Partition partition) { next = static_cast<std::uint64_t>(partition); }
    std::pair<T, std::uint64_t> operator()(const T& record) {
        return {record, std::exchange(next, next + partitions)};
    }
};
template <typename T>
struct WithOne {
    std::pair<T, std::uint64_t> operator()(const T& record) const { return {record, 1}; }
};
struct AddCounts {
    std::uint64_t operator()(std::uint64_t a, std::uint64_t b) const { return a + b; }
};
// The order of keys, as sort_by_key has it.
struct KeyLess {
    template <typename T>
    bool operator()(const T& a, const T& b) const {
        return key_less(a, b);
    }
};
template <typename T, typename Less>
struct Swapped {
    using Parts = std::tuple<Less>;
    Less less{};
    static auto parts(auto& self) { return std::tie(self.less); }
    bool operator()(const T& a, const T& b) { return less(b, a); }
};
// The greater of two; the first of equal ones.
template <typename T, typename Less>
struct Greater {
    using Parts = std::tuple<Less>;
    Less less{};
    static auto parts(auto& self) { return std::tie(self.less); }
    T operator()(const T& a, const T& b) { return less(a, b) ? b : a; }
};
template <typename K, typename V>
struct KeyEquals {
    using Parts = std::tuple<K>;
    K key{};
    static auto parts(auto& self) { return std::tie(self.key); }
    bool operator()(const std::pair<K, V>& record) const { return equal_values(record.first, key); }
};
template <typename K, typename V>
struct KeyBetween {
    using Parts = std::tuple<K, K>;
    K low{};
    K high{};
    static auto parts(auto& self) { return std::tie(self.low, self.high); }
    bool operator()(const std::pair<K, V>& record) const {
        return !key_less(record.first, low) && !key_less(high, record.first);
    }
};

// A partitioner of the program's own.
template <typename K, typename F>
class FunctionPartition final : public rdd::KeyPartition {
public:
    explicit FunctionPartition(F function) : function_(std::move(function)) {}
    static rdd::OperatorEntry entry() {
        rdd::OperatorEntry out;
        out.type_name = typeid(FunctionPartition).name();
        out.make_key_partition =
            [](std::string_view payload) -> std::unique_ptr<rdd::KeyPartition> {
            F function{};
            if (!decode_function(payload, function)) {
                return nullptr;
            }
            return std::make_unique<FunctionPartition>(std::move(function));
        };
        return out;
    }
    std::int64_t of(const void* key) override {
        return static_cast<std::int64_t>(function_(*static_cast<const K*>(key)));
    }

private:
    F function_;
};

/// An RDD whose records were chosen or numbered by their position.
template <typename T>
Rdd<T> drawn_in_order(Rdd<T> rdd) {
    depend_on_order(rdd.handle());
    return rdd;
}

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
        return ascending ? key_less(left, right) : key_less(right, left);
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
    out.text(face_of<T>().name);
    out.count(bounds.size());
    for (const Weighted* bound : bounds) {
        encode_value(bound->record, out);
    }
    return out.take();
}

}  // namespace api
}  // namespace heddle

namespace heddle {

/// A partitioning by a function of the program's own: function(const K&) -> the partition, from 0
/// to partitions - 1. The same function with equal fields is an equal partitioning.
template <typename K, typename F>
Partitioning partition_with(std::int32_t partitions, F function) {
    api::require_shippable<F>();
    return Partitioning(api::function_partitioner(
        api::operator_ref<api::FunctionPartition<K, F>>("partitioner", function), partitions));
}

}  // namespace heddle
