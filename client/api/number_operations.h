#pragma once

// What only RDDs of numbers have; Rdd<double> and the like inherit it.

#include <chrono>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "client/api/approximate.h"
#include "client/api/fold.h"
#include "client/api/operations.h"
#include "client/api/stat_counter.h"

namespace heddle::api {

template <typename T>
struct AddToStats {
    StatCounter operator()(StatCounter stats, const T& value) const {
        return stats.merge(static_cast<double>(value));
    }
};
struct MergeStats {
    StatCounter operator()(StatCounter a, const StatCounter& b) const { return a.merge(b); }
};

// Whole numbers are added as the widest of their kind, and never wrap.
template <typename T>
using SumOf =
    std::conditional_t<std::is_floating_point_v<T>, double,
                       std::conditional_t<std::is_signed_v<T>, std::int64_t, std::uint64_t>>;
struct Add {
    template <typename S, typename T>
    S operator()(S sum, const T& value) const {
        if constexpr (std::is_floating_point_v<S>) {
            return sum + static_cast<S>(value);
        } else {
            if (__builtin_add_overflow(sum, static_cast<S>(value), &sum)) {
                throw std::overflow_error("sum: it does not fit in 64 bits; map to double first");
            }
            return sum;
        }
    }
};

template <typename T>
struct CountInBuckets {
    using Parts = std::tuple<std::vector<double>, bool>;
    std::vector<double> edges{};
    bool even = false;
    static auto parts(auto& self) { return std::tie(self.edges, self.even); }
    std::vector<std::uint64_t> operator()(std::vector<std::uint64_t> counts, const T& value) const {
        const std::int64_t bucket = bucket_of(edges, even, static_cast<double>(value));
        if (bucket >= 0) {
            ++counts[static_cast<std::size_t>(bucket)];
        }
        return counts;
    }
};
struct AddEach {
    std::vector<std::uint64_t> operator()(std::vector<std::uint64_t> a,
                                          const std::vector<std::uint64_t>& b) const {
        for (std::size_t i = 0; i < a.size(); ++i) {
            a[i] += b[i];
        }
        return a;
    }
};

template <typename T>
class NumberOperations {};

template <typename T>
requires(std::is_arithmetic_v<T> && !std::is_same_v<T, bool>) class NumberOperations<T> {
public:
    /// Of whole numbers a 64-bit one; a sum that does not fit fails the job.
    SumOf<T> sum(Callsite at = Callsite::here()) const {
        return self().aggregated("sum", SumOf<T>{0}, Add{}, Add{}, at);
    }
    /// Count, mean, variance, extremes: one pass.
    StatCounter stats(Callsite at = Callsite::here()) const {
        return self().aggregated("stats", StatCounter{}, AddToStats<T>{}, MergeStats{}, at);
    }
    double mean(Callsite at = Callsite::here()) const { return stats(at).mean(); }
    double variance(Callsite at = Callsite::here()) const { return stats(at).variance(); }
    double stdev(Callsite at = Callsite::here()) const { return stats(at).stdev(); }
    double sample_variance(Callsite at = Callsite::here()) const {
        return stats(at).sample_variance();
    }
    double sample_stdev(Callsite at = Callsite::here()) const { return stats(at).sample_stdev(); }
    /// Spark's other names of variance and stdev.
    double pop_variance(Callsite at = Callsite::here()) const { return variance(at); }
    double pop_stdev(Callsite at = Callsite::here()) const { return stdev(at); }
    /// What is known of sum and mean when the time is over, and all of it later: approximate.h.
    PartialResult<BoundedDouble> sum_approx(std::chrono::milliseconds timeout,
                                            double confidence = 0.95,
                                            Callsite at = Callsite::here()) const {
        return bounded("sum_approx", bound_sum, timeout, confidence, at);
    }
    PartialResult<BoundedDouble> mean_approx(std::chrono::milliseconds timeout,
                                             double confidence = 0.95,
                                             Callsite at = Callsite::here()) const {
        return bounded("mean_approx", bound_mean, timeout, confidence, at);
    }
    /// So many buckets of equal width between the least and the greatest number; a single one when
    /// they are equal. Throws UsageError when there is none, or one is infinite or NaN.
    Histogram histogram(std::int32_t buckets, Callsite at = Callsite::here()) const {
        return counted(even_edges(stats(at), buckets), true, at);
    }
    /// Buckets between ascending edges, each closed on the left, the last on both sides. Numbers
    /// outside, and NaN, are not counted.
    Histogram histogram(std::vector<double> edges, Callsite at = Callsite::here()) const {
        check_edges(edges);
        return counted(std::move(edges), false, at);
    }

private:
    const Rdd<T>& self() const { return static_cast<const Rdd<T>&>(*this); }
    using Bound = BoundedDouble (*)(const StatCounter&, const Seen&, double);
    PartialResult<BoundedDouble> bounded(const char* name, Bound bound,
                                         std::chrono::milliseconds timeout, double confidence,
                                         Callsite at) const {
        using Fold = FoldFrom<StatCounter, AddToStats<T>>;
        check_approximation(name, timeout, confidence);
        return approximate<BoundedDouble>(
            self().handle(), name, operator_ref<FoldAction<T, Fold>>(name, Fold{}), timeout, at,
            StatCounter{},
            [](StatCounter& sum, const rdd::Bytes& answer) {
                std::vector<StatCounter> parts;
                decode_records(std::vector<rdd::Bytes>{answer}, parts);
                sum.merge(parts.at(0));
            },
            [bound, confidence](const StatCounter& stats, const Seen& seen) {
                return bound(stats, seen, confidence);
            });
    }
    Histogram counted(std::vector<double> edges, bool even, Callsite at) const {
        std::vector<std::uint64_t> zero(edges.size() - 1, 0);
        Histogram out;
        out.counts = self().aggregated("histogram", std::move(zero), CountInBuckets<T>{edges, even},
                                       AddEach{}, at);
        out.edges = std::move(edges);
        return out;
    }
};

}  // namespace heddle::api
