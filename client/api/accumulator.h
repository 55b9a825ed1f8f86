#pragma once

// Accumulators: sums that tasks add to and only the driver's program reads.
//
//   auto bad = context.long_accumulator("bad lines");
//   struct IsGood {
//       Accumulator<Sum<std::int64_t>> bad;
//       bool operator()(std::string_view line) const { ... bad.add(1); ... }
//   };
//   lines.filter(IsGood{bad}).count();   // then bad.value()
//
// What a task adds counts when the task succeeds. Each partition counts once for each job that
// computes it in its last stage, whatever is tried again, lost or answered twice; each partition of
// a shuffle's map side counts once as long as its output is kept. An operation whose partitions
// are computed again, by another job or because a cached block was lost, adds again: so exact
// figures are those of actions (foreach) and of what only one job computes.
//
// A shape of one's own is a function object (an aggregate whose fields are records) with
//   Part zero() const;                        // Part: a record type that owns its bytes
//   void add(Part& part, const X& value) const;   // for each X that is added
//   void merge(Part& part, const Part& other) const;
//   auto value(const Part& part) const;

#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "client/api/codec.h"
#include "client/api/errors.h"
#include "client/api/function.h"
#include "client/driver/accumulator_book.h"
#include "common/rdd/accumulators.h"
#include "common/rdd/scope.h"

namespace heddle {

// Numbers that are added up.
template <typename T>
struct Sum {
    T zero() const { return T{}; }
    void add(T& part, T value) const { part += value; }
    void merge(T& part, T other) const { part += other; }
    T value(T part) const { return part; }
};

// Everything that was added, in no particular order between tasks.
template <typename T>
struct Collection {
    std::vector<T> zero() const { return {}; }
    void add(std::vector<T>& part, T value) const { part.push_back(std::move(value)); }
    void merge(std::vector<T>& part, const std::vector<T>& other) const {
        part.insert(part.end(), other.begin(), other.end());
    }
    std::vector<T> value(const std::vector<T>& part) const { return part; }
};

namespace api {

/// Throws the UsageError of an accumulator that is read in a task, or that has no driver here.
[[noreturn]] void throw_read_in_task(const std::string& name, rdd::AccumulatorId id);
[[noreturn]] void throw_unknown_accumulator();
std::string shortened(std::string text);

/// For people. Of a long list the beginning: it is asked for after every task.
template <typename P>
std::string text_of_part(const P& part) {
    constexpr std::size_t kShown = 10;
    std::string text;
    if constexpr (IsSequence<P>::value) {
        for (std::size_t i = 0; i < part.size() && i < kShown; ++i) {
            text += i == 0 ? "" : ", ";
            append_text<typename P::value_type>(part[i], false, text);
        }
        text += part.size() > kShown ? ", ... (" + std::to_string(part.size()) + ")" : "";
    } else {
        append_text(part, false, text);
    }
    return shortened(std::move(text));
}

// A part with its memory on the task's budget. Measuring may take as long as the part is large, so
// it is done when the number of additions has doubled.
class AccountedPart : public rdd::AccumulatorPart {
public:
    AccountedPart(rdd::TaskScope& scope, const std::string& name);
    ~AccountedPart() override;

protected:
    bool due() { return ++added_ >= measure_at_; }
    void measured(std::size_t bytes);

private:
    rdd::OperatorBudget budget_;
    std::int64_t reserved_ = 0;
    std::uint64_t added_ = 0;
    std::uint64_t measure_at_ = 256;
};

template <typename Shape>
using PartOf = std::remove_cvref_t<decltype(std::declval<const Shape&>().zero())>;

template <typename Shape>
class TypedPart final : public AccountedPart {
public:
    TypedPart(rdd::TaskScope& scope, const std::string& name, const Shape& shape)
        : AccountedPart(scope, name), part_(shape.zero()) {}
    template <typename X>
    void add(const Shape& shape, X&& value) {
        shape.add(part_, std::forward<X>(value));
        if (this->due()) {
            this->measured(sizeof(part_) + heap_size(part_));
        }
    }
    rdd::Bytes encoded() const override {
        rdd::ByteWriter out;
        encode_value(part_, out);
        return out.take();
    }
    std::string text() const override { return text_of_part(part_); }

private:
    PartOf<Shape> part_;
};

template <typename Shape>
class TypedSum final : public driver::AccumulatorSum {
public:
    explicit TypedSum(Shape shape) : shape_(std::move(shape)), sum_(shape_.zero()) {}

