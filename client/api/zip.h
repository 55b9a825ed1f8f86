#pragma once

// Operators that see partitions of several RDDs at once: zip, zip_partitions and cartesian.

#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <tuple>
#include <typeinfo>
#include <utility>
#include <vector>

#include "client/api/composed.h"
#include "client/api/face.h"
#include "client/api/function.h"
#include "client/api/kernels.h"
#include "common/rdd/operator.h"
#include "common/rdd/scope.h"

namespace heddle::api {

// All rows of one input.
template <typename T>
class RowsSink final : public rdd::Sink {
public:
    explicit RowsSink(const rdd::OperatorInit& init) : budget_(init.scope, init.operation) {}
    ~RowsSink() override { budget_.release(reserved_); }

    rdd::Flow push(rdd::Batch& batch) override {
        T* const rows = static_cast<T*>(batch.rows);
        if (batch.movable) {
            rows_.insert(rows_.end(), std::move_iterator(rows),
                         std::move_iterator(rows + batch.count));
        } else {
            rows_.insert(rows_.end(), rows, rows + batch.count);
        }
        std::int64_t more = static_cast<std::int64_t>(rows_.capacity() * sizeof(T)) - slots_;
        slots_ += more;
        for (auto row = rows_.end() - batch.count; row != rows_.end(); ++row) {
            more += static_cast<std::int64_t>(heap_size(*row));
        }
        reserved_ += more;
        return more == 0 || budget_.reserve(more) ? budget_.scope().flow() : rdd::Flow::Stop;
    }
    std::span<const T> rows() const { return rows_; }

private:
    rdd::OperatorBudget budget_;
    std::vector<T> rows_;
    std::int64_t slots_ = 0;  // bytes of the vector
    std::int64_t reserved_ = 0;
};

template <typename Self, typename F>
rdd::OperatorEntry head_entry() {
    rdd::OperatorEntry out;
    out.type_name = typeid(Self).name();
    out.make_head = [](const rdd::OperatorInit& init,
                       rdd::Sink& next) -> std::unique_ptr<rdd::Head> {
        F function{};
        if (!decode_function(init.payload, function)) {
            return nullptr;
        }
        return std::make_unique<Self>(init, next, std::move(function));
    };
    return out;
}

template <typename F, typename Out, typename... Ts>
class PartitionsHead final : public rdd::Head {
public:
    PartitionsHead(const rdd::OperatorInit& init, rdd::Sink& next, F function)
        : function_(std::move(function)),
          scope_(init.scope),
          operation_(init.operation),
          inputs_(std::make_unique<RowsSink<Ts>>(init)...),
          output_(init.scope, next) {}
    static rdd::OperatorEntry entry() { return head_entry<PartitionsHead, F>(); }

    rdd::Sink& input(std::size_t index) override {
        rdd::Sink* found = nullptr;
        std::size_t at = 0;
        std::apply([&](auto&... sinks) { ((at++ == index ? found = sinks.get() : nullptr), ...); },
                   inputs_);
        return *found;
    }
    rdd::Flow close() override {
        Emit<Out> emit(output_);
        try {
            std::apply(
                [&](auto&... sinks) {
                    if constexpr (std::is_invocable_v<F&, std::span<const Ts>..., Emit<Out>&>) {
                        function_(sinks->rows()..., emit);
                    } else {
                        emit_all(function_(sinks->rows()...), emit);
                    }
                },
                inputs_);
        } catch (...) {
            scope_.fail_in_user_code(operation_, nullptr, nullptr);
            return rdd::Flow::Stop;
        }
        return output_.flush();
    }

private:
    F function_;
    rdd::TaskScope& scope_;
    std::string operation_;
    std::tuple<std::unique_ptr<RowsSink<Ts>>...> inputs_;
    Output<Out> output_;
};

template <typename T, typename U>
struct ZipRows {
    void operator()(std::span<const T> left, std::span<const U> right,
                    Emit<std::pair<T, U>>& emit) const {
        if (left.size() != right.size()) {
            throw std::length_error(
                "can only zip RDDs with the same number of records in each partition: here they "
                "have " +
                std::to_string(left.size()) + " and " + std::to_string(right.size()));
        }
        for (std::size_t i = 0; i < left.size(); ++i) {
            emit(left[i], right[i]);
        }
    }
};

// Input 0 is the right side, which is kept, so that the left side need not be.
template <typename T, typename U>
class CartesianHead final : public rdd::Head {
public:
    CartesianHead(const rdd::OperatorInit& init, rdd::Sink& next)
        : right_(init), left_(right_, init.scope, next) {}
    static rdd::OperatorEntry entry() {
        rdd::OperatorEntry out;
        out.type_name = typeid(CartesianHead).name();
        out.make_head = [](const rdd::OperatorInit& init,
                           rdd::Sink& next) -> std::unique_ptr<rdd::Head> {
            return std::make_unique<CartesianHead>(init, next);
        };
        return out;
    }
    rdd::Sink& input(std::size_t index) override {
        if (index == 0) {
            return right_;
        }
        return left_;
    }
    rdd::Flow close() override { return left_.flush(); }

private:
    class Left final : public rdd::Sink {
    public:
        Left(const RowsSink<U>& right, rdd::TaskScope& scope, rdd::Sink& next)
            : right_(right), output_(scope, next) {}
        rdd::Flow push(rdd::Batch& batch) override {
            const T* const rows = static_cast<const T*>(batch.rows);
            for (std::uint32_t i = 0; i < batch.count; ++i) {
                for (const U& other : right_.rows()) {
                    output_.add(rows[i], other);
                    if (output_.flow() == rdd::Flow::Stop) {
                        return rdd::Flow::Stop;
                    }
                }
            }
            return rdd::Flow::Continue;
        }
        rdd::Flow flush() { return output_.flush(); }

    private:
        const RowsSink<U>& right_;
        Output<std::pair<T, U>> output_;
    };

    RowsSink<U> right_;
    Left left_;
};

}  // namespace heddle::api
