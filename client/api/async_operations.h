#pragma once

// Actions that do not wait (see future_action.h) and those that answer in time (see approximate.h).
// They write no checkpoints. Every Rdd inherits them.

#include <chrono>
#include <cstdint>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "client/api/actions.h"
#include "client/api/approximate.h"
#include "client/api/fold.h"
#include "client/api/future_action.h"
#include "client/api/operations.h"

namespace heddle::api {

template <typename T>
class AsyncOperations {
public:
    FutureAction<std::uint64_t> count_async(Callsite at = Callsite::here()) const {
        return start_action<std::uint64_t>(handle(), [node = handle(), at](AsyncRun& jobs) {
            std::uint64_t sum = 0;
            for (const rdd::Bytes& answer :
                 jobs.run(node, rdd::builtin_operator(rdd::builtin::kCount), all_partitions(node),
                          at, "count_async")) {
                rdd::ByteReader in(answer);
                sum += in.number<std::uint64_t>();
            }
            return sum;
        });
    }
    FutureAction<std::vector<Owned<T>>> collect_async(Callsite at = Callsite::here()) const {
        return start_action<std::vector<Owned<T>>>(handle(), [node = handle(), at](AsyncRun& jobs) {
            return decoded<T>(jobs.run(node, rdd::builtin_operator(rdd::builtin::kCollect),
                                       all_partitions(node), at, "collect_async"));
        });
    }
    FutureAction<std::vector<Owned<T>>> take_async(std::uint64_t limit,
                                                   Callsite at = Callsite::here()) const {
        return start_action<std::vector<Owned<T>>>(
            handle(), [node = handle(), limit, at](AsyncRun& jobs) {
                const auto by = [&](rdd::OperatorRef action,
                                    const std::vector<rdd::Partition>& partitions) {
                    return jobs.run(node, std::move(action), partitions, at, "take_async");
                };
                std::vector<Owned<T>> records = decoded<T>(take_by(node, limit, by));
                if (records.size() > limit) {
                    records.resize(limit);
                }
                return records;
            });
    }
    template <typename F>
    FutureAction<void> foreach_async(F function, Callsite at = Callsite::here()) const {
        return started(operator_ref<ForeachAction<T, F>>("foreach", function), handle(),
                       "foreach_async", at);
    }
    template <typename F>
    FutureAction<void> foreach_partition_async(F function, Callsite at = Callsite::here()) const {
        require_shippable<F>();
        using G = CallWithPartition<T, F>;
        const auto calls = self().template narrow<PartitionsOperator<T, Nothing, G>, Nothing>(
            "foreach_partition_async", G{std::move(function)}, false, at);
        return started(rdd::builtin_operator(rdd::builtin::kDrain), calls.handle(),
                       "foreach_partition_async", at);
    }
    /// What is known when the time is over, and all of it later.
    PartialResult<BoundedDouble> count_approx(std::chrono::milliseconds timeout,
                                              double confidence = 0.95,
                                              Callsite at = Callsite::here()) const {
        return api::count_approx(handle(), timeout, confidence, at);
    }
    /// Records that were not seen yet are not there. All different records of a partition have to
    /// fit in memory.
    PartialResult<std::map<Owned<T>, BoundedDouble>> count_by_value_approx(
        std::chrono::milliseconds timeout, double confidence = 0.95,
        Callsite at = Callsite::here()) const {
        using Counts = std::map<Owned<T>, std::uint64_t>;
        using Fold = FoldFrom<Counts, CountRecord<T>>;
        using Bounds = std::map<Owned<T>, BoundedDouble>;
        const char* const name = "count_by_value_approx";
        check_approximation(name, timeout, confidence);
        return approximate<Bounds>(
            handle(), name, operator_ref<FoldAction<T, Fold>>(name, Fold{}), timeout, at, Counts{},
            [](Counts& sums, const rdd::Bytes& answer) {
                std::vector<Counts> parts;
                decode_records(std::vector<rdd::Bytes>{answer}, parts);
                for (const auto& [value, count] : parts.at(0)) {
                    sums[value] += count;
                }
            },
            [confidence](const Counts& sums, const Seen& seen) {
                Bounds bounds;
                for (const auto& [value, count] : sums) {
                    bounds[value] = bound_count(count, seen, confidence);
                }
                return bounds;
            });
    }

private:
    const Rdd<T>& self() const { return static_cast<const Rdd<T>&>(*this); }
    const NodePtr& handle() const { return self().handle(); }
    static FutureAction<void> started(rdd::OperatorRef action, const NodePtr& node,
                                      std::string_view name, Callsite at) {
        return start_action<void>(node, [node, action, name, at](AsyncRun& jobs) {
            (void)jobs.run(node, action, all_partitions(node), at, name);
        });
    }
};

}  // namespace heddle::api
