#pragma once

// The inner join of two inputs by key: both are cut by hash into parts that fit the cache, then
// each part builds a chained table from the left and probes it with the right. Rows that are small
// lie in the parts themselves; others stay where they are and the parts point at them.

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <vector>

#include "client/api/face.h"
#include "client/api/kernels.h"
#include "common/rdd/operator.h"
#include "common/rdd/scope.h"

namespace heddle::api {

inline constexpr std::size_t kJoinParts = 64;

template <typename Record>
class JoinSide final : public rdd::Sink {
public:
    static constexpr bool kInline =
        std::is_trivially_destructible_v<Record> && sizeof(Record) <= 40;

    struct Entry {
        std::uint64_t hash;
        std::conditional_t<kInline, Record, const Record*> content;
        const Record& record() const {
            if constexpr (kInline) {
                return content;
            } else {
                return *content;
            }
        }
    };

    explicit JoinSide(rdd::OperatorBudget& budget) : budget_(budget) {}
    ~JoinSide() override { budget_.release(reserved_); }

    rdd::Flow push(rdd::Batch& batch) override {
        Record* const rows = static_cast<Record*>(batch.rows);
        std::int64_t bytes = static_cast<std::int64_t>(batch.count * sizeof(Entry));
        for (std::uint32_t i = 0; i < batch.count; ++i) {
            const std::uint64_t hash = hash_value(rows[i].first);
            std::vector<Entry>& part = parts_[(hash >> 20) % kJoinParts];
            if constexpr (kInline) {
                part.push_back(Entry{hash, rows[i]});
            } else if (batch.stable) {
                part.push_back(Entry{hash, &rows[i]});
            } else {
                if (batch.movable) {
                    kept_.push_back(std::move(rows[i]));
                } else {
                    kept_.push_back(std::as_const(rows[i]));
                }
                bytes += static_cast<std::int64_t>(sizeof(Record) + heap_size(kept_.back()));
                part.push_back(Entry{hash, &kept_.back()});
            }
        }
        reserved_ += bytes;
        return budget_.reserve(bytes) ? budget_.scope().flow() : rdd::Flow::Stop;
    }

    std::vector<Entry>& part(std::size_t index) { return parts_[index]; }

private:
    rdd::OperatorBudget& budget_;
    std::array<std::vector<Entry>, kJoinParts> parts_;
    std::deque<Record> kept_;
    std::int64_t reserved_ = 0;
};

template <typename K, typename V, typename W>
class JoinHead final : public rdd::Head {
public:
    using Left = JoinSide<std::pair<K, V>>;
    using Right = JoinSide<std::pair<K, W>>;
    using Record = std::pair<K, std::pair<V, W>>;

    JoinHead(const rdd::OperatorInit& init, rdd::Sink& next)
        : budget_(init.scope, init.operation),
          left_(budget_),
          right_(budget_),
          output_(init.scope, next) {}
    static rdd::OperatorEntry entry() {
        rdd::OperatorEntry out;
        out.type_name = typeid(JoinHead).name();
        out.make_head = [](const rdd::OperatorInit& init,
                           rdd::Sink& next) -> std::unique_ptr<rdd::Head> {
            return std::make_unique<JoinHead>(init, next);
        };
        return out;
    }

    rdd::Sink& input(std::size_t index) override {
        if (index == 0) {
            return left_;
        }
        return right_;
    }

    rdd::Flow close() override {
        for (std::size_t part = 0; part < kJoinParts; ++part) {
            join_part(left_.part(part), right_.part(part));
            if (output_.flow() == rdd::Flow::Stop) {
                break;
            }
        }
        return output_.flush();
    }

private:
    static constexpr std::uint32_t kNone = UINT32_MAX;
    static constexpr std::size_t kAhead = 8;  // left rows prefetched in front of the probe

    void join_part(const std::vector<typename Left::Entry>& left,
                   const std::vector<typename Right::Entry>& right) {
        if (left.empty() || right.empty()) {
            return;
        }
        std::size_t buckets = 16;
        while (buckets < left.size()) {
            buckets *= 2;
        }
        first_.assign(buckets, kNone);
        next_.resize(left.size());
        for (std::size_t i = left.size(); i-- > 0;) {  // backwards, so that chains run forwards
            std::uint32_t& bucket = first_[left[i].hash & (buckets - 1)];
            next_[i] = bucket;
            bucket = static_cast<std::uint32_t>(i);
        }
        for (std::size_t at = 0; at < right.size(); ++at) {
            if constexpr (!Left::kInline) {
                if (at + kAhead < right.size()) {
                    if (const std::uint32_t i = first_[right[at + kAhead].hash & (buckets - 1)];
                        i != kNone) {
                        __builtin_prefetch(left[i].content);
                    }
                }
            }
            const auto& entry = right[at];
            for (std::uint32_t i = first_[entry.hash & (buckets - 1)]; i != kNone; i = next_[i]) {
                if (left[i].hash == entry.hash &&
                    equal_values(left[i].record().first, entry.record().first)) {
                    output_.add(entry.record().first,
                                std::pair<V, W>(left[i].record().second, entry.record().second));
                }
            }
        }
    }

    rdd::OperatorBudget budget_;
    Left left_;
    Right right_;
    std::vector<std::uint32_t> first_;
    std::vector<std::uint32_t> next_;
    Output<Record> output_;
};

}  // namespace heddle::api
