#pragma once

// The table behind reduce_by_key and its relatives, on both sides of the shuffle: open addressing
// with linear probing. A batch is hashed first; then each probe runs some records behind a prefetch
// of its slot, and, where keys are text, half as far behind a prefetch of the key's bytes. Without
// that a table larger than the cache costs a memory latency per record, three to four times as
// much.
//
// A table that is refused memory spills (common/rdd/spill_parts.h). Combined values and rows come
// back in the order of their arrival, so each key has the same value whatever the budget is; the
// order in which keys come out depends on it.

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <string>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <vector>

#include "client/api/composed.h"
#include "client/api/face.h"
#include "client/api/function.h"
#include "client/api/kernels.h"
#include "common/base/check.h"
#include "common/rdd/arena.h"
#include "common/rdd/operator.h"
#include "common/rdd/pages.h"
#include "common/rdd/scope.h"
#include "common/rdd/spill_parts.h"

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
    using Combined = std::pair<K, V>;

    CombineOperator(const rdd::OperatorInit& init, rdd::Sink& next, F function)
        : function_(std::move(function)),
          budget_(init.scope, init.operation),
          arena_(std::make_unique<rdd::Arena>(&budget_)),
          parts_(budget_, {&face_of<Combined>(), &face_of<Record>()}),
          output_(init.scope, next) {}
    ~CombineOperator() override { drop_table(); }
    static rdd::OperatorEntry entry() { return operator_entry<CombineOperator, F>(); }

    rdd::Flow push(rdd::Batch& batch) override {
        return take<kRecords>(static_cast<Record*>(batch.rows), batch.count, batch.movable)
                   ? budget_.scope().flow()
                   : rdd::Flow::Stop;
    }

    void expect_distinct(std::uint64_t records) override {
        std::size_t wanted = capacity_ == 0 ? kFirstCapacity : capacity_;
        while ((records + rdd::kBatchRecords) * 8 > wanted * 5) {
            wanted *= 2;
        }
        if (wanted != capacity_ && !parts_.spilling()) {
            (void)try_grow(wanted);  // it may do without
        }
    }

    rdd::Flow close() override {
        if (!parts_.spilling()) {
            emit_table([this](Slot& slot) { emit(std::move(slot.key), std::move(slot.value)); },
                       [this](V& value) { emit(K{}, std::move(value)); });
            const rdd::Flow flow = output_.flush();
            drop_table();
            return flow;
        }
        return parts_.end() && close_parts() ? output_.flush() : rdd::Flow::Stop;
    }