    void merge(std::string_view bytes) override {
        const std::lock_guard lock(mutex_);
        try {
            rdd::ByteReader in(bytes);
            PartOf<Shape> part{};
            decode_value(in, part);
            if (const Status status = in.status("an accumulator's part"); !status) {
                throw Exception(status.error().code, status.error().message);
            }
            shape_.merge(sum_, part);
        } catch (...) {
            failed_ = failed_ ? failed_ : std::current_exception();
        }
    }
    std::string text() override {
        const std::lock_guard lock(mutex_);
        return text_of_part(sum_);
    }
    template <typename X>
    void add(X&& value) {
        const std::lock_guard lock(mutex_);
        shape_.add(sum_, std::forward<X>(value));
    }
    auto value() {
        const std::lock_guard lock(mutex_);
        if (failed_) {
            std::rethrow_exception(failed_);
        }
        return shape_.value(std::as_const(sum_));
    }
    void reset() {
        const std::lock_guard lock(mutex_);
        failed_ = nullptr;
        sum_ = shape_.zero();
    }

private:
    std::mutex mutex_;
    Shape shape_;
    PartOf<Shape> sum_;
    std::exception_ptr failed_;  // of the first part that could not be merged
};

}  // namespace api

// A handle: a field of function objects, copied freely. In an executor it is a name and no more.
template <typename Shape>
class Accumulator {
public:
    static_assert(api::is_shippable<Shape>() && api::IsRecord<api::PartOf<Shape>>::value,
                  "heddle: the shape of an accumulator is a function object whose fields are "
                  "records, and what its zero() returns is a record");
    static_assert(!api::has_views<api::PartOf<Shape>>(),
                  "heddle: what an accumulator keeps must own its bytes: use std::string");

    Accumulator() = default;
    /// By Context::accumulator.
    Accumulator(driver::AccumulatorBook& book, Shape shape, std::string name)
        : sum_(std::make_shared<api::TypedSum<Shape>>(shape)),
          id_(book.add(sum_)),
          name_(std::move(name)),
          shape_(std::move(shape)) {}

    /// In a task: part of what it answers. In the driver's program: to the sum, at once.
    template <typename X>
    void add(X&& value) const {
        rdd::TaskScope* const task = rdd::current_task();
        if (task != nullptr && task->serial() == serial_) [[likely]] {
            part_->add(shape_, std::forward<X>(value));
        } else if (task != nullptr) {
            find_part(*task);
            part_->add(shape_, std::forward<X>(value));
        } else if (sum_ != nullptr) {
            sum_->add(std::forward<X>(value));
        } else {
            api::throw_unknown_accumulator();
        }
    }
    template <typename X>
    const Accumulator& operator+=(X&& value) const {
        add(std::forward<X>(value));
        return *this;
    }
    /// Of what jobs have added so far. Throws UsageError in a task, and what a merge function
    /// threw.
    auto value() const { return sum().value(); }
    /// Back to zero.
    void reset() const { sum().reset(); }

    const std::string& name() const { return name_; }
    rdd::AccumulatorId id() const { return id_; }

private:
    friend struct Codec<Accumulator<Shape>>;

    api::TypedSum<Shape>& sum() const {
        if (rdd::current_task() != nullptr) {
            api::throw_read_in_task(name_, id_);
        }
        if (sum_ == nullptr) {
            api::throw_unknown_accumulator();
        }
        return *sum_;
    }
    void find_part(rdd::TaskScope& task) const {
        if (id_.value < 0) {
            api::throw_unknown_accumulator();
        }
        rdd::AccumulatorPart* found = task.accumulators().find(id_);
        if (found == nullptr) {
            found = &task.accumulators().add(
                id_, name_, std::make_unique<api::TypedPart<Shape>>(task, name_, shape_));
        }
        part_ = static_cast<api::TypedPart<Shape>*>(found);  // an id has one shape
        serial_ = task.serial();
    }

    std::shared_ptr<api::TypedSum<Shape>> sum_;  // shared by the program's handles; else null
    rdd::AccumulatorId id_{-1};
    std::string name_;
    Shape shape_{};
    // Where the task whose serial it is adds: found once per task.
    mutable std::uint64_t serial_ = 0;
    mutable api::TypedPart<Shape>* part_ = nullptr;
};

template <typename Shape>
struct Codec<Accumulator<Shape>> {
    static void encode(const Accumulator<Shape>& value, rdd::ByteWriter& out) {
        out.number(value.id_.value);
        out.text(value.name_);
        out.text(api::encode_function(value.shape_));
    }
    static void decode(rdd::ByteReader& in, Accumulator<Shape>& out) {
        out.id_.value = in.number<std::int64_t>();
        out.name_ = in.text();
        if (!api::decode_function(in.text(), out.shape_)) {
            in.fail();
        }
    }
};

}  // namespace heddle
