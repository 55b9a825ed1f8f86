#pragma once

// Random samples that are the same each time: a partition draws from the generator of
// seed ^ partition, after ten draws that are thrown away, one draw (or one Poisson count) per
// record in order. So a sample of a determinate RDD is determinate, and the parts of random_split
// are disjoint and complete.

#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "client/api/codec.h"
#include "client/api/composed.h"
#include "client/api/kernels.h"
#include "common/base/prng.h"
#include "common/rdd/ids.h"

namespace heddle::api {

class Draws {
public:
    void begin(std::uint64_t seed, rdd::Partition partition);
    /// In [0, 1).
    double uniform();
    std::uint64_t poisson(double mean);

private:
    double exponential(double mean);

    Prng prng_{0};
};

/// Throws UsageError: a fraction that is negative or no number, or without replacement above 1.
void check_fraction(std::string_view operation, bool with_replacement, double fraction);
/// 0, then the sums of the normalised weights. Throws UsageError.
std::vector<double> split_bounds(const std::vector<double>& weights);
/// The fraction at which a sample of `wanted` from `total` is too small once in ten thousand times.
double sampling_fraction(bool with_replacement, std::uint64_t wanted, std::uint64_t total);

// Keeps the records whose draw is in [low, high).
template <typename T>
struct DrawnBetween {
    using Parts = std::tuple<double, double, std::uint64_t>;
    double low = 0;
    double high = 0;
    std::uint64_t seed = 0;
    Draws draws{};
    static auto parts(auto& self) { return std::tie(self.low, self.high, self.seed); }
    void begin_partition(rdd::Partition partition) { draws.begin(seed, partition); }
    bool operator()(const T&) {
        const double draw = draws.uniform();
        return low <= draw && draw < high;
    }
};

template <typename T>
struct DrawnOften {
    using Parts = std::tuple<double, std::uint64_t>;
    double mean = 0;
    std::uint64_t seed = 0;
    Draws draws{};
    static auto parts(auto& self) { return std::tie(self.mean, self.seed); }
    void begin_partition(rdd::Partition partition) { draws.begin(seed, partition); }
    void operator()(const T& record, Emit<T>& emit) {
        for (std::uint64_t left = draws.poisson(mean); left > 0; --left) {
            emit(record);
        }
    }
};

template <typename K, typename V>
struct DrawnByKey {
    using Parts = std::tuple<std::map<K, double>, bool, std::uint64_t>;
    std::map<K, double> fractions{};
    bool with_replacement = false;
    std::uint64_t seed = 0;
    Draws draws{};
    static auto parts(auto& self) {
        return std::tie(self.fractions, self.with_replacement, self.seed);
    }
    void begin_partition(rdd::Partition partition) { draws.begin(seed, partition); }
    void operator()(const std::pair<K, V>& record, Emit<std::pair<K, V>>& emit) {
        const auto found = fractions.find(record.first);
        if (found == fractions.end()) {
            std::string key;
            append_text(record.first, true, key);
            throw std::out_of_range("sample_by_key: no fraction was given for key " + key);
        }
        if (with_replacement) {
            for (std::uint64_t left = draws.poisson(found->second); left > 0; --left) {
                emit(record);
            }
        } else if (draws.uniform() < found->second) {
            emit(record);
        }
    }
};

}  // namespace heddle::api
