#pragma once

// Zeroed memory for tables. Large pieces come on 2 MiB pages: touching new memory for the first
// time costs a quarter that way.

#include <cstddef>

namespace heddle::rdd {

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
};

}  // namespace heddle::rdd
