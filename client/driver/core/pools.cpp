#include "client/driver/core/pools.h"

#include <algorithm>
#include <tuple>

namespace heddle::driver {
namespace {

bool first_in(const Candidate& a, const Candidate& b) {
    return std::tie(a.job, a.stage) < std::tie(b.job, b.stage);
}

struct Pool {
    std::string_view name;
    PoolRules rules;
    std::int64_t running = 0;

    bool needy() const { return running < rules.share_min; }
};

bool before(const Pool& a, const Pool& b) {
    if (a.needy() != b.needy()) {
        return a.needy();
    }
    // Ratios, compared by cross-multiplication: both are small numbers.
    const std::int64_t part_a = a.needy() ? a.rules.share_min : a.rules.weight;
    const std::int64_t part_b = b.needy() ? b.rules.share_min : b.rules.weight;
    const std::int64_t left = a.running * part_b;
    const std::int64_t right = b.running * part_a;
    return left != right ? left < right : a.name < b.name;
}

}  // namespace

void order_stages(std::vector<Candidate>& candidates, const SchedulingRules& rules,
                  const RunningByPool& running) {
    if (!rules.fair) {
        std::sort(candidates.begin(), candidates.end(), first_in);
        return;
    }
    const auto pool_of = [&](const Candidate& candidate) {
        const auto known = rules.pools.find(candidate.pool);
        const auto busy = running.find(candidate.pool);
        return Pool{candidate.pool, known == rules.pools.end() ? PoolRules{} : known->second,
                    busy == running.end() ? 0 : busy->second};
    };
    std::sort(candidates.begin(), candidates.end(), [&](const Candidate& a, const Candidate& b) {
        if (a.pool != b.pool) {
            return before(pool_of(a), pool_of(b));
        }
        if (pool_of(a).rules.fair && a.running != b.running) {
            return a.running < b.running;
        }
        return first_in(a, b);
    });
}

}  // namespace heddle::driver
