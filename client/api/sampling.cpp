// Draws, and how large a sample has to be.
#include "client/api/sampling.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "client/api/errors.h"
#include "client/api/text_form.h"

namespace heddle::api {

namespace {

constexpr int kWarmUp = 10;
constexpr double kLogDomain = 20;  // from this mean on exp(-mean) is too coarse a limit

std::string text_of(double value) {
    std::string text;
    append_number(value, text);
    return text;
}

}  // namespace

void Draws::begin(std::uint64_t seed, rdd::Partition partition) {
    prng_ = Prng(seed ^ static_cast<std::uint64_t>(partition));
    for (int i = 0; i < kWarmUp; ++i) {
        (void)prng_.next();
    }
}

double Draws::uniform() {
    return std::ldexp(static_cast<double>(prng_.next() >> 11), -53);
}

double Draws::exponential(double mean) {
    return -std::log(1.0 - uniform()) / mean;
}

// Knuth's method; see the constant.
std::uint64_t Draws::poisson(double mean) {
    std::uint64_t count = 0;
    if (mean < kLogDomain) {
        const double limit = std::exp(-mean);
        for (double product = uniform(); product > limit; product *= uniform()) {
            ++count;
        }
        return count;
    }
    for (double sum = exponential(mean); sum < 1; sum += exponential(mean)) {
        ++count;
    }
    return count;
}

void check_fraction(std::string_view operation, bool with_replacement, double fraction) {
    if (!(fraction >= 0) || !std::isfinite(fraction)) {
        throw UsageError(ErrorCode::InvalidArgument, std::string(operation) + ": the fraction is " +
                                                         text_of(fraction) +
                                                         "; it has to be a number from 0 on");
    }
    if (!with_replacement && fraction > 1) {
        throw UsageError(ErrorCode::InvalidArgument,
                         std::string(operation) + ": the fraction is " + text_of(fraction) +
                             "; without replacement it has to be from 0 to 1");
    }
}

std::vector<double> split_bounds(const std::vector<double>& weights) {
    double total = 0;
    for (const double weight : weights) {
        if (!(weight >= 0) || !std::isfinite(weight)) {
            throw UsageError(ErrorCode::InvalidArgument,
                             "random_split: a weight is " + text_of(weight) +
                                 "; weights have to be numbers from 0 on");
        }
        total += weight;
    }
    if (!(total > 0)) {
        throw UsageError(ErrorCode::InvalidArgument,
                         "random_split: the sum of the " + std::to_string(weights.size()) +
                             " weights is 0; give at least one above 0");
    }
    std::vector<double> bounds{0};
    double sum = 0;
    for (const double weight : weights) {
        sum += weight;
        bounds.push_back(sum / total);
    }
    return bounds;  // the last is 1: the same additions in the same order
}

double sampling_fraction(bool with_replacement, std::uint64_t wanted, std::uint64_t total) {
    const auto fraction = static_cast<double>(wanted) / static_cast<double>(total);
    if (with_replacement) {
        const double deviations = wanted < 12 ? 9 : 5;
        return std::max(1e-10,
                        fraction + deviations * std::sqrt(fraction / static_cast<double>(total)));
    }
    constexpr double kFailure = 1e-4;
    const double gamma = -std::log(kFailure) / static_cast<double>(total);
    return std::min(
        1.0, std::max(1e-10, fraction + gamma + std::sqrt(gamma * gamma + 2 * gamma * fraction)));
}

}  // namespace heddle::api
