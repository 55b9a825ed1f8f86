// Rates between which a sample lies nearly always, as Spark's sampling utilities have them.
#include "client/api/exact_sampling.h"

#include <cmath>

namespace heddle::api {

namespace {

constexpr double kFailure = 1e-4;
constexpr double kLeastRate = 1e-10;

// So many standard deviations of a Poisson variable are hardly ever exceeded.
double deviations(double mean) {
    return mean < 6 ? 12 : mean < 16 ? 9 : 6;
}

}  // namespace

std::uint64_t exact_size(double fraction, std::uint64_t count) {
    return static_cast<std::uint64_t>(std::ceil(fraction * static_cast<double>(count)));
}

ExactRates exact_rates(bool with_replacement, std::uint64_t wanted, std::uint64_t count) {
    const auto n = static_cast<double>(count);
    const auto m = static_cast<double>(wanted);
    if (wanted == 0) {
        return {};
    }
    if (with_replacement) {
        const double spread = deviations(m) * std::sqrt(m);
        return {std::max(0.0, m - spread) / n, (m + spread) / n, 0};
    }
    const double fraction = m / n;
    const double low = -std::log(kFailure) / n * (2.0 / 3.0);
    const double high = -std::log(kFailure) / n;
    return {std::max(0.0, fraction + low - std::sqrt(low * low + 3 * low * fraction)),
            std::min(1.0, std::max(kLeastRate,
                                   fraction + high + std::sqrt(high * high + 2 * high * fraction))),
            0};
}

ExactRates wider(bool with_replacement, const ExactRates& rates) {
    return with_replacement ? ExactRates{0, rates.maybe * 2, 0} : ExactRates{0, 1, 0};
}

std::optional<double> exact_limit(bool with_replacement, const ExactRates& rates,
                                  std::uint64_t wanted, ExactCount seen) {
    if (seen.sure > wanted || seen.sure + seen.waiting.size() < wanted) {
        return std::nullopt;
    }
    const std::size_t more = wanted - seen.sure;
    if (more == 0) {
        return 0;
    }
    if (more == seen.waiting.size()) {
        return with_replacement ? 1 : rates.maybe;
    }
    std::ranges::nth_element(seen.waiting,
                             seen.waiting.begin() + static_cast<std::ptrdiff_t>(more));
    return seen.waiting[more];  // equal draws, once in 2^53, are all out
}

}  // namespace heddle::api
