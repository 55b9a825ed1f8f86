// Sorting records of 100 bytes by a key of 10, which are in memory already. Both sides look at each
// record in its place afterwards. By hand: a split by the first byte between the threads, then a
// radix sort of 8 bytes of key with the record's number, then the records into their places.

#include <vector>

#include "tests/bench/rdd/measure.h"
#include "tests/bench/rdd/records.h"
#include "tests/bench/rdd/workloads.h"

namespace heddle::bench {
namespace {

constexpr double kRecords = 10e6;

struct Generate {
    std::uint64_t records = 0;
    std::uint64_t parts = 1;
    void operator()(const std::uint64_t& part, Emit<Record>& emit) const {
        for (std::uint64_t i = records * part / parts; i < records * (part + 1) / parts; ++i) {
            emit(make_record(i));
        }
    }
};

std::vector<Record> make_records(std::uint64_t count, int threads) {
    std::vector<Record> records(count);
    const auto n = static_cast<std::uint64_t>(threads);
    on_threads(threads, [&](int t) {
        const auto part = static_cast<std::uint64_t>(t);
        for (std::uint64_t i = count * part / n; i < count * (part + 1) / n; ++i) {
            records[i] = make_record(i);
        }
    });
    return records;
}

std::uint64_t sort_by_hand(const std::vector<Record>& records, int threads) {
    const auto n = static_cast<std::uint64_t>(threads);
    std::vector<std::uint64_t> counted(n);
    on_threads(threads, [&](int t) {
        const auto part = static_cast<std::uint64_t>(t);
        std::vector<Handle> handles;
        handles.reserve(records.size() / n + records.size() / 64);
        for (std::uint32_t i = 0; i < records.size(); ++i) {
            if (std::uint64_t{records[i].first[0]} * n / 256 == part) {
                handles.push_back({prefix_of(records[i]), i});
            }
        }
        counted[part] = sort_and_count(records, handles);
    });
    std::uint64_t all = 0;
    for (const std::uint64_t part : counted) {
        all += part;
    }
    return all;
}

}  // namespace

void bench_sort(Context& context, const Scale& scale) {
    const std::uint64_t count = scale.count(kRecords);
    std::uint64_t theirs = 0;
    Cost hand;
    {
        const std::vector<Record> records = make_records(count, scale.threads);
        hand = best_of([&] { theirs = sort_by_hand(records, scale.threads); });
    }
    const auto input = context.parallelize(thread_numbers(scale.threads), scale.threads)
                           .flat_map(Generate{count, static_cast<std::uint64_t>(scale.threads)});
    input.persist();
    (void)input.count();
    std::uint64_t mine = 0;
    const Cost heddle = best_of([&] {
        mine = input.sort_by_key(true, scale.threads)
                   .map_partitions(CountOrdered{})
                   .reduce([](std::uint64_t a, std::uint64_t b) { return a + b; });
    });
    input.unpersist(true);
    require_equal("sort", static_cast<double>(mine), static_cast<double>(theirs));
    report("sort 100 B records", static_cast<double>(count) / 1e4, "MB/s", heddle, hand,
           {2128, 4.5});
}

}  // namespace heddle::bench
