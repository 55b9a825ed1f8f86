#pragma once

// The values of each key from one to four inputs: group_by_key, cogroup, and what is made of it.
// Keys come out in the order in which they were first seen, as long as memory lasts, values always
// in the order of their input. What is refused memory spills (common/rdd/spill_parts.h); the values
// of one key have to fit.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <tuple>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <vector>

#include "client/api/composed.h"
#include "client/api/face.h"
#include "client/api/growing_rows.h"
#include "client/api/kernels.h"
#include "common/rdd/operator.h"
#include "common/rdd/scope.h"
#include "common/rdd/spill_parts.h"

namespace heddle::api {

template <typename... Vs>
struct GroupsOf {  // three and more
    using type = std::tuple<std::vector<Vs>...>;
};
template <typename V>
struct GroupsOf<V> {
    using type = std::vector<V>;
};
template <typename V, typename W>
struct GroupsOf<V, W> {
    using type = std::pair<std::vector<V>, std::vector<W>>;
};
template <typename... Vs>
using Groups = typename GroupsOf<Vs...>::type;

// Rows in the order of their arrival, each with the number of its key, and a table of the keys.
// Only when all are there, each key's values are put side by side, into memory of the right size:
// letting them grow key by key costs several calls of the heap a key, and a cache miss each. Views
// in rows last as long as the task, so rows are kept as they are.
template <typename K, typename... Vs>
class GroupTable {
public:
    explicit GroupTable(rdd::SpillingBudget& budget) : budget_(budget) {}
    ~GroupTable() { budget_.release(reserved_); }
    GroupTable(const GroupTable&) = delete;
    GroupTable& operator=(const GroupTable&) = delete;

    template <std::size_t Input, typename Record>
    void add(Record* rows, std::uint32_t count, bool movable) {
        std::uint64_t hashes[rdd::kBatchRecords];
        for (std::uint32_t i = 0; i < count; ++i) {
            hashes[i] = hash_value(rows[i].first);
        }
        make_room(count);
        auto& log = std::get<Input>(logs_);
        for (std::uint32_t i = 0; i < count; ++i) {
            fetch_ahead(hashes, i, count);
            const std::uint32_t number = number_of(rows[i].first, hashes[i]);
            ++keys_[number].counts[Input];
            log.numbers.add(number);
            if (movable) {
                log.values.add(std::move(rows[i].second));
            } else {
                log.values.add(std::as_const(rows[i].second));
            }
            heap_ += heap_size(log.values.rows()[log.values.size() - 1]);
        }
        reserve();
    }
    std::int64_t held() const { return reserved_; }
    void clear() {
        keys_ = std::vector<Key>();  // = {} would keep the memory
        slots_ = std::vector<Slot>();
        std::apply([](auto&... log) { (log.clear(), ...); }, logs_);
        heap_ = 0;
        budget_.release(std::exchange(reserved_, 0));
    }

    /// Calls f(key, value) for the rows of one input as they came, which are moved out, until it
    /// answers false. The table has to be cleared afterwards.
    template <std::size_t Input, typename F>
    bool each_row(const F& f) {
        auto& log = std::get<Input>(logs_);
        const auto values = log.values.rows();
        const auto numbers = log.numbers.rows();
        for (std::size_t i = 0; i < values.size(); ++i) {
            if (!f(std::as_const(keys_[numbers[i]].key), std::move(values[i]))) {
                return false;
            }
        }
        return true;
    }
    /// The same for each key with its values of all inputs.
    template <typename F>
    void each_group(const F& f) {
        std::vector<Groups<Vs...>> groups(keys_.size());
        collect(groups, std::index_sequence_for<Vs...>());
        for (std::size_t i = 0; i < groups.size(); ++i) {
            if (!f(std::move(keys_[i].key), std::move(groups[i]))) {
                return;
            }
        }
    }

private:
    static constexpr std::uint32_t kNone = UINT32_MAX;
    static constexpr std::uint32_t kAhead = 24;  // slots prefetched in front of the look-up
    static constexpr std::size_t kGroupsAhead = 32;
    static constexpr std::size_t kFirstSlots = 1024;

