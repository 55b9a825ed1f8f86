#pragma once

// The values of each key from one to four inputs: group_by_key, cogroup, and what is made of it.
// Keys come out in the order in which they were first seen, as long as memory lasts, values always
// in the order of their input. What is refused memory spills (common/rdd/spill_parts.h); the values
// of one key have to fit.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <tuple>
#include <typeinfo>
#include <utility>
#include <vector>

#include "client/api/composed.h"
#include "client/api/face.h"
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

// Views in rows last as long as the task, so rows are kept as they are.
template <typename K, typename... Vs>
class GroupTable {
public:
    struct Group {
        std::uint64_t hash;
        K key;
        Groups<Vs...> values;
    };

    explicit GroupTable(rdd::SpillingBudget& budget) : budget_(budget) {}
    ~GroupTable() { budget_.release(reserved_); }
    GroupTable(const GroupTable&) = delete;
    GroupTable& operator=(const GroupTable&) = delete;

    template <std::size_t Input, typename Record>
    void add(Record* rows, std::uint32_t count, bool movable) {
        std::int64_t bytes = 0;
        for (std::uint32_t i = 0; i < count; ++i) {
            auto& values = values_of<Input>(find(rows[i].first, bytes));
            const std::size_t before = values.capacity();
            if (movable) {
                values.push_back(std::move(rows[i].second));
            } else {
                values.push_back(std::as_const(rows[i].second));
            }
            using Value = typename Record::second_type;
            bytes += static_cast<std::int64_t>((values.capacity() - before) * sizeof(Value));
            if constexpr (!std::is_same_v<Value, bool>) {
                bytes += static_cast<std::int64_t>(heap_size(values.back()));
            }
        }
        reserved_ += bytes;
        budget_.reserve(bytes);
    }
    std::vector<Group>& groups() { return groups_; }
    std::int64_t held() const { return reserved_; }
    void clear() {
        groups_ = std::vector<Group>();  // = {} would keep the memory
        slots_ = std::vector<std::uint32_t>();
        budget_.release(std::exchange(reserved_, 0));
    }

    template <std::size_t Input>
    static auto& values_of(Group& group) {
        if constexpr (sizeof...(Vs) == 1) {
            return group.values;
        } else {
            return std::get<Input>(group.values);
        }
    }

private:
    static constexpr std::uint32_t kNone = UINT32_MAX;

    Group& find(const K& key, std::int64_t& bytes) {
        if ((groups_.size() + 1) * 2 > slots_.size()) {
            grow(bytes);
        }
        const std::uint64_t hash = hash_value(key);
        const std::size_t mask = slots_.size() - 1;
        std::size_t at = hash & mask;
        for (; slots_[at] != kNone; at = (at + 1) & mask) {
            Group& group = groups_[slots_[at]];
            if (group.hash == hash && equal_values(group.key, key)) {
                return group;
            }
        }
        slots_[at] = static_cast<std::uint32_t>(groups_.size());
        bytes += static_cast<std::int64_t>(sizeof(Group) + heap_size(key));
        return groups_.emplace_back(Group{hash, key, {}});
    }
    void grow(std::int64_t& bytes) {
        const std::size_t size = slots_.empty() ? 1024 : 2 * slots_.size();
        bytes += static_cast<std::int64_t>((size - slots_.size()) * sizeof(std::uint32_t));
        slots_.assign(size, kNone);
        for (std::uint32_t i = 0; i < groups_.size(); ++i) {
            std::size_t at = groups_[i].hash & (size - 1);
            while (slots_[at] != kNone) {
                at = (at + 1) & (size - 1);
            }
            slots_[at] = i;
        }
    }

    rdd::SpillingBudget& budget_;
    std::vector<Group> groups_;
    std::vector<std::uint32_t> slots_;  // positions in groups_; a power of two of them
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
        for (auto& group : table_.groups()) {
            for (auto&& value : Table::template values_of<Input>(group)) {
                rows.emplace_back(group.key, std::move(value));
                if (rows.size() == kDumpRows && !write()) {
                    return false;
                }
            }
        }
        return write();
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
        for (auto& group : table_.groups()) {
            output_.add(std::move(group.key), std::move(group.values));
            if (output_.flow() == rdd::Flow::Stop) {
                break;
            }
        }
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
