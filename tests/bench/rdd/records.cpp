#include "tests/bench/rdd/records.h"

#include <algorithm>
#include <cstring>

#include "tests/bench/rdd/measure.h"
#include "tests/bench/rdd/workloads.h"

namespace heddle::bench {
namespace {

bool in_order(std::span<const Record> records) {
    return std::is_sorted(records.begin(), records.end(),
                          [](const Record& a, const Record& b) { return a.first < b.first; });
}

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

}  // namespace

Record make_record(std::uint64_t i) {
    Record record;
    const std::uint64_t a = mixed(i);
    std::memcpy(record.first.data(), &a, 8);
    const auto b = static_cast<std::uint16_t>(mixed(a));
    std::memcpy(record.first.data() + 8, &b, 2);
    record.second.fill(static_cast<unsigned char>(i));
    return record;
}

std::uint64_t prefix_of(const Record& record) {
    std::uint64_t prefix = 0;
    std::memcpy(&prefix, record.first.data(), 8);
    return __builtin_bswap64(prefix);
}

std::uint64_t sort_and_count(const std::vector<Record>& records, std::vector<Handle>& handles) {
    radix_sort(handles);
    order_ties(handles, records);
    std::vector<Record> sorted(handles.size());
    note_copied(handles.size() * sizeof(Record));
    for (std::size_t i = 0; i < handles.size(); ++i) {
        if (i + 16 < handles.size()) {
            __builtin_prefetch(&records[handles[i + 16].at]);
        }
        sorted[i] = records[handles[i].at];
    }
    return in_order(sorted) ? sorted.size() : 0;
}

void CountOrdered::operator()(std::span<const Record> records, Emit<std::uint64_t>& emit) const {
    emit(in_order(records) ? records.size() : 0);
}

}  // namespace heddle::bench
