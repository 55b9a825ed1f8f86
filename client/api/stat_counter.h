#pragma once

// Count, mean, variance and extremes of numbers, merged from parts as Spark's StatCounter does: the
// running mean and the sum of squared differences from it, which stays exact where the sum of
// squares would lose everything to rounding.

#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace heddle {

struct StatCounter {
    std::uint64_t n = 0;
    double mu = 0;
    double m2 = 0;  // sum of (x - mu)^2
    double least = std::numeric_limits<double>::infinity();
    double greatest = -std::numeric_limits<double>::infinity();

    StatCounter& merge(double value);
    StatCounter& merge(const StatCounter& other);

    std::uint64_t count() const { return n; }
    double mean() const { return mu; }
    double sum() const { return static_cast<double>(n) * mu; }
    /// Infinite when there was nothing, as in Spark.
    double min() const { return least; }
    double max() const { return greatest; }
    /// Of the whole population: divided by n. NaN when there was nothing.
    double variance() const;
    double stdev() const;
    /// Of a sample: divided by n - 1. NaN below two.
    double sample_variance() const;
    double sample_stdev() const;
    /// "(count: 3, mean: 2.0, stdev: 0.8, max: 3.0, min: 1.0)", in the order of Spark.
    std::string to_string() const;
};

// What histogram(buckets) gives back: `edges` has one more than `counts`. The last bucket is closed
// on both sides, the others on the left.
struct Histogram {
    std::vector<double> edges;
    std::vector<std::uint64_t> counts;
};

namespace api {

/// Edges of `buckets` equal parts of what `stats` saw; one bucket when all are equal. Throws
/// UsageError when buckets < 1, nothing was there, or something was infinite or NaN.
std::vector<double> even_edges(const StatCounter& stats, std::int32_t buckets);
/// Throws UsageError unless there are two edges or more, each greater than the one before.
void check_edges(const std::vector<double>& edges);
/// The bucket of a value; -1 when it is in none, as NaN is. `even`: of even_edges().
std::int64_t bucket_of(const std::vector<double>& edges, bool even, double value);

}  // namespace api
}  // namespace heddle
