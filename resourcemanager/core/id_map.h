#pragma once

// Maps from ids that a step asks several times: one look into a dense table instead of a walk down
// a tree whose nodes are all over memory. The table holds hashes and the numbers of slots; values
// stay where they are until they are erased. Order is never that of the table: what is walked is
// walked in the order of the ids (IndexedMap), or only counted (IdMap).

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "common/base/check.h"
#include "common/base/ids.h"

namespace heddle::rm {

inline std::uint64_t mixed(std::uint64_t seed, std::int64_t value) {
    const std::uint64_t x = (seed ^ static_cast<std::uint64_t>(value)) * 0x9e3779b97f4a7c15ULL;
    return x ^ (x >> 29U);
}
inline std::uint64_t mixed(const ApplicationId& id) {
    return mixed(mixed(1, id.cluster_timestamp), id.sequence);
}
inline std::uint64_t mixed(const AttemptId& id) {
    return mixed(mixed(id.application), id.number);
}
inline std::uint64_t mixed(const ContainerId& id) {
    return mixed(mixed(mixed(id.attempt), id.epoch), id.sequence);
}

/// Numbers of slots by hash: open addressing, at most half full, without tombstones.
class SlotIndex {
public:
    static constexpr std::uint32_t kNone = UINT32_MAX;

    /// The slot under this hash for which `is_it(slot)` holds, or kNone.
    template <typename IsIt>
    std::uint32_t find(std::uint64_t hash, IsIt&& is_it) const {
        if (cells_.empty()) {
            return kNone;
        }
        const std::uint32_t tag = tag_of(hash);
        for (std::size_t at = home(tag);; at = next(at)) {
            const Cell& cell = cells_[at];
            if (cell.slot == kNone || (cell.tag == tag && is_it(cell.slot))) {
                return cell.slot;
            }
        }
    }

    /// Requires that the slot is not in there.
    void insert(std::uint64_t hash, std::uint32_t slot) {
        if (2 * (size_ + 1) > cells_.size()) {
            grow();
        }
        put({tag_of(hash), slot});
        ++size_;
    }

    /// Requires that the slot is in there, under this hash.
    void erase(std::uint64_t hash, std::uint32_t slot) {
        std::size_t hole = home(tag_of(hash));
        while (cells_[hole].slot != slot) {
            CHECK(cells_[hole].slot != kNone);
            hole = next(hole);
        }
        // What follows moves up unless it stands between its home and the hole.
        for (std::size_t at = next(hole); cells_[at].slot != kNone; at = next(at)) {
            const std::size_t from_home = (at - home(cells_[at].tag)) & mask();
            if (from_home >= ((at - hole) & mask())) {
                cells_[hole] = cells_[at];
                hole = at;
            }
        }
        cells_[hole] = {};
        --size_;
    }

private:
    struct Cell {
        std::uint32_t tag = 0;
        std::uint32_t slot = kNone;
    };

    static std::uint32_t tag_of(std::uint64_t hash) {
        return static_cast<std::uint32_t>(hash >> 32U);
    }
    std::size_t mask() const { return cells_.size() - 1; }
    std::size_t home(std::uint32_t tag) const { return tag & mask(); }
    std::size_t next(std::size_t at) const { return (at + 1) & mask(); }

    void put(const Cell& cell) {
        std::size_t at = home(cell.tag);
        while (cells_[at].slot != kNone) {
            at = next(at);
        }
        cells_[at] = cell;
    }

    void grow() {
        std::vector<Cell> before(cells_.empty() ? 16 : 2 * cells_.size());
        before.swap(cells_);
        for (const Cell& cell : before) {
            if (cell.slot != kNone) {
                put(cell);
            }
        }
    }

    std::vector<Cell> cells_;  // a power of two
    std::size_t size_ = 0;
};

/// A map without an order. Values are pooled: an entry's memory is used again, and its address
/// stays until it is erased.
template <typename Id, typename Value>
class IdMap {
public:
    struct Entry {
        Id first;
        Value second;
    };

