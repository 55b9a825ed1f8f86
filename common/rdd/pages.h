#pragma once

// Zeroed memory for tables. Large pieces come on 2 MiB pages: touching new memory for the first
// time costs a quarter that way. A table's memory is kept for the next table of about its size, as
// long as little is kept: mapping, first touch and unmapping of a few MiB cost a short task more
// than filling its table, and an unmapping stops the other threads of the process for a moment.

#include <cstddef>

namespace heddle::rdd {

/// What the process keeps for tables to come, at most. No accountant counts it.
inline constexpr std::size_t kSparePagesMax = std::size_t{64} << 20;

class ZeroPages {
public:
    ZeroPages() = default;
    explicit ZeroPages(std::size_t bytes);
    ~ZeroPages();
    ZeroPages(ZeroPages&& other) noexcept;
    ZeroPages& operator=(ZeroPages&& other) noexcept;

    void* data() const { return data_; }
    std::size_t size() const { return size_; }

private:
    void* data_ = nullptr;
    std::size_t size_ = 0;
    std::size_t mapped_ = 0;
};

/// Bytes that are kept at present.
std::size_t spare_pages();

}  // namespace heddle::rdd
