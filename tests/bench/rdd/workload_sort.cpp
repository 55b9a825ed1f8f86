// Sorting records of 100 bytes by a key of 10, which are in memory already. Both sides look at each
// record in its place afterwards. By hand: a split by the first byte between the threads, then a
// radix sort of 8 bytes of key with the record's number, then the records into their places.

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "tests/bench/rdd/measure.h"
#include "tests/bench/rdd/workloads.h"

namespace heddle::bench {
namespace {

constexpr double kRecords = 10e6;

using Key = std::array<unsigned char, 10>;
using Rest = std::array<unsigned char, 90>;
using Record = std::pair<Key, Rest>;

Record make_record(std::uint64_t i) {
    Record record;
    const std::uint64_t a = mixed(i);
    std::memcpy(record.first.data(), &a, 8);
    const auto b = static_cast<std::uint16_t>(mixed(a));
    std::memcpy(record.first.data() + 8, &b, 2);
    record.second.fill(static_cast<unsigned char>(i));
    return record;
}

struct Generate {
    std::uint64_t records = 0;
    std::uint64_t parts = 1;
    void operator()(const std::uint64_t& part, Emit<Record>& emit) const {
        for (std::uint64_t i = records * part / parts; i < records * (part + 1) / parts; ++i) {
            emit(make_record(i));
        }
    }
};

// Looks at each record in its place: how many there are, if they are in order.
struct CountOrdered {
    void operator()(std::span<const Record> records, Emit<std::uint64_t>& emit) const {
        const bool ordered =
            std::is_sorted(records.begin(), records.end(),
                           [](const Record& a, const Record& b) { return a.first < b.first; });
        emit(ordered ? records.size() : 0);
    }
};

std::uint64_t prefix_of(const Record& record) {
    std::uint64_t prefix = 0;
    std::memcpy(&prefix, record.first.data(), 8);
    return __builtin_bswap64(prefix);
}

struct Handle {
    std::uint64_t prefix;
    std::uint32_t at;
};

void radix_sort(std::vector<Handle>& handles) {
    std::vector<Handle> other(handles.size());
    for (int shift = 16; shift < 64; shift += 16) {  // the lowest 16 bits by comparison below
        std::vector<std::uint32_t> starts((1 << 16) + 1);
        for (const Handle& handle : handles) {
            ++starts[(handle.prefix >> shift & 0xffff) + 1];
        }
        for (std::size_t i = 1; i < starts.size(); ++i) {
            starts[i] += starts[i - 1];
        }
        for (const Handle& handle : handles) {
            other[starts[handle.prefix >> shift & 0xffff]++] = handle;
        }
        handles.swap(other);
    }
}

// Equal upper 48 bits are next to each other and few.
void order_ties(std::vector<Handle>& handles, const std::vector<Record>& records) {
    const auto less = [&](const Handle& a, const Handle& b) {
        return records[a.at].first < records[b.at].first;
    };
    for (std::size_t i = 0; i + 1 < handles.size();) {
        std::size_t end = i + 1;
        while (end < handles.size() && handles[end].prefix >> 16 == handles[i].prefix >> 16) {
            ++end;
        }
        if (end - i > 1) {
            std::sort(handles.begin() + static_cast<std::ptrdiff_t>(i),
                      handles.begin() + static_cast<std::ptrdiff_t>(end), less);
        }
        i = end;
    }
}

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
        radix_sort(handles);
        order_ties(handles, records);
        std::vector<Record> sorted(handles.size());
        for (std::size_t i = 0; i < handles.size(); ++i) {
            if (i + 16 < handles.size()) {
                __builtin_prefetch(&records[handles[i + 16].at]);
            }
            sorted[i] = records[handles[i].at];
        }
        const bool ordered =
            std::is_sorted(sorted.begin(), sorted.end(),
                           [](const Record& a, const Record& b) { return a.first < b.first; });
        counted[part] = ordered ? sorted.size() : 0;
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
    Seconds hand;
    {
        const std::vector<Record> records = make_records(count, scale.threads);
        hand = best_of([&] { theirs = sort_by_hand(records, scale.threads); });
    }
    const auto input = context.parallelize(thread_numbers(scale.threads), scale.threads)
                           .flat_map(Generate{count, static_cast<std::uint64_t>(scale.threads)});
    input.persist();
    (void)input.count();
    std::uint64_t mine = 0;
    const Seconds heddle = best_of([&] {
        mine = input.sort_by_key(true, scale.threads)
                   .map_partitions(CountOrdered{})
                   .reduce([](std::uint64_t a, std::uint64_t b) { return a + b; });
    });
    input.unpersist(true);
    require_equal("sort", static_cast<double>(mine), static_cast<double>(theirs));
    report("sort 100 B records", static_cast<double>(count) / 1e4, "MB/s", heddle, hand, 4.5);
}

}  // namespace heddle::bench