private:
    using Slot = CombineSlot<K, V>;
    static constexpr std::uint32_t kAhead = 24;  // slots prefetched in front of the probe
    static constexpr std::size_t kFirstCapacity = 4096;
    static constexpr std::size_t kSmallCapacity = 65536;  // grows in larger steps up to here
    // Kinds of spilled rows.
    static constexpr std::size_t kCombined = 0;
    static constexpr std::size_t kRecords = 1;
    static constexpr std::size_t kDumpRows = 64;
    // Records whose values may own memory are taken in small steps: what is refused in the middle
    // of a step is held until its end.
    static constexpr std::uint32_t kStepRows = std::is_trivially_destructible_v<Record> &&
                                                       std::is_trivially_destructible_v<Combined> &&
                                                       !has_views<Combined>()
                                                   ? rdd::kBatchRecords
                                                   : 256;
    static constexpr std::uint64_t kFirstRecount = 8192;
    static constexpr bool kOwnsHeap =
        !std::is_trivially_destructible_v<K> || !std::is_trivially_destructible_v<V>;

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

    // Records, or combined rows that come back from disk. False: the task has failed.
    template <std::size_t Kind, typename Row>
    bool take(Row* rows, std::uint32_t left, bool movable) {
        while (left > 0) {
            const std::uint32_t n = left < kStepRows ? left : kStepRows;
            if (!parts_.spilling() && !make_room(n)) {
                return false;
            }
            if (parts_.spilling()) {
                return parts_.add(Kind, rows, left);
            }
            std::uint32_t at = 0;
            try {
                insert<Kind>(rows, n, movable, at);
            } catch (...) {
                budget_.scope().fail_in_user_code(budget_.operation(), &face_of<Row>(), rows + at);
                return false;
            }
            rows += n;
            left -= n;
        }
        return true;
    }

    template <std::size_t Kind, typename Row>
    void insert(Row* rows, std::uint32_t n, bool movable, std::uint32_t& at) {
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
                insert_one<Kind>(table, mask, hashes_[at], std::move(rows[at]));
            } else {
                insert_one<Kind>(table, mask, hashes_[at], std::as_const(rows[at]));
            }
        }
    }

    // `row` is a constant, or may be moved from.
    template <std::size_t Kind, typename Row>
    void insert_one(Slot* table, std::size_t mask, std::uint64_t hash, Row&& row) {
        const K& key = row.first;
        if constexpr (kKeyMarksSlot<K>) {
            if (key == 0) [[unlikely]] {
                insert_zero<Kind>(std::forward<Row>(row));
                return;
            }
        }
        for (std::size_t index = hash & mask;; index = (index + 1) & mask) {
            Slot& slot = table[index];
            if (slot.empty()) {
                new (&slot.key) K(owned(std::forward<Row>(row).first));
                new (&slot.value) V(first<Kind>(std::forward<Row>(row).second));
                slot.mark(hash);
                ++size_;
                count_heap(slot);
                return;
            }
            if (slot.matches(hash, key)) {
                if constexpr (Kind == kRecords) {
                    slot.value = function_(std::move(slot.value), std::forward<Row>(row).second);
                } else {
                    CHECK(false);  // each key goes to disk combined once
                }
                return;
            }
        }
    }

    template <std::size_t Kind, typename Row>
    void insert_zero(Row&& row) {
        if (has_zero_) {
            if constexpr (Kind == kRecords) {
                *zero() = function_(std::move(*zero()), std::forward<Row>(row).second);
            } else {
                CHECK(false);
            }
        } else {
            new (&zero_) V(first<Kind>(std::forward<Row>(row).second));
            has_zero_ = true;
        }
    }

    template <std::size_t Kind, typename Value>
    V first(Value&& value) {
        if constexpr (Creates<V, F, In> && Kind == kRecords) {
            return owned(V(function_.create(std::as_const(value))));
        } else {
            return owned(std::forward<Value>(value));
        }
    }
    template <typename T>
    T owned(const T& value) {
        return own_value(value, *arena_);
    }
    template <typename T>
    requires(!std::is_const_v<T> && !std::is_reference_v<T>) T owned(T&& value) {
        return own_moved(std::move(value), *arena_);
    }

    void count_heap(const Slot& slot) {
        if constexpr (!std::is_trivially_destructible_v<K> ||
                      !std::is_trivially_destructible_v<V>) {
            heap_ += static_cast<std::int64_t>(heap_size(slot.key) + heap_size(slot.value));
        }
    }

    // Values grow when they are combined, and asking each one each time would cost more than
    // combining. So all are asked again when as many rows have come as before the last time.
    void recount_heap(std::uint32_t n) {
        rows_since_ += n;
        if (rows_since_ < recount_after_) {
            return;
        }
        recount_after_ = std::max(recount_after_, rows_seen_ += std::exchange(rows_since_, 0));
        std::int64_t held = 0;
        emit_table(
            [&held](Slot& slot) {
                held += static_cast<std::int64_t>(heap_size(slot.key) + heap_size(slot.value));
            },
            [&held](V& value) { held += static_cast<std::int64_t>(heap_size(value)); });
        heap_ = std::max(heap_, held - heap_counted_);
    }

    // Room for n more keys, at most 5/8 full, or the table has gone to disk. Growing happens
    // between runs of a batch, so that slots that were prefetched stay where they are. False: the
    // task has failed.
    bool make_room(std::uint32_t n) {
        if constexpr (kOwnsHeap) {
            recount_heap(n);
        }
        if (heap_ > 0) {
            reserved_ += heap_;
            heap_counted_ += heap_;
            budget_.reserve(std::exchange(heap_, 0));
        }
        if (budget_.over() > 0 && !give_way()) {
            return false;
        }
        std::size_t wanted = capacity_ == 0 ? kFirstCapacity : capacity_;
        while ((size_ + n) * 8 > wanted * 5) {
            wanted *= wanted < kSmallCapacity ? 4 : 2;
        }
        if (wanted == capacity_ || parts_.spilling() || try_grow(wanted)) {
            return true;
        }
        // Only the table that holds something has a way to make room.
        return parts_.may_split() && size_ > 0 ? spill() : insist_and_grow(wanted);
    }

    // What was refused has been taken already.
    bool give_way() { return parts_.may_split() ? spill() : budget_.insist_on_over(); }

    bool spill() {
        const std::int64_t over = budget_.over();  // of the last step alone
        if (!parts_.begin(reserved_ + static_cast<std::int64_t>(arena_->capacity()))) {
            return false;
        }
        std::vector<Combined> rows;
        rows.reserve(kDumpRows);
        bool kept = true;
        const auto dump = [&] {
            kept =
                kept && parts_.add(kCombined, rows.data(), static_cast<std::uint32_t>(rows.size()));
            rows.clear();
        };
        const auto keep = [&](auto&& key, auto&& value) {
            rows.emplace_back(std::move(key), std::move(value));
            if (rows.size() == kDumpRows) {
                dump();
            }
        };
        emit_table([&](Slot& slot) { keep(std::move(slot.key), std::move(slot.value)); },
                   [&](V& value) { keep(K{}, std::move(value)); });
        dump();
        drop_table();
        arena_ = std::make_unique<rdd::Arena>(&budget_);
        return kept && parts_.settle(over);
    }

    template <std::size_t Kind, typename Row>
    bool load() {
        return parts_.read(Kind, [this](rdd::Batch& batch) {
            return take<Kind>(static_cast<Row*>(batch.rows), batch.count, true);
        });
    }

    // Part after part. False: the task has failed, or nothing more is wanted.
    bool close_parts() {
        while (parts_.next()) {
            if (!load<kCombined, Combined>() || !load<kRecords, Record>()) {
                return false;
            }
            if (parts_.spilling()) {  // once more
                if (!parts_.end()) {
                    return false;
                }
                continue;
            }
            if (!emit_part()) {
                return false;
            }
            drop_table();
            arena_ = std::make_unique<rdd::Arena>(&budget_);
        }
        return true;
    }

    // Rows with views outlive the arena of their part, so these take the way over the disk and show
    // the mapped file.
    bool emit_part() {
        if constexpr (!has_views<Combined>()) {
            emit_table([this](Slot& slot) { emit(std::move(slot.key), std::move(slot.value)); },
                       [this](V& value) { emit(K{}, std::move(value)); });
            return output_.flush() == rdd::Flow::Continue;
        } else {
            if (!results_.begin(0)) {
                return false;
            }
            bool kept = true;
            const auto keep = [&](const K& key, const V& value) {
                const Combined row(key, value);
                kept = kept && results_.add(0, &row, 1);
            };
            emit_table([&](Slot& slot) { keep(slot.key, slot.value); },
                       [&](V& value) { keep(K{}, value); });
            if (!kept || !results_.end()) {
                return false;
            }
            while (results_.next()) {
                if (!results_.read(0, [this](rdd::Batch& batch) {
                        auto* const rows = static_cast<Combined*>(batch.rows);
                        for (std::uint32_t i = 0; i < batch.count; ++i) {
                            output_.add(std::move(rows[i]));
                        }
                        return output_.flow() == rdd::Flow::Continue;
                    })) {
                    return false;
                }
            }
            return output_.flush() == rdd::Flow::Continue;
        }
    }

    template <typename Key, typename Value>
    void emit(Key&& key, Value&& value) {
        if (output_.flow() == rdd::Flow::Continue) {
            output_.add(std::forward<Key>(key), std::forward<Value>(value));
        }
    }

    // Every key once; the one that lives beside the table first.
    template <typename EachSlot, typename Zero>
    void emit_table(const EachSlot& each, const Zero& each_zero) {
        if (has_zero_) {
            each_zero(*zero());
        }
        for (std::size_t i = 0; i < capacity_; ++i) {
            if (Slot& slot = slots()[i]; !slot.empty()) {
                each(slot);
            }
        }
    }

    bool try_grow(std::size_t wanted) {
        const auto bytes = static_cast<std::int64_t>(wanted * sizeof(Slot));
        if (!budget_.try_reserve(bytes)) {
            return false;
        }
        reserved_ += bytes;
        grow(wanted);
        return true;
    }
    bool insist_and_grow(std::size_t wanted) {
        const auto bytes = static_cast<std::int64_t>(wanted * sizeof(Slot));
        reserved_ += bytes;
        if (!budget_.insist(bytes)) {
            return false;
        }
        grow(wanted);
        return true;
    }

    // What it takes has been reserved.
    void grow(std::size_t wanted) {
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
        heap_ = 0;
        heap_counted_ = 0;
        rows_seen_ = 0;
        rows_since_ = 0;
        recount_after_ = kFirstRecount;
        budget_.release(std::exchange(reserved_, 0));
    }

    F function_;
    rdd::SpillingBudget budget_;
    std::unique_ptr<rdd::Arena> arena_;  // what was pushed without spilling shows it
    rdd::SpillParts parts_;
    rdd::SpillParts results_{budget_, std::vector<const rdd::RecordFace*>{&face_of<Combined>()}};
    Output<Combined> output_;
    rdd::ZeroPages pages_;
    std::size_t capacity_ = 0;  // a power of two, or 0
    std::size_t size_ = 0;
    std::int64_t reserved_ = 0;
    std::int64_t heap_ = 0;          // not yet reserved
    std::int64_t heap_counted_ = 0;  // reserved, of what the slots own
    std::uint64_t rows_seen_ = 0;    // until the last count
    std::uint64_t rows_since_ = 0;
    std::uint64_t recount_after_ = kFirstRecount;
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