    /// The entry, or end().
    Entry* find(const Id& id) {
        const std::uint32_t slot = slot_of(id);
        return slot == SlotIndex::kNone ? nullptr : &at_slot(slot);
    }
    const Entry* find(const Id& id) const { return const_cast<IdMap*>(this)->find(id); }
    static constexpr std::nullptr_t end() { return nullptr; }

    /// Requires that it is in there.
    Value& at(const Id& id) {
        Entry* entry = find(id);
        CHECK(entry != nullptr);
        return entry->second;
    }

    std::pair<Entry*, bool> emplace(const Id& id, Value value) {
        if (Entry* known = find(id)) {
            return {known, false};
        }
        if (vacant_.empty()) {
            add_chunk();
        }
        const std::uint32_t slot = vacant_.back();
        vacant_.pop_back();
        used_[slot] = true;
        Entry& entry = at_slot(slot);
        entry.first = id;
        entry.second = std::move(value);
        index_.insert(mixed(id), slot);
        ++size_;
        return {&entry, true};
    }

    void erase(Entry* entry) {
        const std::uint32_t slot = slot_of(entry->first);
        CHECK(slot != SlotIndex::kNone);
        index_.erase(mixed(entry->first), slot);
        *entry = {};
        used_[slot] = false;
        vacant_.push_back(slot);
        --size_;
    }

    std::size_t size() const { return size_; }

    /// In no particular order: for counting, never for choosing.
    template <typename Visit>
    void for_each(Visit&& visit) const {
        for (std::uint32_t slot = 0; slot < used_.size(); ++slot) {
            if (used_[slot]) {
                const Entry& entry = (*chunks_[slot / kChunk])[slot % kChunk];
                visit(entry.first, entry.second);
            }
        }
    }

private:
    static constexpr std::uint32_t kChunk = 64;

    Entry& at_slot(std::uint32_t slot) { return (*chunks_[slot / kChunk])[slot % kChunk]; }

    std::uint32_t slot_of(const Id& id) {
        return index_.find(mixed(id),
                           [&](std::uint32_t slot) { return at_slot(slot).first == id; });
    }

    void add_chunk() {
        const auto first = static_cast<std::uint32_t>(chunks_.size()) * kChunk;
        chunks_.push_back(std::make_unique<std::array<Entry, kChunk>>());
        used_.resize(first + kChunk);
        for (std::uint32_t i = kChunk; i > 0; --i) {
            vacant_.push_back(first + i - 1);
        }
    }

    SlotIndex index_;
    std::vector<std::unique_ptr<std::array<Entry, kChunk>>> chunks_;
    std::vector<bool> used_;
    std::vector<std::uint32_t> vacant_;
    std::size_t size_ = 0;
};

/// A map in the order of its ids whose find() does not walk it.
template <typename Id, typename Value>
class IndexedMap {
public:
    using Ordered = std::map<Id, Value>;
    using iterator = typename Ordered::iterator;
    using const_iterator = typename Ordered::const_iterator;

    iterator begin() { return ordered_.begin(); }
    iterator end() { return ordered_.end(); }
    const_iterator begin() const { return ordered_.begin(); }
    const_iterator end() const { return ordered_.end(); }
    iterator lower_bound(const Id& id) { return ordered_.lower_bound(id); }
    std::size_t size() const { return ordered_.size(); }

    iterator find(const Id& id) {
        auto* entry = places_.find(id);
        return entry == nullptr ? ordered_.end() : entry->second;
    }
    const_iterator find(const Id& id) const {
        const auto* entry = places_.find(id);
        return entry == nullptr ? ordered_.end() : const_iterator(entry->second);
    }
    std::pair<iterator, bool> try_emplace(const Id& id) {
        if (auto* entry = places_.find(id)) {
            return {entry->second, false};
        }
        const auto made = ordered_.try_emplace(id);
        places_.emplace(id, made.first);
        return made;
    }
    Value& operator[](const Id& id) { return try_emplace(id).first->second; }
    /// Requires that it is in there.
    Value& at(const Id& id) { return places_.at(id)->second; }
    void erase(iterator it) {
        places_.erase(places_.find(it->first));
        ordered_.erase(it);
    }

private:
    Ordered ordered_;
    IdMap<Id, iterator> places_;
};

}  // namespace heddle::rm
