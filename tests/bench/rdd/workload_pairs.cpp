// Joining and grouping pairs of numbers. By hand: both sides are dealt out to parts that fit the
// cache, then each part is done by itself: a table that is built and probed, or counted and filled.

#include <vector>

#include "common/rdd/hash.h"
#include "tests/bench/rdd/measure.h"
#include "tests/bench/rdd/workloads.h"

namespace heddle::bench {
namespace {

constexpr double kJoinPairs = 10e6;
constexpr double kGroupPairs = 20e6;
constexpr double kGroupKeys = 1e6;
constexpr std::size_t kPartBits = 9;
constexpr std::size_t kParts = 1U << kPartBits;

using Pair = std::pair<std::uint64_t, std::uint64_t>;

// Pair number i of a side: keys of both sides are the same set in different orders.
Pair join_pair(std::uint64_t i, std::uint64_t count, std::uint64_t side) {
    return {mixed(side == 0 ? i : count - 1 - i), i};
}
Pair group_pair(std::uint64_t i, std::uint64_t keys) {
    return {bench_key(i, keys), i};
}

struct GenerateSide {
    std::uint64_t count = 0;
    std::uint64_t parts = 1;
    std::uint64_t side = 0;
    void operator()(const std::uint64_t& part, Emit<Pair>& emit) const {
        for (std::uint64_t i = count * part / parts; i < count * (part + 1) / parts; ++i) {
            emit(join_pair(i, count, side));
        }
    }
};
struct GenerateGroups {
    std::uint64_t count = 0;
    std::uint64_t parts = 1;
    std::uint64_t keys = 1;
    void operator()(const std::uint64_t& part, Emit<Pair>& emit) const {
        for (std::uint64_t i = count * part / parts; i < count * (part + 1) / parts; ++i) {
            emit(group_pair(i, keys));
        }
    }
};

std::size_t part_of(std::uint64_t key) {
    return rdd::hash_number(key) >> (64 - kPartBits);
}

// Pairs by part: part p is [starts[p], starts[p + 1]).
struct Dealt {
    std::vector<Pair> pairs;
    std::vector<std::size_t> starts;
};

Dealt deal(const std::vector<Pair>& pairs) {
    Dealt dealt;
    dealt.starts.assign(kParts + 1, 0);
    for (const Pair& pair : pairs) {
        ++dealt.starts[part_of(pair.first) + 1];
    }
    for (std::size_t p = 0; p < kParts; ++p) {
        dealt.starts[p + 1] += dealt.starts[p];
    }
    std::vector<std::size_t> next(dealt.starts.begin(), dealt.starts.end() - 1);
    dealt.pairs.resize(pairs.size());
    note_copied(pairs.size() * sizeof(Pair));
    for (const Pair& pair : pairs) {
        dealt.pairs[next[part_of(pair.first)]++] = pair;
    }
    return dealt;
}

template <typename Make>
std::vector<std::vector<Pair>> make_halves(std::uint64_t count, int threads, Make make) {
    std::vector<std::vector<Pair>> halves(static_cast<std::size_t>(threads));
    const auto n = static_cast<std::uint64_t>(threads);
    on_threads(threads, [&](int t) {
        const auto part = static_cast<std::uint64_t>(t);
        for (std::uint64_t i = count * part / n; i < count * (part + 1) / n; ++i) {
            halves[part].push_back(make(i));
        }
    });
    return halves;
}

std::vector<Dealt> deal_all(const std::vector<std::vector<Pair>>& halves, int threads) {
    std::vector<Dealt> dealt(halves.size());
    on_threads(threads, [&](int t) {
        const auto part = static_cast<std::size_t>(t);
        dealt[part] = deal(halves[part]);
    });
    return dealt;
}

// Calls f for all pairs of part `p` in all halves.
template <typename F>
void each_of_part(const std::vector<Dealt>& dealt, std::size_t p, F f) {
    for (const Dealt& half : dealt) {
        for (std::size_t i = half.starts[p]; i < half.starts[p + 1]; ++i) {
            f(half.pairs[i]);
        }
    }
}

struct Slot {
    std::uint64_t key = 0;
    std::uint64_t value = 0;
    bool used = false;
};

std::size_t table_size(const std::vector<Dealt>& dealt, std::size_t p) {
    std::size_t rows = 0;
    for (const Dealt& half : dealt) {
        rows += half.starts[p + 1] - half.starts[p];
    }
    std::size_t size = 16;
    while (size < rows * 2) {
        size *= 2;
    }
    return size;
}

std::uint64_t join_part(const std::vector<Dealt>& left, const std::vector<Dealt>& right,
                        std::size_t p, std::vector<Slot>& table) {
    table.assign(table_size(left, p), Slot{});
    const std::size_t mask = table.size() - 1;
    each_of_part(left, p, [&](const Pair& pair) {
        std::size_t at = rdd::hash_number(pair.first) & mask;
        while (table[at].used) {
            at = (at + 1) & mask;
        }
        table[at] = {pair.first, pair.second, true};
    });
    std::uint64_t sum = 0;
    each_of_part(right, p, [&](const Pair& pair) {
        for (std::size_t at = rdd::hash_number(pair.first) & mask; table[at].used;
             at = (at + 1) & mask) {
            if (table[at].key == pair.first) {
                sum += table[at].value ^ pair.second;
            }
        }
    });
    return sum;
}

// Sum over matches of left value ^ right value.
std::uint64_t join_by_hand(const std::vector<std::vector<Pair>>& left,
                           const std::vector<std::vector<Pair>>& right, int threads) {
    const std::vector<Dealt> build = deal_all(left, threads);
    const std::vector<Dealt> probe = deal_all(right, threads);
    std::vector<std::uint64_t> sums(static_cast<std::size_t>(threads));
    on_threads(threads, [&](int t) {
        std::vector<Slot> table;
        for (std::size_t p = static_cast<std::size_t>(t); p < kParts;
             p += static_cast<std::size_t>(threads)) {
            sums[static_cast<std::size_t>(t)] += join_part(build, probe, p, table);
        }
    });
    std::uint64_t sum = 0;
    for (const std::uint64_t part : sums) {
        sum += part;
    }
    return sum;
}

// Collects each key's values side by side; the sum over keys of number of values times the first
// differs when values are lost or keys are torn apart.
std::uint64_t group_part(const std::vector<Dealt>& dealt, std::size_t p, std::vector<Slot>& table,
                         std::vector<std::uint64_t>& values) {
    table.assign(table_size(dealt, p), Slot{});
    const std::size_t mask = table.size() - 1;
    const auto slot_of = [&](std::uint64_t key) -> Slot& {
        std::size_t at = rdd::hash_number(key) & mask;
        while (table[at].used && table[at].key != key) {
            at = (at + 1) & mask;
        }
        return table[at];
    };
    each_of_part(dealt, p, [&](const Pair& pair) {
        Slot& slot = slot_of(pair.first);
        slot = {pair.first, slot.value + 1, true};
    });
    std::uint64_t start = 0;
    std::uint64_t sum = 0;
    for (Slot& slot : table) {
        sum += slot.value * slot.value;
        const std::uint64_t count = slot.value;
        slot.value = start;
        start += count;
    }
    values.resize(start);
    note_copied(start * sizeof(std::uint64_t));
    each_of_part(dealt, p,
                 [&](const Pair& pair) { values[slot_of(pair.first).value++] = pair.second; });
    for (const std::uint64_t value : values) {
        sum += value;
    }
    return sum;
}

std::uint64_t group_by_hand(const std::vector<std::vector<Pair>>& halves, int threads) {
    const std::vector<Dealt> dealt = deal_all(halves, threads);
    std::vector<std::uint64_t> sums(static_cast<std::size_t>(threads));
    on_threads(threads, [&](int t) {
        std::vector<Slot> table;
        std::vector<std::uint64_t> values;
        for (std::size_t p = static_cast<std::size_t>(t); p < kParts;
             p += static_cast<std::size_t>(threads)) {
            sums[static_cast<std::size_t>(t)] += group_part(dealt, p, table, values);
        }
    });
    std::uint64_t sum = 0;
    for (const std::uint64_t part : sums) {
        sum += part;
    }
    return sum;
}

std::uint64_t add(std::uint64_t a, std::uint64_t b) {
    return a + b;
}

}  // namespace

void bench_join(Context& context, const Scale& scale) {
    const std::uint64_t count = scale.count(kJoinPairs);
    const auto parts = static_cast<std::uint64_t>(scale.threads);
    std::uint64_t theirs = 0;
    Cost hand;
    {
        const auto left = make_halves(count, scale.threads,
                                      [&](std::uint64_t i) { return join_pair(i, count, 0); });
        const auto right = make_halves(count, scale.threads,
                                       [&](std::uint64_t i) { return join_pair(i, count, 1); });
        hand = best_of([&] { theirs = join_by_hand(left, right, scale.threads); });
    }
    const auto starts = context.parallelize(thread_numbers(scale.threads), scale.threads);
    const auto left = starts.flat_map(GenerateSide{count, parts, 0});
    const auto right = starts.flat_map(GenerateSide{count, parts, 1});
    left.persist();
    right.persist();
    (void)(left.count() + right.count());
    std::uint64_t mine = 0;
    const Cost heddle = best_of([&] {
        mine = left.join(right)
                   .map([](const std::pair<std::uint64_t, Pair>& row) {
                       return row.second.first ^ row.second.second;
                   })
                   .reduce([](std::uint64_t a, std::uint64_t b) { return add(a, b); });
    });
    left.unpersist(true);
    right.unpersist(true);
    require_equal("join", static_cast<double>(mine), static_cast<double>(theirs));
    report("join", static_cast<double>(2 * count) / 1e6, "M rows/s", heddle, hand, {115, 60});
}

void bench_group(Context& context, const Scale& scale) {
    const std::uint64_t count = scale.count(kGroupPairs);
    const std::uint64_t keys = scale.count(kGroupKeys);
    const auto parts = static_cast<std::uint64_t>(scale.threads);
    std::uint64_t theirs = 0;
    Cost hand;
    {
        const auto halves =
            make_halves(count, scale.threads, [&](std::uint64_t i) { return group_pair(i, keys); });
        hand = best_of([&] { theirs = group_by_hand(halves, scale.threads); });
    }
    const auto input = context.parallelize(thread_numbers(scale.threads), scale.threads)
                           .flat_map(GenerateGroups{count, parts, keys});
    input.persist();
    (void)input.count();
    std::uint64_t mine = 0;
    const Cost heddle = best_of([&] {
        mine = input.group_by_key()
                   .map([](const std::pair<std::uint64_t, std::vector<std::uint64_t>>& group) {
                       std::uint64_t sum = group.second.size() * group.second.size();
                       for (const std::uint64_t value : group.second) {
                           sum += value;
                       }
                       return sum;
                   })
                   .reduce([](std::uint64_t a, std::uint64_t b) { return add(a, b); });
    });
    input.unpersist(true);
    require_equal("group_by_key", static_cast<double>(mine), static_cast<double>(theirs));
    report("group_by_key", static_cast<double>(count) / 1e6, "M pairs/s", heddle, hand);
}

}  // namespace heddle::bench
