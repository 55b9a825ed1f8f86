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
        : function_(std::move(function)), scope_(init.scope), operation_(init.operation) {}
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
        return rdd::Flow::Continue;
    }
    rdd::Bytes result() override {
        rdd::ByteWriter out;
        out.count(value_ ? 1 : 0);
        if (value_) {
            encode_value(*value_, out);
        }
        return out.take();
    }

private:
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
        : limit_(limit), less_(std::move(less)), scope_(init.scope), operation_(init.operation) {}
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
                    best_.push_back(own_value(rows[i], arena_));
                    std::push_heap(best_.begin(), best_.end(), greater);
                } else if (less_(best_.front(), rows[i])) {
                    std::pop_heap(best_.begin(), best_.end(), greater);
                    best_.back() = own_value(rows[i], arena_);
                    std::push_heap(best_.begin(), best_.end(), greater);
                }
            }
        } catch (...) {
            scope_.fail_in_user_code(operation_, &face_of<T>(), rows + i);
            return rdd::Flow::Stop;
        }
        return rdd::Flow::Continue;
    }
    rdd::Bytes result() override {
        rdd::ByteWriter out;
        out.count(best_.size());
        for (const T& record : best_) {
            encode_value(record, out);
        }
        return out.take();
    }

private:
    std::uint64_t limit_;
    Less less_;
    rdd::TaskScope& scope_;
    std::string operation_;
    // A view shows memory of the batch, which its maker may use again for the next one: what is
    // kept is kept here.
    rdd::Arena arena_;
    std::vector<T> best_;
};

}  // namespace heddle::api
