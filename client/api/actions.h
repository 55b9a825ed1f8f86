#pragma once

// Actions that need the record type: what a task answers for its partition.

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <typeinfo>
#include <utility>
#include <vector>

#include "client/api/codec.h"
#include "client/api/face.h"
#include "client/api/function.h"
#include "common/rdd/arena.h"
#include "common/rdd/operator.h"
#include "common/rdd/scope.h"

namespace heddle::api {

template <typename Self, typename F>
rdd::OperatorEntry action_entry() {
    rdd::OperatorEntry out;
    out.type_name = typeid(Self).name();
    out.make_action = [](const rdd::OperatorInit& init) -> std::unique_ptr<rdd::Action> {
        F function{};
        if (!decode_function(init.payload, function)) {
            return nullptr;
        }
        return std::make_unique<Self>(init, std::move(function));
    };
    return out;
}

// Answers a count of 0 or 1, then the value: the form of "collect".
template <typename T, typename F>
class ReduceAction final : public rdd::Action {
public:
    ReduceAction(const rdd::OperatorInit& init, F function)
        : function_(std::move(function)),
          scope_(init.scope),
          operation_(init.operation),
          budget_(init.scope, init.operation) {}
    ~ReduceAction() override { budget_.release(reserved_); }
    static rdd::OperatorEntry entry() { return action_entry<ReduceAction, F>(); }

    rdd::Flow push(rdd::Batch& batch) override {
        const T* const rows = static_cast<const T*>(batch.rows);
        std::uint32_t i = 0;
        try {
            if (!value_ && batch.count > 0) {
                value_.emplace(rows[0]);
                i = 1;
            }
            for (; i < batch.count; ++i) {
                *value_ = function_(std::move(*value_), rows[i]);
            }
            keep();
        } catch (...) {
            scope_.fail_in_user_code(operation_, &face_of<T>(), rows + i);
            return rdd::Flow::Stop;
        }
        return hold(0) ? rdd::Flow::Continue : rdd::Flow::Stop;
    }
    rdd::Bytes result() override {
        rdd::ByteWriter out;
        out.count(value_ ? 1 : 0);
        if (value_ && hold(held())) {  // once more, as bytes
            encode_value(*value_, out);
        }
        return out.take();
    }

private:
    // Draws on the budget for the value, which functions may make longer and longer, and `more`.
    bool hold(std::int64_t more) {
        const std::int64_t wanted = held() + more - std::exchange(reserved_, held() + more);
        if (wanted < 0) {
            budget_.release(-wanted);
        }
        return wanted <= 0 || budget_.reserve(wanted);
    }
    std::int64_t held() const {
        const std::size_t kept = arena_ ? arena_->capacity() : 0;
        return static_cast<std::int64_t>(kept + (value_ ? heap_size(*value_) : 0));
    }
    // A view shows memory of the batch, which its maker may use again for the next one.
    void keep() {
        if constexpr (has_views<T>()) {
            if (value_) {
                auto fresh = std::make_unique<rdd::Arena>();
                value_ = own_value(*value_, *fresh);
                arena_ = std::move(fresh);
            }
        }
    }

    F function_;
    rdd::TaskScope& scope_;
    std::string operation_;
    rdd::OperatorBudget budget_;
    std::int64_t reserved_ = 0;
    std::unique_ptr<rdd::Arena> arena_;  // what value_ shows
    std::optional<T> value_;
};

template <typename T, typename F>
class ForeachAction final : public rdd::Action {
public:
    ForeachAction(const rdd::OperatorInit& init, F function)
        : function_(std::move(function)), scope_(init.scope), operation_(init.operation) {}
    static rdd::OperatorEntry entry() { return action_entry<ForeachAction, F>(); }

