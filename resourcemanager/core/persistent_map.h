#pragma once

// An ordered map with cheap snapshots: a copy shares everything, and the first change after a copy
// copies the nodes on the path to the root. Nodes that were made since the last copy belong to this
// map alone and are changed in place, so that many changes between two copies share the upper part
// of their paths. Views are made of these: publishing costs as much as changed.
//
// A B+ tree of low fan-out: the maps are larger than the processor's caches, so a change costs as
// many cache misses as nodes on its path and links in them, and a binary tree has six times the
// nodes. Values are shared by all snapshots that hold them, which is why they are immutable.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace heddle::rm {

template <typename Key, typename Value>
class PersistentMap {
public:
    PersistentMap() = default;
    /// Not from a snapshot: both go on as maps of their own, so `other` is changed too.
    PersistentMap(PersistentMap& other)
        : root_(other.root_),
          height_(other.height_),
          size_(other.size_),
          edition_(++other.edition_) {}
    PersistentMap(PersistentMap&& other) noexcept
        : root_(std::move(other.root_)),
          height_(std::exchange(other.height_, 0)),
          size_(std::exchange(other.size_, 0)),
          edition_(other.edition_) {}
    PersistentMap& operator=(PersistentMap other) noexcept {
        root_ = std::move(other.root_);
        height_ = other.height_;
        size_ = other.size_;
        edition_ = other.edition_;
        return *this;
    }
    ~PersistentMap() = default;

    std::size_t size() const { return size_; }
    bool empty() const { return size_ == 0; }

    /// The value at `key`, null if there is none. O(log n).
    std::shared_ptr<const Value> find(const Key& key) const {
        const Node* node = root_.get();
        for (std::size_t level = height_; node != nullptr && level > 0; --level) {
            node = node->children[node->child_of(key)].get();
        }
        if (node != nullptr) {
            const std::size_t at = node->upper_bound(key);
            if (at > 0 && node->keys[at - 1] == key) {
                return node->values[at - 1];
            }
        }
        return nullptr;
    }

    /// Calls `visit(key, value)` in key order; stops when it returns false.
    template <typename Visit>
    void for_each(Visit&& visit) const {
        walk(root_.get(), height_, nullptr, visit);
    }

    /// As for_each, from the first key that is not below `first`.
    template <typename Visit>
    void for_each_from(const Key& first, Visit&& visit) const {
        walk(root_.get(), height_, &first, visit);
    }

    void set(const Key& key, std::shared_ptr<const Value> value) {
        if (root_ == nullptr) {
            root_ = fresh_node();
        }
        if (Link right = put(root_, height_, key, value)) {
            Link root = fresh_node();
            root->insert(0, root_->keys[0], nullptr, root_);
            root->insert(1, right->keys[0], nullptr, right);
            root_ = std::move(root);
            ++height_;
        }
    }

    void erase(const Key& key) {
        if (find(key) == nullptr) {
            return;
        }
        take(root_, height_, key);
        --size_;
        if (size_ == 0) {
            root_ = nullptr;
            height_ = 0;
        }
        while (height_ > 0 && root_->count == 1) {
            root_ = Link(root_->children[0]);
            --height_;
        }
    }

private:
    static constexpr std::size_t kWidth = 16;

    struct Node;
    using Link = std::shared_ptr<Node>;  // shared by the snapshots that contain it

    // A leaf has values, an inner node children. Of an inner node, keys[i] is not above any key of
    // child i and above all of child i - 1; keys[0] says nothing.
    struct Node {
        std::uint64_t edition = 0;
        std::size_t count = 0;
        std::array<Key, kWidth> keys{};
        std::array<std::shared_ptr<const Value>, kWidth> values{};
        std::array<Link, kWidth> children{};

        /// The first that is above `key`, from `first` on.
        std::size_t upper_bound(const Key& key, std::size_t first = 0) const {
            const auto begin = keys.begin();
            return static_cast<std::size_t>(
                std::upper_bound(begin + static_cast<std::ptrdiff_t>(first),
                                 begin + static_cast<std::ptrdiff_t>(count), key) -
                begin);
        }
        std::size_t child_of(const Key& key) const { return upper_bound(key, 1) - 1; }

        void move_entry(std::size_t from, Node& target, std::size_t to) {
            target.keys[to] = std::move(keys[from]);
            target.values[to] = std::move(values[from]);
            target.children[to] = std::move(children[from]);
        }
        void insert(std::size_t at, const Key& key, std::shared_ptr<const Value> value,
                    Link child) {
            for (std::size_t i = count; i > at; --i) {
                move_entry(i - 1, *this, i);
            }
            keys[at] = key;
            values[at] = std::move(value);
            children[at] = std::move(child);
            ++count;
        }
        void remove(std::size_t at) {
            for (std::size_t i = at + 1; i < count; ++i) {
                move_entry(i, *this, i - 1);
            }
            --count;
            values[count] = nullptr;
            children[count] = nullptr;
        }
    };

