#pragma once

// The narrow operators: what runs once per record. Each takes a batch, runs the user's function
// over it in one loop, and pushes batches on.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <vector>

#include "client/api/composed.h"
#include "client/api/face.h"
#include "client/api/function.h"
#include "client/api/growing_rows.h"
#include "common/rdd/operator.h"
#include "common/rdd/scope.h"

namespace heddle {

namespace api {

// Rows on their way to the next sink.
template <typename T>
class Output {
public:
    Output(rdd::TaskScope& scope, rdd::Sink& next)
        : face_(face_of<T>()),
          scope_(scope),
          next_(next),
          rows_(std::allocator<T>().allocate(rdd::kBatchRecords)) {}
    ~Output() {
        clear();
        std::allocator<T>().deallocate(rows_, rdd::kBatchRecords);
    }
    Output(const Output&) = delete;
    Output& operator=(const Output&) = delete;

    template <typename... Args>
    void add(Args&&... args) {
        new (rows_ + count_) T(std::forward<Args>(args)...);
        if (++count_ == rdd::kBatchRecords) {
            flush();
        }
    }
    /// Pushes what is there. After Stop, rows are taken and thrown away.
    rdd::Flow flush() {
        if (count_ != 0 && flow_ == rdd::Flow::Continue) {
            rdd::Batch batch;
            batch.count = count_;
            batch.rows = rows_;
            batch.face = &face_;
            batch.movable = true;
            flow_ = next_.push(batch);
            if (scope_.stopped()) {
                flow_ = rdd::Flow::Stop;
            }
        }
        clear();
        return flow_;
    }
    rdd::Flow flow() const { return flow_; }
    rdd::TaskScope& scope() { return scope_; }

    // For loops that fill a whole batch without asking after each row.
    T* rows() { return rows_; }
    void set_count(std::uint32_t count) { count_ = count; }

private:
    void clear() {
        FaceFunctions<T>::destroy(rows_, count_);
        count_ = 0;
    }

    const rdd::RecordFace& face_;
    rdd::TaskScope& scope_;
    rdd::Sink& next_;
    T* rows_;
    std::uint32_t count_ = 0;
    rdd::Flow flow_ = rdd::Flow::Continue;
};

// Common to the operators that run a function over rows of In and push rows of Out.
template <typename In, typename Out, typename F>
class FunctionOperator : public rdd::Operator {
public:
    FunctionOperator(const rdd::OperatorInit& init, rdd::Sink& next, F function)
        : function_(std::move(function)),
          scope_(init.scope),
          operation_(init.operation),
          output_(init.scope, next) {
        begin_partition(function_, init.partition);
    }
    rdd::Flow close() override { return output_.flush(); }

protected:
    // In a catch block: the function threw at `row`.
    rdd::Flow failed(const void* row) {
        scope_.fail_in_user_code(operation_, &face_of<In>(), row);
        return rdd::Flow::Stop;
    }

    F function_;
    rdd::TaskScope& scope_;
    std::string operation_;
    Output<Out> output_;
};

template <typename Self, typename F>
std::unique_ptr<rdd::Operator> make_function_operator(const rdd::OperatorInit& init,
                                                      rdd::Sink& next) {
    F function{};
    if (!decode_function(init.payload, function)) {
        return nullptr;
    }
    return std::make_unique<Self>(init, next, std::move(function));
}

template <typename Self, typename F>
rdd::OperatorEntry operator_entry() {
    rdd::OperatorEntry out;
    out.type_name = typeid(Self).name();
    out.make_operator = make_function_operator<Self, F>;
    return out;
}

template <typename In, typename Out, typename F>
class MapOperator final : public FunctionOperator<In, Out, F> {
public:
    using FunctionOperator<In, Out, F>::FunctionOperator;
    static rdd::OperatorEntry entry() { return operator_entry<MapOperator, F>(); }

