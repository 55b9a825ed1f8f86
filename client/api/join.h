#pragma once

// The inner join of two inputs by key: both are cut by hash into parts that fit the cache, then
// each part builds a chained table from the left and probes it with the right. Rows that are small
// lie in the parts themselves; others stay where they are and the parts point at them.
//
// What is refused memory spills (common/rdd/spill_parts.h): then the left rows of one part on disk
// are the table, and its right rows pass by. Where one key has more left rows than memory has room
// for, they are the table so many at a time; so no join fails for its size.

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
#include "common/rdd/spill_parts.h"

namespace heddle::api {

inline constexpr std::size_t kJoinParts = 64;

template <typename Record>
class JoinRows {
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

    explicit JoinRows(rdd::SpillingBudget& budget) : budget_(budget) {}
    ~JoinRows() { budget_.release(held_); }
    JoinRows(const JoinRows&) = delete;
    JoinRows& operator=(const JoinRows&) = delete;

    void add(Record* rows, std::uint32_t count, const rdd::Batch& batch) {
        // A chain takes twelve bytes beside the entry.
        std::int64_t bytes = static_cast<std::int64_t>(count * (sizeof(Entry) + 12));
        for (std::uint32_t i = 0; i < count; ++i) {
            const std::uint64_t hash = hash_value(rows[i].first);
            std::vector<Entry>& part = parts_[part_of(hash)];
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
        held_ += bytes;
        budget_.reserve(bytes);
    }
    // Rows of one key stay in their order.
    bool spill(rdd::SpillParts& to, std::size_t kind) const {
        for (const std::vector<Entry>& part : parts_) {
            for (const Entry& entry : part) {
                if (!to.add(kind, &entry.record(), 1)) {
                    return false;
                }
            }
        }
        return true;
    }
    void clear() {
        parts_ = {};
        kept_.clear();
        kept_.shrink_to_fit();
        budget_.release(std::exchange(held_, 0));
    }
    std::int64_t held() const { return held_; }

    static std::size_t part_of(std::uint64_t hash) { return (hash >> 20) % kJoinParts; }
    std::vector<Entry>& part(std::size_t index) { return parts_[index]; }

private:
    rdd::SpillingBudget& budget_;
    std::array<std::vector<Entry>, kJoinParts> parts_;
    std::deque<Record> kept_;
    std::int64_t held_ = 0;
};

template <typename K, typename V, typename W>
class JoinHead final : public rdd::Head {
public:
    using LeftRow = std::pair<K, V>;
    using RightRow = std::pair<K, W>;
    using Left = JoinRows<LeftRow>;
    using Right = JoinRows<RightRow>;
    using Record = std::pair<K, std::pair<V, W>>;

    JoinHead(const rdd::OperatorInit& init, rdd::Sink& next)
        : budget_(init.scope, init.operation),
          left_(budget_),
          right_(budget_),
          parts_(budget_, {&face_of<LeftRow>(), &face_of<RightRow>()}),
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
            return left_input_;
        }
        return right_input_;
    }

