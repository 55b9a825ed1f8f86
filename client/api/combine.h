#pragma once

// The table behind reduce_by_key and its relatives, on both sides of the shuffle: open addressing
// with linear probing. A batch is hashed first; then each probe runs some records behind a prefetch
// of its slot, and, where keys are text, half as far behind a prefetch of the key's bytes. Without
// that a table larger than the cache costs a memory latency per record, three to four times as
// much.
//
// The order of what comes out depends only on what went in, in order: so a second run agrees.

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <string>
#include <type_traits>
#include <typeinfo>
#include <utility>

#include "client/api/composed.h"
#include "client/api/face.h"
#include "client/api/function.h"
#include "client/api/kernels.h"
#include "common/rdd/arena.h"
#include "common/rdd/operator.h"
#include "common/rdd/pages.h"
#include "common/rdd/scope.h"

namespace heddle::api {

// An integer key is its own mark: 0 means an empty slot, and the key 0 lives beside the table.
// Other keys have their hash in front, never 0, so that most mismatches cost no look at the key.
template <typename K>
inline constexpr bool kKeyMarksSlot = std::is_integral_v<K> && !std::is_same_v<K, bool>;

template <typename K, typename V, bool = kKeyMarksSlot<K>>
struct CombineSlot {
    K key;
    V value;
    bool empty() const { return key == 0; }
    bool matches(std::uint64_t, const K& other) const { return key == other; }
    void mark(std::uint64_t) {}
};
template <typename K, typename V>
struct CombineSlot<K, V, false> {
    std::uint64_t hash;
    K key;
    V value;
    bool empty() const { return hash == 0; }
    bool matches(std::uint64_t want, const K& other) const {
        return hash == want && equal_values(key, other);
    }
    void mark(std::uint64_t value_of) { hash = value_of; }
};

// A function that makes a combined value of another type V out of the values (In) of a key: it has
// create(value) for the first and operator()(combined, value) for the others.
template <typename V, typename F, typename In>
concept Creates = requires(F& function, const In& value) {
    { function.create(value) } -> std::convertible_to<V>;
};

template <typename K, typename V, typename F, typename In = V>
class CombineOperator final : public rdd::Operator {
public:
    using Record = std::pair<K, In>;

    CombineOperator(const rdd::OperatorInit& init, rdd::Sink& next, F function)
        : function_(std::move(function)),
          budget_(init.scope, init.operation),
          arena_(&budget_),
          output_(init.scope, next) {}
    ~CombineOperator() override { drop_table(); }
    static rdd::OperatorEntry entry() { return operator_entry<CombineOperator, F>(); }

    rdd::Flow push(rdd::Batch& batch) override {
        Record* rows = static_cast<Record*>(batch.rows);
        std::uint32_t left = batch.count;
        while (left > 0) {
            const std::uint32_t n = left < rdd::kBatchRecords ? left : rdd::kBatchRecords;
            if (!make_room(n)) {
                return rdd::Flow::Stop;
            }
            std::uint32_t at = 0;
            try {
                insert(rows, n, batch.movable, at);
            } catch (...) {
                budget_.scope().fail_in_user_code(budget_.operation(), &face_of<Record>(),
                                                  rows + at);
                return rdd::Flow::Stop;
            }
            rows += n;
            left -= n;
        }
        return budget_.scope().flow();
    }

    // A refusal fails the task, as it would a little later if the records are what was expected.
    void expect_distinct(std::uint64_t records) override {
        std::size_t wanted = capacity_ == 0 ? kFirstCapacity : capacity_;
        while ((records + rdd::kBatchRecords) * 8 > wanted * 5) {
            wanted *= 2;
        }
        if (wanted != capacity_) {
            (void)grow(wanted);
        }
    }

