#pragma once

// An ordered set whose entries say which shapes of asks they have open, and that answers "the first
// entry with one of these shapes" without looking at the entries before it: a balanced tree (treap)
// in which every node knows the union of the masks below it. All operations are logarithmic.

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "common/base/check.h"

namespace heddle::rm {

/// A small number that stands for everything about an ask that limits and nodes look at.
using ShapeId = std::uint32_t;

/// A set of shapes. The first 64 need no memory of their own.
class ShapeMask {
public:
    bool test(ShapeId shape) const {
        const std::size_t word = shape / 64;
        return ((word == 0              ? first_
                 : word <= rest_.size() ? rest_[word - 1]
                                        : 0) >>
                    (shape % 64) &
                1U) != 0;
    }
    void set(ShapeId shape) {
        if (shape >= 64 && shape / 64 > rest_.size()) {
            rest_.resize(shape / 64);
        }
        word_of(shape) |= bit_of(shape);
    }
    void reset(ShapeId shape) {
        if (shape / 64 <= rest_.size()) {
            word_of(shape) &= ~bit_of(shape);
        }
    }
    void clear() {
        first_ = 0;
        rest_.clear();
    }
    bool any() const {
        for (const std::uint64_t word : rest_) {
            if (word != 0) {
                return true;
            }
        }
        return first_ != 0;
    }
    bool intersects(const ShapeMask& other) const {
        for (std::size_t i = 0; i < rest_.size() && i < other.rest_.size(); ++i) {
            if ((rest_[i] & other.rest_[i]) != 0) {
                return true;
            }
        }
        return (first_ & other.first_) != 0;
    }
    ShapeMask& operator|=(const ShapeMask& other) {
        first_ |= other.first_;
        if (rest_.size() < other.rest_.size()) {
            rest_.resize(other.rest_.size());
        }
        for (std::size_t i = 0; i < other.rest_.size(); ++i) {
            rest_[i] |= other.rest_[i];
        }
        return *this;
    }
    /// Leaves what is not in `other`.
    ShapeMask& operator-=(const ShapeMask& other) {
        first_ &= ~other.first_;
        for (std::size_t i = 0; i < rest_.size() && i < other.rest_.size(); ++i) {
            rest_[i] &= ~other.rest_[i];
        }
        return *this;
    }
    friend ShapeMask operator-(ShapeMask a, const ShapeMask& b) {
        a -= b;
        return a;
    }
    friend bool operator==(const ShapeMask& a, const ShapeMask& b) {
        const std::size_t words = a.rest_.size() > b.rest_.size() ? a.rest_.size() : b.rest_.size();
        for (std::size_t i = 0; i < words; ++i) {
            if ((i < a.rest_.size() ? a.rest_[i] : 0) != (i < b.rest_.size() ? b.rest_[i] : 0)) {
                return false;
            }
        }
        return a.first_ == b.first_;
    }

private:
    static std::uint64_t bit_of(ShapeId shape) { return std::uint64_t{1} << (shape % 64); }
    std::uint64_t& word_of(ShapeId shape) { return shape < 64 ? first_ : rest_[shape / 64 - 1]; }

    std::uint64_t first_ = 0;
    std::vector<std::uint64_t> rest_;
};

template <typename Key>
class MaskedOrder {
public:
    bool empty() const { return root_ == kNone; }
    std::size_t size() const { return nodes_.size() - vacant_.size(); }
    /// The union of all masks.
    ShapeMask all() const { return root_ == kNone ? ShapeMask{} : nodes_[root_].all; }

    /// Enters the key, or gives it another mask.
    void set(const Key& key, const ShapeMask& mask) {
        if (!change(root_, key, mask)) {
            root_ = insert(root_, fresh(key, mask));
        }
    }
    /// Requires that it is in there.
    void erase(const Key& key) { root_ = erase(root_, key); }
    void clear() {
        nodes_.clear();
        vacant_.clear();
        root_ = kNone;
    }

    /// Nothing: it is not in there.
    ShapeMask mask_of(const Key& key) const {
        for (std::uint32_t at = root_; at != kNone;) {
            const Node& node = nodes_[at];
            if (!(key < node.key) && !(node.key < key)) {
                return node.own;
            }
            at = key < node.key ? node.left : node.right;
        }
        return {};
    }

    /// First key in order, or null.
    const Key* front() const {
        std::uint32_t at = root_;
        while (at != kNone && nodes_[at].left != kNone) {
            at = nodes_[at].left;
        }
        return at == kNone ? nullptr : &nodes_[at].key;
    }
    /// First key in order that has one of these shapes, or null.
    const Key* first(const ShapeMask& wanted) const { return first(root_, wanted); }
    /// The same, among the keys behind `before`.
    const Key* first_after(const Key& before, const ShapeMask& wanted) const {
        return first_after(root_, before, wanted);
    }

