#pragma once

// Immutable bytes with shared ownership: payloads that are sent from where they lie.

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace heddle::net {

/// `owner` keeps the bytes alive; it is shared by the sender's tables and the write under way.
struct SharedBytes {
    std::shared_ptr<const void> owner;  // may be null for an empty span
    const std::byte* data = nullptr;
    std::size_t size = 0;

    std::span<const std::byte> span() const { return {data, size}; }
    std::string_view text() const { return {reinterpret_cast<const char*>(data), size}; }

    static SharedBytes of(std::string bytes) {
        const auto owner = std::make_shared<const std::string>(std::move(bytes));
        return {owner, reinterpret_cast<const std::byte*>(owner->data()), owner->size()};
    }
    static SharedBytes of(std::vector<std::byte> bytes) {
        const auto owner = std::make_shared<const std::vector<std::byte>>(std::move(bytes));
        return {owner, owner->data(), owner->size()};
    }
    static SharedBytes of(std::shared_ptr<const std::string> bytes) {
        const auto* data = reinterpret_cast<const std::byte*>(bytes->data());
        const std::size_t size = bytes->size();
        return {std::move(bytes), data, size};
    }
    /// `parts` of what `owner` keeps alive.
    static std::vector<SharedBytes> of(const std::shared_ptr<const void>& owner,
                                       const std::vector<std::string_view>& parts) {
        std::vector<SharedBytes> shared;
        shared.reserve(parts.size());
        for (const std::string_view part : parts) {
            shared.push_back({owner, reinterpret_cast<const std::byte*>(part.data()), part.size()});
        }
        return shared;
    }
    static SharedBytes copy_of(std::string_view bytes) { return of(std::string(bytes)); }
};

}  // namespace heddle::net