    rdd::Flow push(rdd::Batch& batch) override {
        const In* rows = static_cast<const In*>(batch.rows);
        std::uint32_t left = batch.count;
        while (left > 0) {
            const std::uint32_t n = left < rdd::kBatchRecords ? left : rdd::kBatchRecords;
            Out* const out = this->output_.rows();
            std::uint32_t i = 0;
            try {
                for (; i < n; ++i) {
                    new (out + i) Out(this->function_(rows[i]));
                }
            } catch (...) {
                this->output_.set_count(i);
                return this->failed(rows + i);
            }
            this->output_.set_count(n);
            if (this->output_.flush() == rdd::Flow::Stop) {
                return rdd::Flow::Stop;
            }
            rows += n;
            left -= n;
        }
        return rdd::Flow::Continue;
    }
};

template <typename T, typename F>
class FilterOperator final : public FunctionOperator<T, T, F> {
public:
    using FunctionOperator<T, T, F>::FunctionOperator;
    static rdd::OperatorEntry entry() { return operator_entry<FilterOperator, F>(); }

    rdd::Flow push(rdd::Batch& batch) override {
        T* const rows = static_cast<T*>(batch.rows);
        std::uint32_t i = 0;
        try {
            for (; i < batch.count; ++i) {
                if (this->function_(std::as_const(rows[i]))) {
                    if (batch.movable) {
                        this->output_.add(std::move(rows[i]));
                    } else {
                        this->output_.add(std::as_const(rows[i]));
                    }
                }
            }
        } catch (...) {
            return this->failed(rows + i);
        }
        return this->output_.flow();
    }
};

}  // namespace api

// What a flat_map function in emit form is given: call it with each record that comes out.
template <typename Out>
class Emit {
public:
    explicit Emit(api::Output<Out>& output) : output_(output) {}
    template <typename... Args>
    void operator()(Args&&... args) {
        output_.add(std::forward<Args>(args)...);
    }
    /// A copy of `text` that lives as long as the task: for a record with views of what the
    /// function made itself. Views of the function's own input need no copy when that is text.
    std::string_view keep(std::string_view text) { return output_.scope().keep(text); }
    /// True when nothing more is wanted; a long loop may end then.
    bool stopped() const { return output_.flow() == rdd::Flow::Stop; }

private:
    api::Output<Out>& output_;
};

namespace api {

template <typename In, typename Out, typename F>
class FlatMapOperator final : public FunctionOperator<In, Out, F> {
public:
    using FunctionOperator<In, Out, F>::FunctionOperator;
    static rdd::OperatorEntry entry() { return operator_entry<FlatMapOperator, F>(); }

    rdd::Flow push(rdd::Batch& batch) override {
        const In* const rows = static_cast<const In*>(batch.rows);
        Emit<Out> emit(this->output_);
        std::uint32_t i = 0;
        try {
            for (; i < batch.count && !emit.stopped(); ++i) {
                if constexpr (std::is_invocable_v<F&, const In&, Emit<Out>&>) {
                    this->function_(rows[i], emit);
                } else {
                    for (auto&& record : this->function_(rows[i])) {
                        emit(std::move(record));
                    }
                }
            }
        } catch (...) {
            return this->failed(rows + i);
        }
        return this->output_.flow();
    }
};

template <typename Out, typename Container>
void emit_all(Container&& records, Emit<Out>& emit) {
    for (auto&& record : records) {
        emit(std::move(record));
    }
}

// The function sees the whole partition at once, so its rows are collected first.
template <typename In, typename Out, typename F>
class PartitionsOperator final : public FunctionOperator<In, Out, F> {
public:
    using Base = FunctionOperator<In, Out, F>;
    PartitionsOperator(const rdd::OperatorInit& init, rdd::Sink& next, F function)
        : Base(init, next, std::move(function)),
          budget_(init.scope, init.operation),
          partition_(init.partition) {}
    ~PartitionsOperator() override { drop_rows(); }
    static rdd::OperatorEntry entry() { return operator_entry<PartitionsOperator, F>(); }

