// By bisection of the distribution functions: they are asked for a few times per job.
#include "client/api/quantiles.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

namespace heddle::api {

namespace {

constexpr int kHalvings = 200;
constexpr int kTermsMax = 500;
constexpr double kTiny = 1e-300;

double bisect(double probability, const std::function<double(double)>& distribution) {
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    if (probability <= 0 || probability >= 1) {
        return probability <= 0 ? -kInfinity : kInfinity;
    }
    double low = -1;
    double high = 1;
    while (distribution(low) > probability && std::isfinite(low)) {
        low *= 2;
    }
    while (distribution(high) < probability && std::isfinite(high)) {
        high *= 2;
    }
    for (int i = 0; i < kHalvings && low < high; ++i) {
        const double middle = low + (high - low) / 2;
        (distribution(middle) < probability ? low : high) = middle;
    }
    return low + (high - low) / 2;
}

// The continued fraction of the incomplete beta function, by Lentz's method.
double beta_fraction(double a, double b, double x) {
    const auto safe = [](double value) { return std::abs(value) < kTiny ? kTiny : value; };
    double c = 1;
    double d = 1 / safe(1 - (a + b) * x / (a + 1));
    double value = d;
    for (int i = 1; i <= kTermsMax; ++i) {
        const double m = i;
        const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        d = 1 / safe(1 + even * d);
        c = safe(1 + even / c);
        value *= d * c;
        const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        d = 1 / safe(1 + odd * d);
        c = safe(1 + odd / c);
        value *= d * c;
        if (std::abs(d * c - 1) < 1e-15) {
            break;
        }
    }
    return value;
}

double incomplete_beta(double a, double b, double x) {
    if (x <= 0 || x >= 1) {
        return x <= 0 ? 0 : 1;
    }
    const double front = std::exp(std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b) +
                                  a * std::log(x) + b * std::log1p(-x));
    return x < (a + 1) / (a + b + 2) ? front * beta_fraction(a, b, x) / a
                                     : 1 - front * beta_fraction(b, a, 1 - x) / b;
}

}  // namespace

double normal_quantile(double probability) {
    return bisect(probability, [](double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); });
}

double student_quantile(double degrees, double probability) {
    return bisect(probability, [degrees](double t) {
        const double tail = incomplete_beta(degrees / 2, 0.5, degrees / (degrees + t * t)) / 2;
        return t > 0 ? 1 - tail : tail;
    });
}

}  // namespace heddle::api