    rdd::Flow push(rdd::Batch& batch) override {
        const T* const rows = static_cast<const T*>(batch.rows);
        std::uint32_t i = 0;
        try {
            for (; i < batch.count; ++i) {
                function_(rows[i]);
            }
        } catch (...) {
            scope_.fail_in_user_code(operation_, &face_of<T>(), rows + i);
            return rdd::Flow::Stop;
        }
        return rdd::Flow::Continue;
    }
    rdd::Bytes result() override { return {}; }

private:
    F function_;
    rdd::TaskScope& scope_;
    std::string operation_;
};

// The `limit` greatest records, greatest first, in the form of "collect".
template <typename T, typename Less>
class TopAction final : public rdd::Action {
public:
    TopAction(const rdd::OperatorInit& init, std::uint64_t limit, Less less)
        : limit_(limit),
          less_(std::move(less)),
          scope_(init.scope),
          operation_(init.operation),
          budget_(init.scope, init.operation),
          arena_(std::make_unique<rdd::Arena>(&budget_)) {}
    ~TopAction() override { budget_.release(reserved_); }
    static rdd::OperatorEntry entry() {
        rdd::OperatorEntry out;
        out.type_name = typeid(TopAction).name();
        out.make_action = [](const rdd::OperatorInit& init) -> std::unique_ptr<rdd::Action> {
            rdd::ByteReader in(init.payload);
            const auto limit = in.number<std::uint64_t>();
            Less less{};
            if (in.failed() || !decode_function(in.raw(in.left()), less)) {
                return nullptr;
            }
            return std::make_unique<TopAction>(init, limit, std::move(less));
        };
        return out;
    }

    rdd::Flow push(rdd::Batch& batch) override {
        const T* const rows = static_cast<const T*>(batch.rows);
        const auto greater = [this](const T& a, const T& b) { return less_(b, a); };
        std::uint32_t i = 0;
        try {
            for (; i < batch.count && limit_ > 0; ++i) {
                if (best_.size() < limit_) {
                    best_.push_back(own_value(rows[i], *arena_));
                    heap_ += static_cast<std::int64_t>(heap_size(best_.back()));
                    std::push_heap(best_.begin(), best_.end(), greater);
                } else if (less_(best_.front(), rows[i])) {
                    std::pop_heap(best_.begin(), best_.end(), greater);
                    heap_ -= static_cast<std::int64_t>(heap_size(best_.back()));
                    best_.back() = own_value(rows[i], *arena_);
                    heap_ += static_cast<std::int64_t>(heap_size(best_.back()));
                    std::push_heap(best_.begin(), best_.end(), greater);
                }
            }
        } catch (...) {
            scope_.fail_in_user_code(operation_, &face_of<T>(), rows + i);
            return rdd::Flow::Stop;
        }
        compact();
        return hold(held()) ? scope_.flow() : rdd::Flow::Stop;  // the arena may have been refused
    }
    rdd::Bytes result() override {
        rdd::ByteWriter out;
        out.count(best_.size());
        for (const T& record : best_) {
            encode_value(record, out);
            if (!hold(held() + static_cast<std::int64_t>(out.capacity()))) {
                return {};
            }
        }
        return out.take();
    }

private:
    static constexpr std::size_t kCompactBytes = std::size_t{1} << 20;

    // Records that were overtaken leave their bytes in the arena: some time it is made anew.
    void compact() {
        if constexpr (has_views<T>()) {
            if (arena_->capacity() > 2 * compacted_ + kCompactBytes) {
                auto fresh = std::make_unique<rdd::Arena>(&budget_);
                for (T& record : best_) {
                    record = own_value(record, *fresh);
                }
                arena_ = std::move(fresh);
                compacted_ = arena_->capacity();
            }
        }
    }
    std::int64_t held() const {
        return static_cast<std::int64_t>(best_.capacity() * sizeof(T)) + heap_;
    }
    bool hold(std::int64_t bytes) {
        const std::int64_t more = bytes - reserved_;
        if (more <= 0) {
            return true;
        }
        reserved_ = bytes;
        return budget_.reserve(more);
    }

    std::uint64_t limit_;
    Less less_;
    rdd::TaskScope& scope_;
    std::string operation_;
    rdd::OperatorBudget budget_;
    std::int64_t reserved_ = 0;
    std::int64_t heap_ = 0;  // of the records in best_
    // A view shows memory of the batch, which its maker may use again for the next one: what is
    // kept is kept here.
    std::unique_ptr<rdd::Arena> arena_;
    std::size_t compacted_ = 0;  // the arena's capacity when it was made
    std::vector<T> best_;
};

}  // namespace heddle::api