    Link fresh_node() const {
        Link node = std::make_shared<Node>();
        node->edition = edition_;
        return node;
    }

    // Makes the node this map's own: itself if it is already, else a copy.
    void own(Link& at) const {
        if (at->edition == edition_) {
            return;
        }
        // Copying counts every link up, at addresses that nobody has touched for long.
        for (std::size_t i = 0; i < at->count; ++i) {
            __builtin_prefetch(at->values[i].get(), 1);
            __builtin_prefetch(at->children[i].get(), 1);
        }
        at = std::make_shared<Node>(*at);
        at->edition = edition_;
    }

    // Puts the entry below `at`. Returns what had to be split off to the right, or null.
    Link put(Link& at, std::size_t level, const Key& key, std::shared_ptr<const Value>& value) {
        own(at);
        if (level == 0) {
            const std::size_t place = at->upper_bound(key);
            if (place > 0 && at->keys[place - 1] == key) {
                at->values[place - 1] = std::move(value);
                return nullptr;
            }
            ++size_;
            return add(*at, place, key, std::move(value), nullptr);
        }
        const std::size_t below = at->child_of(key);
        if (Link right = put(at->children[below], level - 1, key, value)) {
            const Key first = right->keys[0];
            return add(*at, below + 1, first, nullptr, std::move(right));
        }
        return nullptr;
    }

    Link add(Node& node, std::size_t place, const Key& key, std::shared_ptr<const Value> value,
             Link child) {
        if (node.count < kWidth) {
            node.insert(place, key, std::move(value), std::move(child));
            return nullptr;
        }
        // Keys mostly rise: what is filled from the left stays full.
        const std::size_t keep = place == kWidth ? kWidth : kWidth / 2;
        Link right = fresh_node();
        for (std::size_t i = keep; i < kWidth; ++i) {
            node.move_entry(i, *right, i - keep);
        }
        right->count = kWidth - keep;
        node.count = keep;
        Node& target = place < keep ? node : *right;
        target.insert(place < keep ? place : place - keep, key, std::move(value), std::move(child));
        return right;
    }

    // Requires that `key` is below `at`.
    void take(Link& at, std::size_t level, const Key& key) {
        own(at);
        if (level == 0) {
            at->remove(at->upper_bound(key) - 1);
            return;
        }
        const std::size_t below = at->child_of(key);
        take(at->children[below], level - 1, key);
        if (at->children[below]->count == 0) {
            at->remove(below);
        } else if (at->children[below]->count < kWidth / 4) {
            join(*at, below, level - 1);
        }
    }

    // Joins a child of the node, which is of `level`, with its neighbour if they leave room in one.
    void join(Node& node, std::size_t child, std::size_t level) {
        if (node.count < 2) {
            return;
        }
        const std::size_t left = std::min(child, node.count - 2);
        if (node.children[left]->count + node.children[left + 1]->count > kWidth / 2) {
            return;
        }
        own(node.children[left]);
        own(node.children[left + 1]);
        Node& target = *node.children[left];
        Node& source = *node.children[left + 1];
        if (level > 0) {
            source.keys[0] = node.keys[left + 1];  // as it is not the first any more
        }
        for (std::size_t i = 0; i < source.count; ++i) {
            source.move_entry(i, target, target.count + i);
        }
        target.count += source.count;
        node.remove(left + 1);
    }

    template <typename Visit>
    static bool walk(const Node* node, std::size_t level, const Key* first, Visit& visit) {
        if (node == nullptr) {
            return true;
        }
        std::size_t at = 0;
        if (first != nullptr) {
            at = level > 0 ? node->child_of(*first)
                           : static_cast<std::size_t>(
                                 std::lower_bound(
                                     node->keys.begin(),
                                     node->keys.begin() + static_cast<std::ptrdiff_t>(node->count),
                                     *first) -
                                 node->keys.begin());
        }
        for (; at < node->count; ++at) {
            const bool on = level > 0 ? walk(node->children[at].get(), level - 1, first, visit)
                                      : visit(node->keys[at], node->values[at]);
            if (!on) {
                return false;
            }
            first = nullptr;
        }
        return true;
    }

    Link root_;
    std::size_t height_ = 0;  // levels above the leaves
    std::size_t size_ = 0;
    /// Nodes of this edition are in this map and in no other: a copy and what it was taken from
    /// have one above that of every node they share.
    std::uint64_t edition_ = 1;
};

}  // namespace heddle::rm
