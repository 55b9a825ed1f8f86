// After Flajolet, Fusy, Gandouet and Meunier (2007), with linear counting for small numbers.
#include "client/api/hyper_log_log.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "client/api/errors.h"
#include "client/api/text_form.h"
#include "common/rdd/hash.h"

namespace heddle::api {

namespace {

constexpr double kLeastDeviation = 0.000017;
constexpr double kGreatestDeviation = 0.4;
constexpr int kLeastPrecision = 4;
constexpr int kGreatestPrecision = 32;

}  // namespace

Registers sketch_for(double relative_sd) {
    if (!(relative_sd >= kLeastDeviation && relative_sd < kGreatestDeviation)) {
        std::string found;
        append_number(relative_sd, found);
        throw UsageError(ErrorCode::InvalidArgument,
                         "count_approx_distinct: the relative standard deviation is " + found +
                             "; it has to be at least 0.000017 and below 0.4, as 0.05");
    }
    // The deviation is 1.054 / sqrt(registers) at this size of registers, as Spark takes it.
    const int precision =
        std::clamp(static_cast<int>(std::ceil(2.0 * std::log2(1.054 / relative_sd))),
                   kLeastPrecision, kGreatestPrecision);
    return Registers(std::size_t{1} << precision, 0);
}

void add_hash(Registers& registers, std::uint64_t hash) {
    const int precision = std::countr_zero(registers.size());
    const std::uint64_t mixed = rdd::hash_number(hash);  // a user's own hash may be poor
    const auto index = static_cast<std::size_t>(mixed >> (64 - precision));
    const std::uint64_t rest = (mixed << precision) | (std::uint64_t{1} << (precision - 1));
    const auto rank = static_cast<std::uint8_t>(std::countl_zero(rest) + 1);
    registers[index] = std::max(registers[index], rank);
}

void merge_sketch(Registers& registers, const Registers& other) {
    for (std::size_t i = 0; i < registers.size() && i < other.size(); ++i) {
        registers[i] = std::max(registers[i], other[i]);
    }
}

std::uint64_t estimate(const Registers& registers) {
    const auto m = static_cast<double>(registers.size());
    double sum = 0;
    std::size_t zeros = 0;
    for (const std::uint8_t rank : registers) {
        sum += std::ldexp(1.0, -static_cast<int>(rank));
        zeros += rank == 0 ? 1 : 0;
    }
    const double alpha = registers.size() == 16   ? 0.673
                         : registers.size() == 32 ? 0.697
                         : registers.size() == 64 ? 0.709
                                                  : 0.7213 / (1 + 1.079 / m);
    double found = alpha * m * m / sum;
    if (found <= 2.5 * m && zeros != 0) {
        found = m * std::log(m / static_cast<double>(zeros));
    }
    return static_cast<std::uint64_t>(std::llround(found));
}

}  // namespace heddle::api