    rdd::Flow close() override {
        if (parts_.spilling()) {
            return parts_.end() && close_parts() ? output_.flush() : rdd::Flow::Stop;
        }
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
    // What is refused in the middle of a step is held until its end.
    static constexpr std::uint32_t kStepRows = 256;
    static constexpr std::size_t kLeft = 0;  // kinds of spilled rows
    static constexpr std::size_t kRight = 1;

    template <std::size_t Kind, typename Row>
    class Input final : public rdd::Sink {
    public:
        explicit Input(JoinHead& head) : head_(head) {}
        rdd::Flow push(rdd::Batch& batch) override {
            return head_.template take<Kind, Row>(batch) ? head_.budget_.scope().flow()
                                                         : rdd::Flow::Stop;
        }

    private:
        JoinHead& head_;
    };

    // The first time round, and left rows that come back. False: the task has failed.
    template <std::size_t Kind, typename Row>
    bool take(rdd::Batch& batch) {
        Row* rows = static_cast<Row*>(batch.rows);
        for (std::uint32_t left = batch.count; left > 0;) {
            if (parts_.spilling()) {
                return parts_.add(Kind, rows, left);
            }
            const std::uint32_t n = left < kStepRows ? left : kStepRows;
            if constexpr (Kind == kLeft) {
                left_.add(rows, n, batch);
            } else {
                right_.add(rows, n, batch);
            }
            if (budget_.over() > 0 && !give_way()) {
                return false;
            }
            rows += n;
            left -= n;
        }
        return true;
    }

    bool give_way() {
        const std::int64_t over = budget_.over();  // of the last step alone
        if (!parts_.may_split()) {
            const bool joined = join_passing();
            left_.clear();
            return joined && parts_.settle(over);
        }
        if (!parts_.begin(left_.held() + right_.held())) {
            return false;
        }
        const bool kept = left_.spill(parts_, kLeft) && right_.spill(parts_, kRight);
        left_.clear();
        right_.clear();
        return kept && parts_.settle(over);
    }

    // Part after part. False: the task has failed, or nothing more is wanted.
    bool close_parts() {
        while (parts_.next()) {
            if (!parts_.read(kLeft,
                             [this](rdd::Batch& batch) { return take<kLeft, LeftRow>(batch); })) {
                return false;
            }
            if (parts_.spilling()) {  // once more
                if (!parts_.read(kRight,
                                 [this](rdd::Batch& batch) {
                                     return parts_.add(kRight, batch.rows, batch.count);
                                 }) ||
                    !parts_.end()) {
                    return false;
                }
                continue;
            }
            const bool joined = join_passing();
            left_.clear();
            if (!joined) {
                return false;
            }
        }
        return true;
    }

    // The left rows in memory with all right rows of the part. False: as above.
    bool join_passing() {
        std::vector<Chains> chains(kJoinParts);
        for (std::size_t part = 0; part < kJoinParts; ++part) {
            chains[part].build(left_.part(part));
        }
        return parts_.read(kRight, [&](rdd::Batch& batch) {
            const auto* const rows = static_cast<const RightRow*>(batch.rows);
            for (std::uint32_t i = 0; i < batch.count; ++i) {
                const std::uint64_t hash = hash_value(rows[i].first);
                const std::size_t part = Left::part_of(hash);
                probe(left_.part(part), chains[part], hash, rows[i]);
            }
            return output_.flow() == rdd::Flow::Continue;
        });
    }

    // Left rows of one bucket, in their order.
    struct Chains {
        void build(const std::vector<typename Left::Entry>& left) {
            std::size_t buckets = 16;
            while (buckets < left.size()) {
                buckets *= 2;
            }
            mask = buckets - 1;
            first.assign(buckets, kNone);
            next.resize(left.size());
            for (std::size_t i = left.size(); i-- > 0;) {  // so that chains run forwards
                std::uint32_t& bucket = first[left[i].hash & mask];
                next[i] = bucket;
                bucket = static_cast<std::uint32_t>(i);
            }
        }
        std::size_t mask = 0;
        std::vector<std::uint32_t> first;
        std::vector<std::uint32_t> next;
    };

    void probe(const std::vector<typename Left::Entry>& left, const Chains& chains,
               std::uint64_t hash, const RightRow& right) {
        for (std::uint32_t i = chains.first[hash & chains.mask]; i != kNone; i = chains.next[i]) {
            if (left[i].hash == hash && equal_values(left[i].record().first, right.first)) {
                output_.add(right.first, std::pair<V, W>(left[i].record().second, right.second));
            }
        }
    }

    void join_part(const std::vector<typename Left::Entry>& left,
                   const std::vector<typename Right::Entry>& right) {
        if (left.empty() || right.empty()) {
            return;
        }
        chains_.build(left);
        for (std::size_t at = 0; at < right.size(); ++at) {
            if constexpr (!Left::kInline) {
                if (at + kAhead < right.size()) {
                    if (const std::uint32_t i =
                            chains_.first[right[at + kAhead].hash & chains_.mask];
                        i != kNone) {
                        __builtin_prefetch(left[i].content);
                    }
                }
            }
            probe(left, chains_, right[at].hash, right[at].record());
        }
    }

    rdd::SpillingBudget budget_;
    Left left_;
    Right right_;
    rdd::SpillParts parts_;
    Input<kLeft, LeftRow> left_input_{*this};
    Input<kRight, RightRow> right_input_{*this};
    Chains chains_;
    Output<Record> output_;
};

}  // namespace heddle::api