    /// In order.
    template <typename Visit>
    void for_each(Visit&& visit) const {
        walk(root_, visit);
    }

private:
    static constexpr std::uint32_t kNone = UINT32_MAX;
    struct Node {
        Key key;
        ShapeMask own;
        ShapeMask all;
        std::uint32_t left = kNone;
        std::uint32_t right = kNone;
        std::uint32_t rank = 0;
    };

    std::uint32_t fresh(const Key& key, const ShapeMask& mask) {
        ranks_ = ranks_ * 1664525U + 1013904223U;
        Node node{key, mask, mask, kNone, kNone, ranks_ ^ (ranks_ >> 15U)};
        if (vacant_.empty()) {
            nodes_.push_back(std::move(node));
            return static_cast<std::uint32_t>(nodes_.size() - 1);
        }
        const std::uint32_t at = vacant_.back();
        vacant_.pop_back();
        nodes_[at] = std::move(node);
        return at;
    }

    void pull(std::uint32_t at) {
        Node& node = nodes_[at];
        node.all = node.own;
        if (node.left != kNone) {
            node.all |= nodes_[node.left].all;
        }
        if (node.right != kNone) {
            node.all |= nodes_[node.right].all;
        }
    }

    bool change(std::uint32_t at, const Key& key, const ShapeMask& mask) {
        if (at == kNone) {
            return false;
        }
        Node& node = nodes_[at];
        bool found = true;
        if (key < node.key) {
            found = change(node.left, key, mask);
        } else if (node.key < key) {
            found = change(node.right, key, mask);
        } else {
            node.own = mask;
        }
        if (found) {
            pull(at);
        }
        return found;
    }

    std::uint32_t insert(std::uint32_t at, std::uint32_t node) {
        if (at == kNone) {
            return node;
        }
        if (nodes_[node].rank > nodes_[at].rank) {
            const auto [left, right] = split(at, nodes_[node].key);
            nodes_[node].left = left;
            nodes_[node].right = right;
            pull(node);
            return node;
        }
        if (nodes_[node].key < nodes_[at].key) {
            const std::uint32_t left = insert(nodes_[at].left, node);
            nodes_[at].left = left;
        } else {
            const std::uint32_t right = insert(nodes_[at].right, node);
            nodes_[at].right = right;
        }
        pull(at);
        return at;
    }

    // What is before `key`, and the rest.
    std::pair<std::uint32_t, std::uint32_t> split(std::uint32_t at, const Key& key) {
        if (at == kNone) {
            return {kNone, kNone};
        }
        if (nodes_[at].key < key) {
            const auto parts = split(nodes_[at].right, key);
            nodes_[at].right = parts.first;
            pull(at);
            return {at, parts.second};
        }
        const auto parts = split(nodes_[at].left, key);
        nodes_[at].left = parts.second;
        pull(at);
        return {parts.first, at};
    }

    std::uint32_t merge(std::uint32_t a, std::uint32_t b) {
        if (a == kNone || b == kNone) {
            return a == kNone ? b : a;
        }
        if (nodes_[a].rank > nodes_[b].rank) {
            nodes_[a].right = merge(nodes_[a].right, b);
            pull(a);
            return a;
        }
        nodes_[b].left = merge(a, nodes_[b].left);
        pull(b);
        return b;
    }

    std::uint32_t erase(std::uint32_t at, const Key& key) {
        CHECK(at != kNone);
        if (key < nodes_[at].key) {
            nodes_[at].left = erase(nodes_[at].left, key);
        } else if (nodes_[at].key < key) {
            nodes_[at].right = erase(nodes_[at].right, key);
        } else {
            const std::uint32_t rest = merge(nodes_[at].left, nodes_[at].right);
            vacant_.push_back(at);
            return rest;
        }
        pull(at);
        return at;
    }

    const Key* first(std::uint32_t at, const ShapeMask& wanted) const {
        while (at != kNone && nodes_[at].all.intersects(wanted)) {
            const Node& node = nodes_[at];
            if (node.left != kNone && nodes_[node.left].all.intersects(wanted)) {
                at = node.left;
            } else if (node.own.intersects(wanted)) {
                return &node.key;
            } else {
                at = node.right;
            }
        }
        return nullptr;
    }

    const Key* first_after(std::uint32_t at, const Key& before, const ShapeMask& wanted) const {
        if (at == kNone || !nodes_[at].all.intersects(wanted)) {
            return nullptr;
        }
        const Node& node = nodes_[at];
        if (!(before < node.key)) {
            return first_after(node.right, before, wanted);
        }
        if (const Key* found = first_after(node.left, before, wanted)) {
            return found;
        }
        return node.own.intersects(wanted) ? &node.key : first(node.right, wanted);
    }

    template <typename Visit>
    void walk(std::uint32_t at, Visit& visit) const {
        if (at != kNone) {
            walk(nodes_[at].left, visit);
            visit(nodes_[at].key, nodes_[at].own);
            walk(nodes_[at].right, visit);
        }
    }

    std::vector<Node> nodes_;
    std::vector<std::uint32_t> vacant_;
    std::uint32_t root_ = kNone;
    std::uint32_t ranks_ = 1;
};

}  // namespace heddle::rm
