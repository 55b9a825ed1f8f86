#pragma once

// An ordered map with cheap snapshots: a copy shares everything, a change copies the path to the
// root (about log2 n small nodes). Views are made of these, so publishing costs as much as changed.
//
// A treap: the priority of a key is its hash, so the shape depends on the contents alone.
// Values are shared by all snapshots that hold them, which is why they are immutable.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

namespace heddle::rm {

template <typename Key, typename Value>
class PersistentMap {
public:
    std::size_t size() const { return size_of(root_); }
    bool empty() const { return root_ == nullptr; }

    /// The value at `key`, null if there is none. O(log n).
    std::shared_ptr<const Value> find(const Key& key) const {
        const Node* node = root_.get();
        while (node != nullptr && !(node->key == key)) {
            node = key < node->key ? node->left.get() : node->right.get();
        }
        return node == nullptr ? nullptr : node->value;
    }

    /// Calls `visit(key, value)` in key order; stops when it returns false.
    template <typename Visit>
    void for_each(Visit&& visit) const {
        walk(root_.get(), nullptr, visit);
    }

    /// As for_each, from the first key that is not below `first`.
    template <typename Visit>
    void for_each_from(const Key& first, Visit&& visit) const {
        walk(root_.get(), &first, visit);
    }

    void set(const Key& key, std::shared_ptr<const Value> value) {
        root_ = with(root_, key, std::move(value), priority_of(key));
    }

    void erase(const Key& key) {
        if (find(key) != nullptr) {
            root_ = without(root_, key);
        }
    }

private:
    struct Node;
    using Link = std::shared_ptr<const Node>;  // shared by the snapshots that contain it
    struct Node {
        Key key;
        std::shared_ptr<const Value> value;
        std::uint64_t priority = 0;
        std::size_t size = 1;
        Link left;
        Link right;
    };

    static std::size_t size_of(const Link& link) { return link == nullptr ? 0 : link->size; }

    static std::uint64_t priority_of(const Key& key) {
        return (std::hash<Key>{}(key) + 1) * 0x9e3779b97f4a7c15ULL;
    }

    static Link make(const Node& from, Link left, Link right) {
        const std::size_t size = 1 + size_of(left) + size_of(right);
        return std::make_shared<const Node>(
            Node{from.key, from.value, from.priority, size, std::move(left), std::move(right)});
    }

    static Link with(const Link& at, const Key& key, std::shared_ptr<const Value> value,
                     std::uint64_t priority) {
        if (at == nullptr) {
            return std::make_shared<const Node>(
                Node{key, std::move(value), priority, 1, nullptr, nullptr});
        }
        if (at->key == key) {
            return std::make_shared<const Node>(
                Node{key, std::move(value), at->priority, at->size, at->left, at->right});
        }
        if (key < at->key) {
            Link left = with(at->left, key, std::move(value), priority);
            if (left->priority > at->priority) {
                return make(*left, left->left, make(*at, left->right, at->right));
            }
            return make(*at, std::move(left), at->right);
        }
        Link right = with(at->right, key, std::move(value), priority);
        if (right->priority > at->priority) {
            return make(*right, make(*at, at->left, right->left), right->right);
        }
        return make(*at, at->left, std::move(right));
    }

    static Link merge(const Link& left, const Link& right) {
        if (left == nullptr || right == nullptr) {
            return left == nullptr ? right : left;
        }
        if (left->priority > right->priority) {
            return make(*left, left->left, merge(left->right, right));
        }
        return make(*right, merge(left, right->left), right->right);
    }

    static Link without(const Link& at, const Key& key) {
        if (at->key == key) {
            return merge(at->left, at->right);
        }
        return key < at->key ? make(*at, without(at->left, key), at->right)
                             : make(*at, at->left, without(at->right, key));
    }

    template <typename Visit>
    static bool walk(const Node* node, const Key* first, Visit& visit) {
        if (node == nullptr) {
            return true;
        }
        const bool below = first != nullptr && node->key < *first;
        if (!below) {
            if (!walk(node->left.get(), first, visit) || !visit(node->key, node->value)) {
                return false;
            }
        }
        return walk(node->right.get(), below ? first : nullptr, visit);
    }

    Link root_;
};

}  // namespace heddle::rm
