#pragma once

// Amounts of what a node has beside memory and vcores, by name: {"fpga": 1, "gpu": 2}. Most nodes
// and most containers have none: then it is one null pointer, and copies and comparisons cost no
// more.

#include <compare>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"

namespace heddle {

/// The limit of one count, and of distinct names in one amount.
constexpr std::int64_t kNamedCountMax = std::int64_t{1} << 31;
constexpr std::size_t kNamedResourcesMax = 32;

/// The name under which a resource is kept, or none if it cannot be one: a letter, then letters,
/// digits, '.', '-', '_' and '/', at most 64. YARN's prefix is left off, "yarn.io/gpu" is "gpu";
/// memory and vcores have fields of their own and are no such names.
std::optional<std::string> resource_name(std::string_view text);
/// As YARN shows it: "yarn.io/gpu" for "gpu", "yarn.io/fpga" for "fpga", else the name itself.
std::string yarn_resource_name(std::string_view name);

class NamedCounts {
public:
    struct Entry {
        std::string name;
        std::int64_t count = 0;
        friend auto operator<=>(const Entry&, const Entry&) = default;
    };

    constexpr NamedCounts() = default;
    NamedCounts(std::initializer_list<Entry> entries) {
        for (const Entry& entry : entries) {
            set(entry.name, entry.count);
        }
    }
    constexpr NamedCounts(const NamedCounts& other)
        : entries_(other.entries_ == nullptr ? nullptr : copy_of(*other.entries_)) {}
    constexpr NamedCounts(NamedCounts&& other) noexcept : entries_(other.entries_) {
        other.entries_ = nullptr;
    }
    constexpr NamedCounts& operator=(const NamedCounts& other) {
        if (entries_ != other.entries_) {
            std::vector<Entry>* fresh =
                other.entries_ == nullptr ? nullptr : copy_of(*other.entries_);
            clear();
            entries_ = fresh;
        }
        return *this;
    }
    constexpr NamedCounts& operator=(NamedCounts&& other) noexcept {
        std::vector<Entry>* mine = entries_;
        entries_ = other.entries_;
        other.entries_ = mine;
        return *this;
    }
    constexpr ~NamedCounts() { clear(); }

    constexpr bool empty() const { return entries_ == nullptr; }
    /// Sorted by name, none of them zero.
    std::span<const Entry> entries() const {
        return entries_ == nullptr ? std::span<const Entry>{} : std::span<const Entry>(*entries_);
    }
    /// 0: none of it.
    std::int64_t get(std::string_view name) const;
    void set(std::string_view name, std::int64_t count);

    /// Adds `times` of `other`.
    constexpr void add(const NamedCounts& other, std::int64_t times) {
        if (!other.empty()) {
            add_all(*other.entries_, times);
        }
    }
    constexpr void multiply(std::int64_t times) {
        if (!empty()) {
            multiply_all(times);
        }
    }
    constexpr bool fits_in(const NamedCounts& room) const {
        return (empty() && room.empty()) || all_fit_in(room);
    }
    /// Whether one of these, beside what is `taken`, is more than `bound`.
    constexpr bool passes(const NamedCounts& taken, const NamedCounts& bound) const {
        return !empty() && some_pass(taken, bound);
    }
    constexpr bool any_negative() const { return !empty() && some_negative(); }

    friend constexpr bool operator==(const NamedCounts& a, const NamedCounts& b) {
        return a.entries_ == b.entries_ || (!a.empty() && !b.empty() && a.compare(b) == 0);
    }
    /// By names and counts in turn: an order for sets, it says nothing of what is more.
    friend constexpr std::strong_ordering operator<=>(const NamedCounts& a, const NamedCounts& b) {
        return a.entries_ == b.entries_ ? std::strong_ordering::equal : a.compare(b) <=> 0;
    }

private:
    // Out of line: rare, and what is common stays small where it is inlined.
    static std::vector<Entry>* copy_of(const std::vector<Entry>& entries);
    static void destroy(std::vector<Entry>* entries);
    void add_all(const std::vector<Entry>& other, std::int64_t times);
    void multiply_all(std::int64_t times);
    bool all_fit_in(const NamedCounts& room) const;
    bool some_pass(const NamedCounts& taken, const NamedCounts& bound) const;
    bool some_negative() const;
    int compare(const NamedCounts& other) const;
    constexpr void clear() {
        if (entries_ != nullptr) {
            destroy(entries_);
            entries_ = nullptr;
        }
    }

    std::vector<Entry>* entries_ =
        nullptr;  // owned; never to an empty one. A literal type needs it
};

/// "gpu=2", "fpga=1": names that resource_name() takes, each once, and counts of 1 to
/// kNamedCountMax. Errors: InvalidArgument, with the text and what to write.
Result<NamedCounts> parse_named_counts(const std::vector<std::string>& texts);

}  // namespace heddle