    rdd::Flow close() override {
        if (has_zero_) {
            output_.add(K{}, std::move(*zero()));
        }
        for (std::size_t i = 0; i < capacity_ && output_.flow() == rdd::Flow::Continue; ++i) {
            Slot& slot = slots()[i];
            if (!slot.empty()) {
                output_.add(std::move(slot.key), std::move(slot.value));
            }
        }
        const rdd::Flow flow = output_.flush();
        drop_table();
        return flow;
    }

private:
    using Slot = CombineSlot<K, V>;
    static constexpr std::uint32_t kAhead = 24;  // slots prefetched in front of the probe
    static constexpr std::size_t kFirstCapacity = 4096;
    static constexpr std::size_t kSmallCapacity = 65536;  // grows in larger steps up to here

    Slot* slots() const { return static_cast<Slot*>(pages_.data()); }
    V* zero() { return std::launder(reinterpret_cast<V*>(&zero_)); }

    static std::uint64_t hash_of(const K& key) {
        if constexpr (kKeyMarksSlot<K>) {
            return hash_value(key);
        } else {
            return hash_value(key) |
                   (std::uint64_t{1} << 63);  // never 0; the index is at the other end
        }
    }

    void insert(Record* rows, std::uint32_t n, bool movable, std::uint32_t& at) {
        for (std::uint32_t i = 0; i < n; ++i) {
            hashes_[i] = hash_of(rows[i].first);
        }
        Slot* const table = slots();
        const std::size_t mask = capacity_ - 1;
        for (std::uint32_t i = 0; i < kAhead && i < n; ++i) {
            __builtin_prefetch(table + (hashes_[i] & mask), 1);
        }
        for (; at < n; ++at) {
            if (at + kAhead < n) {
                __builtin_prefetch(table + (hashes_[at + kAhead] & mask), 1);
            }
            if constexpr (kText<K>) {
                if (at + kAhead / 2 < n) {
                    const Slot& slot = table[hashes_[at + kAhead / 2] & mask];
                    if (slot.hash == hashes_[at + kAhead / 2]) {
                        __builtin_prefetch(slot.key.data());
                    }
                }
            }
            if (movable) {
                insert_one(table, mask, hashes_[at], std::move(rows[at]));
            } else {
                insert_one(table, mask, hashes_[at], std::as_const(rows[at]));
            }
        }
    }

    // `row` is a constant, or may be moved from.
    template <typename Row>
    void insert_one(Slot* table, std::size_t mask, std::uint64_t hash, Row&& row) {
        const K& key = row.first;
        if constexpr (kKeyMarksSlot<K>) {
            if (key == 0) [[unlikely]] {
                insert_zero(std::forward<Row>(row));
                return;
            }
        }
        for (std::size_t index = hash & mask;; index = (index + 1) & mask) {
            Slot& slot = table[index];
            if (slot.empty()) {
                new (&slot.key) K(owned(std::forward<Row>(row).first));
                new (&slot.value) V(first(std::forward<Row>(row).second));
                slot.mark(hash);
                ++size_;
                count_heap(slot);
                return;
            }
            if (slot.matches(hash, key)) {
                slot.value = function_(std::move(slot.value), std::forward<Row>(row).second);
                return;
            }
        }
    }

    template <typename Row>
    void insert_zero(Row&& row) {
        if (has_zero_) {
            *zero() = function_(std::move(*zero()), std::forward<Row>(row).second);
        } else {
            new (&zero_) V(first(std::forward<Row>(row).second));
            has_zero_ = true;
        }
    }

    template <typename Value>
    V first(Value&& value) {
        if constexpr (Creates<V, F, In>) {
            return owned(V(function_.create(std::as_const(value))));
        } else {
            return owned(std::forward<Value>(value));
        }
    }
    template <typename T>
    T owned(const T& value) {
        return own_value(value, arena_);
    }
    template <typename T>
    requires(!std::is_const_v<T> && !std::is_reference_v<T>) T owned(T&& value) {
        return own_moved(std::move(value), arena_);
    }

    void count_heap(const Slot& slot) {
        if constexpr (!std::is_trivially_destructible_v<K> ||
                      !std::is_trivially_destructible_v<V>) {
            heap_ += static_cast<std::int64_t>(heap_size(slot.key) + heap_size(slot.value));
        }
    }

