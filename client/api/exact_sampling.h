#pragma once

// sample_by_key_exact: as many records of each key as its fraction says, to the record. A first job
// counts the keys; a second one draws: some records are taken for sure, some wait, and the waiting
// ones with the least draws fill up what is missing. The sample draws the same numbers again.

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "client/api/codec.h"
#include "client/api/kernels.h"
#include "client/api/sampling.h"
#include "common/rdd/ids.h"

namespace heddle::api {

// Of one key. Without replacement draws below `sure` are taken and draws below `maybe` wait; with
// it these are the means of how often a record is taken, and taken or waits. What waits is taken
// when its draw is below `limit`. A record: numbers only.
struct ExactRates {
    double sure = 0;
    double maybe = 0;
    double limit = 0;
};

// What a job over the draws saw of one key.
struct ExactCount {
    std::uint64_t sure = 0;
    std::vector<double> waiting{};  // their draws
};

/// The size of the sample: the fraction of the count, rounded up.
std::uint64_t exact_size(double fraction, std::uint64_t count);
/// With which the sample is nearly always between what is sure and what may be.
ExactRates exact_rates(bool with_replacement, std::uint64_t wanted, std::uint64_t count);
/// For another try, after they were not.
ExactRates wider(bool with_replacement, const ExactRates& rates);
/// The limit with which exactly `wanted` are taken; nothing: there is none.
std::optional<double> exact_limit(bool with_replacement, const ExactRates& rates,
                                  std::uint64_t wanted, ExactCount seen);

template <typename K>
using ExactPlan = std::map<Owned<K>, ExactRates>;

// The draws of one record after another.
template <typename K>
struct ExactDraws {
    ExactPlan<K> plan{};
    bool with_replacement = false;
    std::uint64_t seed = 0;
    Draws draws{};

    /// Calls sure(how often) once, and waits(draw, rates) for each that waits.
    template <typename Sure, typename Waits>
    void draw(const K& key, const Sure& sure, const Waits& waits) {
        const ExactRates& rates = plan.at(to_owned_form(key));
        if (with_replacement) {
            sure(draws.poisson(rates.sure));
            for (std::uint64_t left = draws.poisson(rates.maybe - rates.sure); left > 0; --left) {
                waits(draws.uniform(), rates);
            }
            return;
        }
        const double drawn = draws.uniform();
        sure(drawn < rates.sure ? 1U : 0U);
        if (drawn >= rates.sure && drawn < rates.maybe) {
            waits(drawn, rates);
        }
    }
};

// How often a record is taken for sure, and the draws with which it waits.
template <typename K, typename V>
struct SurveyDraws {
    using Parts = std::tuple<ExactPlan<K>, bool, std::uint64_t>;
    using Seen = std::pair<K, std::pair<std::uint64_t, std::vector<double>>>;
    ExactDraws<K> exact{};
    static auto parts(auto& self) {
        return std::tie(self.exact.plan, self.exact.with_replacement, self.exact.seed);
    }
    void begin_partition(rdd::Partition partition) { exact.draws.begin(exact.seed, partition); }
    Seen operator()(const std::pair<K, V>& record) {
        Seen seen{record.first, {0, {}}};
        exact.draw(
            record.first, [&](std::uint64_t times) { seen.second.first = times; },
            [&](double drawn, const ExactRates&) { seen.second.second.push_back(drawn); });
        return seen;
    }
};
struct AddSurveys {
    using Seen = std::pair<std::uint64_t, std::vector<double>>;
    Seen operator()(Seen a, const Seen& b) const {
        a.first += b.first;
        a.second.insert(a.second.end(), b.second.begin(), b.second.end());
        return a;
    }
};

template <typename K, typename V>
struct DrawnExactly {
    using Parts = std::tuple<ExactPlan<K>, bool, std::uint64_t>;
    ExactDraws<K> exact{};
    static auto parts(auto& self) {
        return std::tie(self.exact.plan, self.exact.with_replacement, self.exact.seed);
    }
    void begin_partition(rdd::Partition partition) { exact.draws.begin(exact.seed, partition); }
    void operator()(const std::pair<K, V>& record, Emit<std::pair<K, V>>& emit) {
        std::uint64_t times = 0;
        exact.draw(
            record.first, [&](std::uint64_t sure) { times += sure; },
            [&](double drawn, const ExactRates& rates) { times += drawn < rates.limit ? 1 : 0; });
        for (; times > 0; --times) {
            emit(record);
        }
    }
};

}  // namespace heddle::api
