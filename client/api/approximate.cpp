// The estimates of Spark's partial evaluators: counts as what is left of a negative binomial draw,
// means by Student's t, sums as a count times a mean.
#include "client/api/approximate.h"

#include <cmath>
#include <cstdio>
#include <limits>

#include "client/api/errors.h"
#include "client/api/quantiles.h"
#include "common/rdd/builtins.h"

namespace heddle {

std::string BoundedDouble::to_string() const {
    char text[64];
    (void)std::snprintf(text, sizeof(text), "[%.3f, %.3f]", low, high);
    return text;
}

namespace api {

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr std::uint64_t kNormalFrom = 100;  // records; fewer have the wider tails of t

// How many standard deviations on each side hold `confidence` of the draws.
double width(std::uint64_t count, double confidence) {
    const double upper = 1 - (1 - confidence) / 2;
    return count > kNormalFrom ? normal_quantile(upper)
                               : student_quantile(static_cast<double>(count - 1), upper);
}

BoundedDouble around(double mean, double deviation, std::uint64_t count, double confidence) {
    const double reach = deviation == 0 ? 0 : width(count, confidence) * deviation;
    return {mean, confidence, mean - reach, mean + reach};
}

}  // namespace

void check_approximation(std::string_view operation, std::chrono::milliseconds timeout,
                         double confidence) {
    if (!(confidence >= 0 && confidence <= 1)) {
        throw UsageError(ErrorCode::InvalidArgument, std::string(operation) + ": confidence " +
                                                         std::to_string(confidence) +
                                                         " is not between 0 and 1");
    }
    if (timeout.count() < 0) {
        throw UsageError(ErrorCode::InvalidArgument, std::string(operation) + ": the time is " +
                                                         std::to_string(timeout.count()) +
                                                         " ms; it cannot be negative");
    }
}

// `sum` records were seen, each with the chance p: what is left is a negative binomial draw.
BoundedDouble bound_count(std::uint64_t sum, const Seen& seen, double confidence) {
    const auto counted = static_cast<double>(sum);
    if (seen.all()) {
        return {counted, 1, counted, counted};
    }
    if (sum == 0) {
        return {0, 0, 0, kInfinity};
    }
    const double p = seen.fraction();
    const double left = counted * (1 - p) / p;
    const double reach = normal_quantile(1 - (1 - confidence) / 2) * std::sqrt(left / p);
    return {counted + left, confidence, std::floor(counted + std::max(0.0, left - reach)),
            std::ceil(counted + left + reach)};
}

BoundedDouble bound_mean(const StatCounter& stats, const Seen& seen, double confidence) {
    if (seen.all()) {
        return {stats.mean(), 1, stats.mean(), stats.mean()};
    }
    if (stats.count() == 0) {
        return {0, 0, -kInfinity, kInfinity};
    }
    if (stats.count() == 1) {
        return {stats.mean(), confidence, -kInfinity, kInfinity};
    }
    const double deviation =
        std::sqrt(stats.sample_variance() / static_cast<double>(stats.count()));
    return around(stats.mean(), deviation, stats.count(), confidence);
}

BoundedDouble bound_sum(const StatCounter& stats, const Seen& seen, double confidence) {
    if (seen.all()) {
        return {stats.sum(), 1, stats.sum(), stats.sum()};
    }
    if (stats.count() == 0) {
        return {0, 0, -kInfinity, kInfinity};
    }
    const double p = seen.fraction();
    const auto counted = static_cast<double>(stats.count());
    const double count = counted / p;
    const double mean = stats.mean();
    if (stats.count() == 1) {
        return {mean * count, confidence, -kInfinity, kInfinity};
    }
    const double mean_variance = stats.sample_variance() / counted;
    const double count_variance = counted * (1 - p) / (p * p);
    const double variance = mean * mean * count_variance + count * count * mean_variance +
                            mean_variance * count_variance;
    return around(mean * count, std::sqrt(variance), stats.count(), confidence);
}

PartialResult<BoundedDouble> count_approx(const NodePtr& node, std::chrono::milliseconds timeout,
                                          double confidence, Callsite at) {
    check_approximation("count_approx", timeout, confidence);
    return approximate<BoundedDouble>(
        node, "count_approx", rdd::builtin_operator(rdd::builtin::kCount), timeout, at,
        std::uint64_t{0},
        [](std::uint64_t& sum, const rdd::Bytes& answer) {
            rdd::ByteReader in(answer);
            sum += in.number<std::uint64_t>();
        },
        [confidence](std::uint64_t sum, const Seen& seen) {
            return bound_count(sum, seen, confidence);
        });
}

}  // namespace api
}  // namespace heddle
