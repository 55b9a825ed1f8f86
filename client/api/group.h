#pragma once

// The values of each key from one to four inputs: group_by_key, cogroup, and what is made of it.
// Keys come out in the order in which they were first seen, values in the order of their input.

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

    explicit GroupTable(rdd::OperatorBudget& budget) : budget_(budget) {}
    ~GroupTable() { budget_.release(reserved_); }
    GroupTable(const GroupTable&) = delete;
    GroupTable& operator=(const GroupTable&) = delete;

    /// False: the task has failed.
    template <std::size_t Input, typename Record>
    bool add(Record* rows, std::uint32_t count, bool movable) {
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
        return bytes == 0 || budget_.reserve(bytes);
    }
    std::vector<Group>& groups() { return groups_; }
    void clear() {
        groups_ = {};
        slots_ = {};
        budget_.release(std::exchange(reserved_, 0));
    }

private:
    static constexpr std::uint32_t kNone = UINT32_MAX;

    template <std::size_t Input>
    static auto& values_of(Group& group) {
        if constexpr (sizeof...(Vs) == 1) {
            return group.values;
        } else {
            return std::get<Input>(group.values);
        }
    }
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

    rdd::OperatorBudget& budget_;
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
        for (auto& group : table_.groups()) {
            output_.add(std::move(group.key), std::move(group.values));
            if (output_.flow() == rdd::Flow::Stop) {
                break;
            }
        }
        const rdd::Flow flow = output_.flush();
        table_.clear();
        return flow;
    }

private:
    using Table = GroupTable<K, Vs...>;

    template <std::size_t Input, typename V>
    class Side final : public rdd::Sink {
    public:
        Side(Table& table, rdd::TaskScope& scope) : table_(table), scope_(scope) {}
        rdd::Flow push(rdd::Batch& batch) override {
            auto* const rows = static_cast<std::pair<K, V>*>(batch.rows);
            return table_.template add<Input>(rows, batch.count, batch.movable) ? scope_.flow()
                                                                                : rdd::Flow::Stop;
        }

    private:
        Table& table_;
        rdd::TaskScope& scope_;
    };

    template <std::size_t... Inputs>
    GroupHead(const rdd::OperatorInit& init, rdd::Sink& next, std::index_sequence<Inputs...>)
        : budget_(init.scope, init.operation), table_(budget_), output_(init.scope, next) {
        (inputs_.push_back(std::make_unique<Side<Inputs, Vs>>(table_, init.scope)), ...);
    }

    rdd::OperatorBudget budget_;
    Table table_;
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
