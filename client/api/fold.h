#pragma once

// One value made of all records of a partition: behind fold, aggregate, their tree forms, the
// statistics and the counts. The zero value travels with the function, so each partition begins
// with a copy of its own.

#include <cstdint>
#include <memory>
#include <string>
#include <tuple>
#include <type_traits>
#include <typeinfo>
#include <utility>

#include "client/api/actions.h"
#include "client/api/composed.h"
#include "client/api/face.h"
#include "client/api/function.h"
#include "client/api/kernels.h"
#include "common/rdd/operator.h"
#include "common/rdd/scope.h"

namespace heddle::api {

template <typename U, typename F>
struct FoldFrom {
    using State = U;
    using Parts = std::tuple<U, F>;
    U state{};  // at first the zero value
    F function{};
    static auto parts(auto& self) { return std::tie(self.state, self.function); }
};

template <typename U>
constexpr void require_state() {
    static_assert(IsRecord<U>::value, "heddle: the zero value has to be a record");
    static_assert(!has_views<U>(),
                  "heddle: the zero value holds string views, which end with the task; use "
                  "std::string in it");
}

// What the action and the operator share.
template <typename T, typename Fold>
class Folding {
public:
    Folding(const rdd::OperatorInit& init, Fold fold)
        : fold_(std::move(fold)), budget_(init.scope, init.operation) {
        begin_partition(fold_.function, init.partition);
    }
    ~Folding() { budget_.release(reserved_); }
    Folding(const Folding&) = delete;
    Folding& operator=(const Folding&) = delete;

    rdd::Flow push(const rdd::Batch& batch) {
        const T* const rows = static_cast<const T*>(batch.rows);
        std::uint32_t i = 0;
        try {
            for (; i < batch.count; ++i) {
                fold_.state = fold_.function(std::move(fold_.state), rows[i]);
            }
        } catch (...) {
            budget_.scope().fail_in_user_code(budget_.operation(), &face_of<T>(), rows + i);
            return rdd::Flow::Stop;
        }
        return hold(1) ? budget_.scope().flow() : rdd::Flow::Stop;
    }
    /// Draws on the budget for so many copies of the state. False: the task has failed.
    bool hold(std::int64_t copies) {
        const std::int64_t held = copies * static_cast<std::int64_t>(heap_size(fold_.state));
        const std::int64_t more = held - std::exchange(reserved_, held);
        if (more < 0) {
            budget_.release(-more);
        }
        return more <= 0 || budget_.reserve(more);
    }
    typename Fold::State& state() { return fold_.state; }

private:
    Fold fold_;
    rdd::OperatorBudget budget_;
    std::int64_t reserved_ = 0;
};

// Answers the state in the form of "collect".
template <typename T, typename Fold>
class FoldAction final : public rdd::Action {
public:
    FoldAction(const rdd::OperatorInit& init, Fold fold) : folding_(init, std::move(fold)) {}
    static rdd::OperatorEntry entry() { return action_entry<FoldAction, Fold>(); }

    rdd::Flow push(rdd::Batch& batch) override { return folding_.push(batch); }
    rdd::Bytes result() override {
        rdd::ByteWriter out;
        out.count(1);
        if (folding_.hold(2)) {  // once more, as bytes
            encode_value(folding_.state(), out);
        }
        return out.take();
    }

private:
    Folding<T, Fold> folding_;
};

// The state as the only record of its partition.
template <typename T, typename Fold>
class FoldOperator final : public rdd::Operator {
public:
    FoldOperator(const rdd::OperatorInit& init, rdd::Sink& next, Fold fold)
        : folding_(init, std::move(fold)), output_(init.scope, next) {}
    static rdd::OperatorEntry entry() { return operator_entry<FoldOperator, Fold>(); }

    rdd::Flow push(rdd::Batch& batch) override { return folding_.push(batch); }
    rdd::Flow close() override {
        output_.add(std::move(folding_.state()));
        return output_.flush();
    }

private:
    Folding<T, Fold> folding_;
    Output<typename Fold::State> output_;
};

// A reduction as a fold that begins with nothing.
template <typename T, typename F>
struct ReduceInto {
    using Parts = std::tuple<F>;
    F function{};
    static auto parts(auto& self) { return std::tie(self.function); }
    std::optional<T> operator()(std::optional<T> sum, const T& record) {
        return sum ? std::optional<T>(function(std::move(*sum), record)) : std::optional<T>(record);
    }
};
template <typename T, typename F>
struct ReduceBoth {
    using Parts = std::tuple<F>;
    F function{};
    static auto parts(auto& self) { return std::tie(self.function); }
    std::optional<T> operator()(std::optional<T> a, const std::optional<T>& b) {
        if (a && b) {
            return std::optional<T>(function(std::move(*a), *b));
        }
        return a ? std::move(a) : b;
    }
};

// Partial results of tree_aggregate: to the group of their partition, and to that group's reducer.
template <typename U>
struct KeyByGroup {
    using Parts = std::tuple<std::int32_t>;
    std::int32_t groups = 1;
    std::int32_t group = 0;
    static auto parts(auto& self) { return std::tie(self.groups); }
    void begin_partition(rdd::Partition partition) { group = partition % groups; }
    std::pair<std::int32_t, U> operator()(const U& value) const { return {group, value}; }
};
struct KeyIsPartition {
    std::int64_t operator()(std::int32_t key) const { return key; }
};

}  // namespace heddle::api
