// Mapping and unmapping table memory.
#include "common/rdd/pages.h"

#include <sys/mman.h>

#include <new>
#include <utility>

namespace heddle::rdd {

namespace {
constexpr std::size_t kHugePage = std::size_t{2} << 20;
}

ZeroPages::ZeroPages(std::size_t bytes) : size_(bytes) {
    if (bytes == 0) {
        return;
    }
    data_ = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (data_ == MAP_FAILED) {
        data_ = nullptr;
        throw std::bad_alloc();
    }
    if (bytes >= 2 * kHugePage) {
        ::madvise(data_, bytes, MADV_HUGEPAGE);
    }
}

ZeroPages::~ZeroPages() {
    if (data_ != nullptr) {
        ::munmap(data_, size_);
    }
}

ZeroPages::ZeroPages(ZeroPages&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

ZeroPages& ZeroPages::operator=(ZeroPages&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
}

}  // namespace heddle::rdd