    struct Key {
        std::uint64_t hash;
        K key;
        std::uint32_t counts[sizeof...(Vs)] = {};
    };
    struct Slot {
        std::uint32_t number = kNone;  // of the key
        std::uint32_t tag = 0;         // the upper half of its hash
    };
    template <typename V>
    struct Log {
        GrowingRows<V> values;
        GrowingRows<std::uint32_t> numbers;
        void clear() {
            values.clear();
            numbers.clear();
        }
    };

    static std::uint32_t tag_of(std::uint64_t hash) {
        return static_cast<std::uint32_t>(hash >> 32);
    }

    template <std::size_t Input>
    static auto& values_of(Groups<Vs...>& groups) {
        if constexpr (sizeof...(Vs) == 1) {
            return groups;
        } else {
            return std::get<Input>(groups);
        }
    }

    // The slot first; half as far ahead the key that it names.
    void fetch_ahead(const std::uint64_t* hashes, std::uint32_t i, std::uint32_t count) const {
        const std::size_t mask = slots_.size() - 1;
        if (i + kAhead < count) {
            __builtin_prefetch(&slots_[hashes[i + kAhead] & mask]);
        }
        if (i + kAhead / 2 < count) {
            const Slot& slot = slots_[hashes[i + kAhead / 2] & mask];
            if (slot.number != kNone) {
                __builtin_prefetch(&keys_[slot.number], 1);
            }
        }
    }

    std::uint32_t number_of(const K& key, std::uint64_t hash) {
        const std::size_t mask = slots_.size() - 1;
        std::size_t at = hash & mask;
        for (; slots_[at].number != kNone; at = (at + 1) & mask) {
            if (slots_[at].tag == tag_of(hash) && equal_values(keys_[slots_[at].number].key, key)) {
                return slots_[at].number;
            }
        }
        const auto number = static_cast<std::uint32_t>(keys_.size());
        slots_[at] = {number, tag_of(hash)};
        keys_.push_back(Key{hash, key});
        heap_ += heap_size(key);
        return number;
    }

    // For `count` more keys at most half of the slots are taken.
    void make_room(std::uint32_t count) {
        std::size_t size = std::max(kFirstSlots, slots_.size());
        while ((keys_.size() + count) * 2 > size) {
            size *= 2;
        }
        if (size == slots_.size()) {
            return;
        }
        slots_.assign(size, Slot());
        for (std::uint32_t i = 0; i < keys_.size(); ++i) {
            std::size_t at = keys_[i].hash & (size - 1);
            while (slots_[at].number != kNone) {
                at = (at + 1) & (size - 1);
            }
            slots_[at] = {i, tag_of(keys_[i].hash)};
        }
    }

    // Counts what collect() will take as well.
    void reserve() {
        std::size_t held = slots_.size() * sizeof(Slot) + heap_ +
                           keys_.capacity() * (sizeof(Key) + sizeof(Groups<Vs...>));
        std::apply(
            [&held](const auto&... log) {
                ((held += static_cast<std::size_t>(2 * log.values.memory() + log.numbers.memory())),
                 ...);
            },
            logs_);
        const auto more = static_cast<std::int64_t>(held) - reserved_;
        reserved_ += more;
        if (more > 0) {
            budget_.reserve(more);
        } else {
            budget_.release(-more);
        }
    }

    template <std::size_t... Inputs>
    void collect(std::vector<Groups<Vs...>>& groups, std::index_sequence<Inputs...>) {
        (collect_input<Inputs>(groups), ...);
    }
    template <std::size_t Input>
    void collect_input(std::vector<Groups<Vs...>>& groups) {
        for (std::size_t i = 0; i < groups.size(); ++i) {
            values_of<Input>(groups[i]).reserve(keys_[i].counts[Input]);
        }
        auto& log = std::get<Input>(logs_);
        const auto values = log.values.rows();
        const auto numbers = log.numbers.rows();
        for (std::size_t i = 0; i < values.size(); ++i) {
            if (i + kGroupsAhead < values.size()) {
                __builtin_prefetch(&groups[numbers[i + kGroupsAhead]]);
                fetch_end(values_of<Input>(groups[numbers[i + kGroupsAhead / 2]]));
            }
            values_of<Input>(groups[numbers[i]]).push_back(std::move(values[i]));
        }
        log.clear();
    }
    template <typename V>
    static void fetch_end(const std::vector<V>& values) {
        if constexpr (!std::is_same_v<V, bool>) {
            __builtin_prefetch(values.data() + values.size(), 1);
        }
    }