    // Room for n more keys, at most 5/8 full. Growing happens between runs of a batch, so that
    // slots that were prefetched stay where they are.
    bool make_room(std::uint32_t n) {
        if (heap_ > 0) {
            reserved_ += heap_;
            const bool granted = budget_.reserve(std::exchange(heap_, 0));
            if (!granted) {
                return false;
            }
        }
        std::size_t wanted = capacity_ == 0 ? kFirstCapacity : capacity_;
        while ((size_ + n) * 8 > wanted * 5) {
            wanted *= wanted < kSmallCapacity ? 4 : 2;
        }
        return wanted == capacity_ || grow(wanted);
    }

    bool grow(std::size_t wanted) {
        const auto bytes = static_cast<std::int64_t>(wanted * sizeof(Slot));
        reserved_ += bytes;
        if (!budget_.reserve(bytes)) {
            return false;
        }
        rdd::ZeroPages pages(wanted * sizeof(Slot));
        auto* const table = static_cast<Slot*>(pages.data());
        const std::size_t mask = wanted - 1;
        for (std::size_t i = 0; i < capacity_; ++i) {
            Slot& from = slots()[i];
            if (from.empty()) {
                continue;
            }
            std::uint64_t hash = 0;
            if constexpr (kKeyMarksSlot<K>) {
                hash = hash_of(from.key);
            } else {
                hash = from.hash;
            }
            std::size_t index = hash & mask;
            while (!table[index].empty()) {
                index = (index + 1) & mask;
            }
            new (&table[index].key) K(std::move(from.key));
            new (&table[index].value) V(std::move(from.value));
            table[index].mark(hash);
            from.key.~K();
            from.value.~V();
        }
        const auto old = static_cast<std::int64_t>(capacity_ * sizeof(Slot));
        pages_ = std::move(pages);
        capacity_ = wanted;
        reserved_ -= old;
        budget_.release(old);
        return true;
    }

    // The arena stays: records that have been pushed may point into it.
    void drop_table() {
        if (std::exchange(has_zero_, false)) {
            zero()->~V();
        }
        if constexpr (!std::is_trivially_destructible_v<K> ||
                      !std::is_trivially_destructible_v<V>) {
            for (std::size_t i = 0; i < capacity_; ++i) {
                if (Slot& slot = slots()[i]; !slot.empty()) {
                    slot.key.~K();
                    slot.value.~V();
                }
            }
        }
        pages_ = rdd::ZeroPages();
        capacity_ = 0;
        size_ = 0;
        budget_.release(std::exchange(reserved_, 0));
    }

    F function_;
    rdd::OperatorBudget budget_;
    rdd::Arena arena_;
    Output<std::pair<K, V>> output_;
    rdd::ZeroPages pages_;
    std::size_t capacity_ = 0;  // a power of two, or 0
    std::size_t size_ = 0;
    std::int64_t reserved_ = 0;
    std::int64_t heap_ = 0;  // not yet reserved
    bool has_zero_ = false;
    alignas(V) std::byte zero_[sizeof(V)];
    std::uint64_t hashes_[rdd::kBatchRecords];
};

// combine_by_key: what the map side does to the values of a key.
template <typename C, typename V, typename Create, typename Merge>
struct CombineValues {
    using Parts = std::tuple<Create, Merge>;
    Create creator{};
    Merge merge{};
    static auto parts(auto& self) { return std::tie(self.creator, self.merge); }
    C create(const V& value) { return creator(value); }
    C operator()(C combined, const V& value) { return merge(std::move(combined), value); }
};
// aggregate_by_key and fold_by_key: every key begins with a copy of the zero value.
template <typename C, typename V, typename Merge>
struct AggregateValues {
    using Parts = std::tuple<C, Merge>;
    C zero{};
    Merge merge{};
    static auto parts(auto& self) { return std::tie(self.zero, self.merge); }
    C create(const V& value) { return merge(C(zero), value); }
    C operator()(C combined, const V& value) { return merge(std::move(combined), value); }
};

}  // namespace heddle::api