    rdd::Flow push(rdd::Batch& batch) override {
        const In* const rows = static_cast<const In*>(batch.rows);
        if (batch.stable && rows_.size() == 0 &&
            (in_place_.empty() || rows == in_place_.data() + in_place_.size())) {
            in_place_ = {in_place_.empty() ? rows : in_place_.data(),
                         in_place_.size() + batch.count};
            return rdd::Flow::Continue;
        }
        // What was taken for one array is followed by rows that lie elsewhere.
        for (const In& row : std::exchange(in_place_, {})) {
            rows_.add(row);
        }
        for (std::uint32_t i = 0; i < batch.count; ++i) {
            if (batch.movable) {
                rows_.add(std::move(static_cast<In*>(batch.rows)[i]));
            } else {
                rows_.add(rows[i]);
            }
        }
        return reserve() ? rdd::Flow::Continue : rdd::Flow::Stop;
    }
    rdd::Flow close() override {
        Emit<Out> emit(this->output_);
        const std::span<const In> rows = in_place_.empty() ? rows_.rows() : in_place_;
        try {
            using Span = std::span<const In>;
            if constexpr (std::is_invocable_v<F&, rdd::Partition, Span, Emit<Out>&>) {
                this->function_(partition_, rows, emit);
            } else if constexpr (std::is_invocable_v<F&, rdd::Partition, Span>) {
                emit_all(this->function_(partition_, rows), emit);
            } else if constexpr (std::is_invocable_v<F&, Span, Emit<Out>&>) {
                this->function_(rows, emit);
            } else {
                emit_all(this->function_(rows), emit);
            }
        } catch (...) {
            return this->failed(nullptr);
        }
        const rdd::Flow flow = this->output_.flush();
        drop_rows();
        return flow;
    }

private:
    bool reserve() {
        const std::int64_t held = rows_.memory();
        const std::int64_t more = held - std::exchange(reserved_, held);
        return more <= 0 || budget_.reserve(more);
    }
    void drop_rows() {
        rows_.clear();
        budget_.release(std::exchange(reserved_, 0));
    }

    rdd::OperatorBudget budget_;
    rdd::Partition partition_;
    std::span<const In> in_place_;  // rows of a cached block lie together and stay: no copy
    GrowingRows<In> rows_;
    std::int64_t reserved_ = 0;
};

// Records as lines for save_as_text_file. The bytes are in a buffer until the next batch: the sink
// behind it copies them.
template <typename T>
class ToTextOperator final : public rdd::Operator {
public:
    explicit ToTextOperator(rdd::Sink& next) : next_(next) {}
    static rdd::OperatorEntry entry() {
        rdd::OperatorEntry out;
        out.type_name = typeid(ToTextOperator).name();
        out.make_operator = [](const rdd::OperatorInit&,
                               rdd::Sink& next) -> std::unique_ptr<rdd::Operator> {
            return std::make_unique<ToTextOperator>(next);
        };
        return out;
    }

    rdd::Flow push(rdd::Batch& batch) override {
        const T* const rows = static_cast<const T*>(batch.rows);
        text_.clear();
        ends_.clear();
        for (std::uint32_t i = 0; i < batch.count; ++i) {
            append_text(rows[i], false, text_);
            ends_.push_back(text_.size());
        }
        lines_.clear();
        std::size_t begin = 0;
        for (const std::size_t end : ends_) {
            lines_.push_back(std::string_view(text_).substr(begin, end - begin));
            begin = end;
        }
        rdd::Batch out;
        out.count = batch.count;
        out.rows = lines_.data();
        out.face = &rdd::text_face();
        out.movable = true;
        return next_.push(out);
    }
    rdd::Flow close() override { return rdd::Flow::Continue; }

private:
    rdd::Sink& next_;
    std::string text_;
    std::vector<std::size_t> ends_;
    std::vector<std::string_view> lines_;
};

}  // namespace api
}  // namespace heddle