    rdd::SpillingBudget& budget_;
    std::vector<Key> keys_;    // in the order in which they were first seen
    std::vector<Slot> slots_;  // a power of two of them
    std::tuple<Log<Vs>...> logs_;
    std::size_t heap_ = 0;  // what keys and values own
    std::int64_t reserved_ = 0;
};

template <typename K, typename... Vs>
class GroupHead final : public rdd::Head {
public:
    using Record = std::pair<K, Groups<Vs...>>;

    GroupHead(const rdd::OperatorInit& init, rdd::Sink& next)
        : GroupHead(init, next, std::index_sequence_for<Vs...>()) {}
    static rdd::OperatorEntry entry() {
        rdd::OperatorEntry out;
        out.type_name = typeid(GroupHead).name();
        out.make_head = [](const rdd::OperatorInit& init,
                           rdd::Sink& next) -> std::unique_ptr<rdd::Head> {
            return std::make_unique<GroupHead>(init, next);
        };
        return out;
    }

    rdd::Sink& input(std::size_t index) override { return *inputs_[index]; }
    rdd::Flow close() override {
        if (!parts_.spilling()) {
            (void)emit_groups();
            return output_.flow();
        }
        return parts_.end() && close_parts(std::index_sequence_for<Vs...>()) ? output_.flow()
                                                                             : rdd::Flow::Stop;
    }

private:
    using Table = GroupTable<K, Vs...>;
    static constexpr std::uint32_t kDumpRows = 64;
    // What is refused in the middle of a step is held until its end.
    static constexpr std::uint32_t kStepRows = 256;

    template <std::size_t Input, typename V>
    class Side final : public rdd::Sink {
    public:
        explicit Side(GroupHead& head) : head_(head) {}
        rdd::Flow push(rdd::Batch& batch) override {
            return head_.template take<Input, V>(batch) ? head_.budget_.scope().flow()
                                                        : rdd::Flow::Stop;
        }

    private:
        GroupHead& head_;
    };

    // False: the task has failed.
    template <std::size_t Input, typename V>
    bool take(rdd::Batch& batch) {
        auto* rows = static_cast<std::pair<K, V>*>(batch.rows);
        for (std::uint32_t left = batch.count; left > 0;) {
            if (parts_.spilling()) {
                return parts_.add(Input, rows, left);
            }
            const std::uint32_t n = left < kStepRows ? left : kStepRows;
            table_.template add<Input>(rows, n, batch.movable);
            if (budget_.over() > 0 && !give_way()) {
                return false;
            }
            rows += n;
            left -= n;
        }
        return true;
    }

    // What was refused has been taken already.
    bool give_way() {
        if (!parts_.may_split()) {
            return budget_.insist_on_over();
        }
        const std::int64_t over = budget_.over();
        if (!parts_.begin(table_.held())) {
            return false;
        }
        const bool kept = dump(std::index_sequence_for<Vs...>());
        table_.clear();
        return kept && parts_.settle(over);
    }

    template <std::size_t... Inputs>
    bool dump(std::index_sequence<Inputs...>) {
        return (dump_input<Inputs, Vs>() && ...);
    }
    template <std::size_t Input, typename V>
    bool dump_input() {
        std::vector<std::pair<K, V>> rows;
        rows.reserve(kDumpRows);
        const auto write = [&] {
            const bool kept =
                parts_.add(Input, rows.data(), static_cast<std::uint32_t>(rows.size()));
            rows.clear();
            return kept;
        };
        return table_.template each_row<Input>([&](const K& key, V&& value) {
            rows.emplace_back(key, std::move(value));
            return rows.size() < kDumpRows || write();
        }) && write();
    }

