#pragma once

// Jobs of the program's own making: a function over each of some partitions, whose values come back
// in the order in which the partitions were named. Context::run_job and submit_job.

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "client/api/actions.h"
#include "client/api/future_action.h"
#include "client/api/kernels.h"
#include "client/api/operations.h"
#include "client/api/rdd.h"
#include "client/api/task_context.h"
#include "common/rdd/builtins.h"

namespace heddle::api {

/// What is asked for, or all. Throws UsageError when one is not there.
std::vector<rdd::Partition> wanted_partitions(
    const NodePtr& root, std::string_view operation,
    const std::optional<std::vector<std::int32_t>>& partitions);
/// Each once, in order: a job computes no partition twice.
std::vector<rdd::Partition> each_once(std::vector<rdd::Partition> partitions);
/// Throws UsageError.
void require_session(const NodePtr& root, const Session& session, std::string_view operation);

// function(TaskContext, rows), or function(rows).
template <typename T, typename F>
auto call_on_partition(F& function, std::span<const T> rows) {
    if constexpr (std::is_invocable_v<F&, TaskContext, std::span<const T>>) {
        return function(TaskContext::get(), rows);
    } else {
        static_assert(std::is_invocable_v<F&, std::span<const T>>,
                      "heddle: run_job calls function(std::span<const T>) or "
                      "function(TaskContext, std::span<const T>)");
        return function(rows);
    }
}
template <typename T, typename F>
using PartitionValue = std::remove_cvref_t<decltype(call_on_partition<T, F>(
    std::declval<F&>(), std::declval<std::span<const T>>()))>;

template <typename U>
struct JobValuesOf {
    using type = std::vector<Owned<U>>;
};
template <>
struct JobValuesOf<void> {
    using type = void;
};
template <typename U>
using JobValues = typename JobValuesOf<U>::type;

template <typename T, typename F>
struct ValueOfPartition {
    using Parts = std::tuple<F>;
    F function{};
    static auto parts(auto& self) { return std::tie(self.function); }
    template <typename U>
    void operator()(std::span<const T> rows, Emit<U>& emit) {
        emit(call_on_partition<T, F>(function, rows));
    }
};
template <typename T, typename F>
struct CallOnPartition {
    using Parts = std::tuple<F>;
    F function{};
    static auto parts(auto& self) { return std::tie(self.function); }
    void operator()(std::span<const T> rows, Emit<Nothing>&) {
        call_on_partition<T, F>(function, rows);
    }
};

// `run`: what runs an action on partitions of a node and answers for each.
template <typename T, typename F, typename Run>
auto values_of_partitions(const Rdd<T>& rdd, F function, std::vector<rdd::Partition> wanted,
                          std::string_view name, Callsite at, const Run& run) {
    require_shippable<F>();
    using U = PartitionValue<T, F>;
    const std::vector<rdd::Partition> once = each_once(wanted);
    if constexpr (std::is_void_v<U>) {
        using G = CallOnPartition<T, F>;
        const Rdd<Nothing> calls = rdd.template narrow<PartitionsOperator<T, Nothing, G>, Nothing>(
            name, G{std::move(function)}, false, at);
        (void)run(calls.handle(), rdd::builtin_operator(rdd::builtin::kDrain), once);
    } else {
        static_assert(IsRecord<U>::value,
                      "heddle: what the function of run_job gives has to be a record; specialise "
                      "heddle::Codec for it");
        using G = ValueOfPartition<T, F>;
        const Rdd<U> values = rdd.template narrow<PartitionsOperator<T, U, G>, U>(
            name, G{std::move(function)}, false, at);
        const std::vector<Owned<U>> answers =
            decoded<U>(run(values.handle(), rdd::builtin_operator(rdd::builtin::kCollect), once));
        std::map<rdd::Partition, std::size_t> place;
        for (std::size_t i = 0; i < once.size(); ++i) {
            place[once[i]] = i;
        }
        std::vector<Owned<U>> out;
        for (const rdd::Partition partition : wanted) {
            out.push_back(answers.at(place.at(partition)));
        }
        return out;
    }
}

}  // namespace heddle::api
