#pragma once

// What to_local_iterator gives: records in the driver, a partition at a time.

#include <cstddef>
#include <iterator>
#include <optional>
#include <utility>
#include <vector>

#include "client/api/codec.h"
#include "client/api/future_action.h"
#include "client/api/graph.h"
#include "client/api/operations.h"
#include "common/rdd/builtins.h"
#include "common/rdd/ids.h"

namespace heddle {

// for (const auto& record : rdd.to_local_iterator()) ...
template <typename T>
class LocalRecords {
public:
    class Iterator {
    public:
        using iterator_category = std::input_iterator_tag;
        using value_type = Owned<T>;
        using difference_type = std::ptrdiff_t;
        using pointer = const value_type*;
        using reference = const value_type&;

        explicit Iterator(LocalRecords* records) : records_(records) {}
        reference operator*() const { return records_->rows_[records_->at_]; }
        pointer operator->() const { return &**this; }
        Iterator& operator++() {
            if (!records_->advance()) {
                records_ = nullptr;
            }
            return *this;
        }
        void operator++(int) { ++*this; }
        friend bool operator==(const Iterator&, const Iterator&) = default;

    private:
        LocalRecords* records_;  // null: the end
    };

    LocalRecords(api::NodePtr node, bool ahead, api::Callsite at)
        : node_(std::move(node)), ahead_(ahead), at_line_(at) {}
    ~LocalRecords() {
        if (next_rows_) {
            next_rows_->cancel("the iterator is gone");
        }
    }
    LocalRecords(LocalRecords&& other) noexcept
        : node_(std::move(other.node_)),
          ahead_(other.ahead_),
          next_rows_(std::exchange(other.next_rows_, std::nullopt)),
          next_of_(other.next_of_),
          at_line_(other.at_line_),
          next_(other.next_),
          rows_(std::move(other.rows_)),
          at_(other.at_) {}
    LocalRecords& operator=(LocalRecords&&) = delete;
    LocalRecords(const LocalRecords&) = delete;
    LocalRecords& operator=(const LocalRecords&) = delete;
    /// Goes on from where the last iterator was.
    Iterator begin() { return Iterator(at_ < rows_.size() || load() ? this : nullptr); }
    Iterator end() { return Iterator(nullptr); }

private:
    bool advance() { return ++at_ < rows_.size() || load(); }
    bool load() {
        for (at_ = 0, rows_.clear(); rows_.empty() && next_ < node_->node.partitions; ++next_) {
            if (!ahead_) {
                api::decode_records(
                    api::run_job(node_, rdd::builtin_operator(rdd::builtin::kCollect), {next_},
                                 at_line_, "to_local_iterator"),
                    rows_);
                continue;
            }
            // After a failure it is the rows of the partition after it that were fetched.
            const bool fetched = next_rows_ && next_of_ == next_;
            const Rows now = fetched ? *std::exchange(next_rows_, std::nullopt) : fetch(next_);
            if (!next_rows_ && next_ + 1 < node_->node.partitions) {
                next_of_ = next_ + 1;
                next_rows_ = fetch(next_of_);
            }
            rows_ = now.get();
        }
        return !rows_.empty();
    }
    using Rows = FutureAction<std::vector<Owned<T>>>;
    Rows fetch(rdd::Partition partition) const {
        return api::start_action<std::vector<Owned<T>>>(
            node_, [node = node_, partition, at = at_line_](api::AsyncRun& jobs) {
                return api::decoded<T>(jobs.run(node, rdd::builtin_operator(rdd::builtin::kCollect),
                                                {partition}, at, "to_local_iterator"));
            });
    }

    api::NodePtr node_;
    bool ahead_;
    std::optional<Rows> next_rows_;  // of partition next_of_
    rdd::Partition next_of_ = 0;
    api::Callsite at_line_;
    rdd::Partition next_ = 0;
    std::vector<Owned<T>> rows_;
    std::size_t at_ = 0;
};

}  // namespace heddle
