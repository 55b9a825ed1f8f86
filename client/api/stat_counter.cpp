// Running mean and variance, and the buckets of histograms.
#include "client/api/stat_counter.h"

#include <algorithm>
#include <cmath>

#include "client/api/errors.h"
#include "client/api/text_form.h"

namespace heddle {

StatCounter& StatCounter::merge(double value) {
    const double delta = value - mu;
    n += 1;
    mu += delta / static_cast<double>(n);
    m2 += delta * (value - mu);
    greatest = std::max(greatest, value);
    least = std::min(least, value);
    return *this;
}

StatCounter& StatCounter::merge(const StatCounter& other) {
    if (n == 0) {
        return *this = other;
    }
    if (other.n == 0) {
        return *this;
    }
    const auto mine = static_cast<double>(n);
    const auto theirs = static_cast<double>(other.n);
    const double delta = other.mu - mu;
    if (other.n < n / 10) {
        mu += delta * theirs / (mine + theirs);
    } else if (n < other.n / 10) {
        mu = other.mu - delta * mine / (mine + theirs);
    } else {
        mu = (mu * mine + other.mu * theirs) / (mine + theirs);
    }
    m2 += other.m2 + delta * delta * mine * theirs / (mine + theirs);
    n += other.n;
    greatest = std::max(greatest, other.greatest);
    least = std::min(least, other.least);
    return *this;
}

double StatCounter::variance() const {
    return n == 0 ? std::numeric_limits<double>::quiet_NaN() : m2 / static_cast<double>(n);
}

double StatCounter::stdev() const {
    return std::sqrt(variance());
}

double StatCounter::sample_variance() const {
    return n <= 1 ? std::numeric_limits<double>::quiet_NaN() : m2 / static_cast<double>(n - 1);
}

double StatCounter::sample_stdev() const {
    return std::sqrt(sample_variance());
}

std::string StatCounter::to_string() const {
    std::string text = "(count: " + std::to_string(n) + ", mean: ";
    api::append_number(mu, text);
    text += ", stdev: ";
    api::append_number(stdev(), text);
    text += ", max: ";
    api::append_number(greatest, text);
    text += ", min: ";
    api::append_number(least, text);
    return text + ")";
}

namespace api {

std::vector<double> even_edges(const StatCounter& stats, std::int32_t buckets) {
    if (buckets < 1) {
        throw UsageError(
            ErrorCode::InvalidArgument,
            "histogram: the number of buckets is " + std::to_string(buckets) + "; give 1 or more");
    }
    if (!std::isfinite(stats.min()) || !std::isfinite(stats.max()) || !std::isfinite(stats.mu)) {
        throw UsageError(ErrorCode::InvalidArgument,
                         "histogram: the RDD is empty or holds an infinite number or NaN; give the "
                         "edges of the buckets instead");
    }
    if (stats.min() == stats.max()) {
        return {stats.min(), stats.max()};
    }
    std::vector<double> edges;
    for (std::int32_t i = 0; i < buckets; ++i) {
        edges.push_back(stats.min() + (i * (stats.max() - stats.min())) / buckets);
    }
    edges.push_back(stats.max());
    return edges;
}

void check_edges(const std::vector<double>& edges) {
    if (edges.size() < 2) {
        throw UsageError(
            ErrorCode::InvalidArgument,
            "histogram: buckets need two edges or more, not " + std::to_string(edges.size()));
    }
    for (std::size_t i = 1; i < edges.size(); ++i) {
        if (!(edges[i - 1] < edges[i])) {
            std::string text = "histogram: edges ascend, but edge " + std::to_string(i) + " (";
            append_number(edges[i], text);
            text += ") is not greater than the one before (";
            append_number(edges[i - 1], text);
            throw UsageError(ErrorCode::InvalidArgument, text + ")");
        }
    }
}

std::int64_t bucket_of(const std::vector<double>& edges, bool even, double value) {
    if (!(value >= edges.front() && value <= edges.back())) {
        return -1;
    }
    const auto last = static_cast<std::int64_t>(edges.size()) - 2;
    if (even) {
        const double width = (edges.back() - edges.front()) / static_cast<double>(last + 1);
        return width == 0
                   ? 0
                   : std::min(static_cast<std::int64_t>((value - edges.front()) / width), last);
    }
    const auto after = std::upper_bound(edges.begin(), edges.end(), value);
    return std::min(static_cast<std::int64_t>(after - edges.begin()) - 1, last);
}

}  // namespace api
}  // namespace heddle