    // Part after part. False: the task has failed, or nothing more is wanted.
    template <std::size_t... Inputs>
    bool close_parts(std::index_sequence<Inputs...>) {
        while (parts_.next()) {
            if (!(parts_.read(Inputs,
                              [this](rdd::Batch& batch) { return take<Inputs, Vs>(batch); }) &&
                  ...)) {
                return false;
            }
            if (parts_.spilling() ? !parts_.end() : !emit_groups()) {
                return false;
            }
        }
        return true;
    }

    bool emit_groups() {
        table_.each_group([this](K&& key, Groups<Vs...>&& values) {
            output_.add(std::move(key), std::move(values));
            return output_.flow() == rdd::Flow::Continue;
        });
        (void)output_.flush();
        table_.clear();
        return output_.flow() == rdd::Flow::Continue;
    }

    template <std::size_t... Inputs>
    GroupHead(const rdd::OperatorInit& init, rdd::Sink& next, std::index_sequence<Inputs...>)
        : budget_(init.scope, init.operation),
          table_(budget_),
          parts_(budget_, {&face_of<std::pair<K, Vs>>()...}),
          output_(init.scope, next) {
        (inputs_.push_back(std::make_unique<Side<Inputs, Vs>>(*this)), ...);
    }

    rdd::SpillingBudget budget_;
    Table table_;
    rdd::SpillParts parts_;  // kinds are inputs
    std::vector<std::unique_ptr<rdd::Sink>> inputs_;
    Output<Record> output_;
};

// ---- what becomes of the groups of two inputs --------------------------------------------------

template <typename K, typename V, typename W>
struct LeftOuterRows {
    using Out = std::pair<K, std::pair<V, std::optional<W>>>;
    void operator()(const std::pair<K, Groups<V, W>>& group, Emit<Out>& emit) const {
        for (const V& left : group.second.first) {
            if (group.second.second.empty()) {
                emit(group.first, std::pair<V, std::optional<W>>(left, std::nullopt));
            }
            for (const W& right : group.second.second) {
                emit(group.first, std::pair<V, std::optional<W>>(left, right));
            }
        }
    }
};
template <typename K, typename V, typename W>
struct RightOuterRows {
    using Out = std::pair<K, std::pair<std::optional<V>, W>>;
    void operator()(const std::pair<K, Groups<V, W>>& group, Emit<Out>& emit) const {
        if (group.second.first.empty()) {
            for (const W& right : group.second.second) {
                emit(group.first, std::pair<std::optional<V>, W>(std::nullopt, right));
            }
        }
        for (const V& left : group.second.first) {
            for (const W& right : group.second.second) {
                emit(group.first, std::pair<std::optional<V>, W>(left, right));
            }
        }
    }
};
template <typename K, typename V, typename W>
struct FullOuterRows {
    using Both = std::pair<std::optional<V>, std::optional<W>>;
    using Out = std::pair<K, Both>;
    void operator()(const std::pair<K, Groups<V, W>>& group, Emit<Out>& emit) const {
        const auto& [lefts, rights] = group.second;
        if (lefts.empty()) {
            for (const W& right : rights) {
                emit(group.first, Both(std::nullopt, right));
            }
        }
        for (const V& left : lefts) {
            if (rights.empty()) {
                emit(group.first, Both(left, std::nullopt));
            }
            for (const W& right : rights) {
                emit(group.first, Both(left, right));
            }
        }
    }
};
template <typename K, typename V, typename W>
struct UnmatchedRows {
    using Out = std::pair<K, V>;
    void operator()(const std::pair<K, Groups<V, W>>& group, Emit<Out>& emit) const {
        if (group.second.second.empty()) {
            for (const V& left : group.second.first) {
                emit(group.first, left);
            }
        }
    }
};
template <typename K, typename V, typename W>
struct MatchedKeys {
    using Out = K;
    void operator()(const std::pair<K, Groups<V, W>>& group, Emit<Out>& emit) const {
        if (!group.second.first.empty() && !group.second.second.empty()) {
            emit(group.first);
        }
    }
};

}  // namespace heddle::api
