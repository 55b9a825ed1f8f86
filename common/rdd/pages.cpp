// Mapping, keeping and unmapping table memory.
#include "common/rdd/pages.h"

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <map>
#include <mutex>
#include <new>
#include <utility>

namespace heddle::rdd {

namespace {

constexpr std::size_t kHugePage = std::size_t{2} << 20;
constexpr std::size_t kSmallest = std::size_t{64} << 10;

// Sizes are rounded up to four steps per power of two, so that pieces fit again.
std::size_t rounded(std::size_t bytes) {
    const std::size_t size = std::max(bytes, kSmallest);
    const std::size_t step = std::bit_floor(size) / 4;
    return (size + step - 1) / step * step;
}

void* map(std::size_t bytes) {
    void* data = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (data == MAP_FAILED) {
        throw std::bad_alloc();
    }
    if (bytes >= 2 * kHugePage) {
        ::madvise(data, bytes, MADV_HUGEPAGE);
    }
    return data;
}

// Pieces that nobody uses, by size. Shared by all task threads; the lock is held for a look-up.
class Spares {
public:
    // Null: nothing of that size.
    void* take(std::size_t mapped) {
        const std::lock_guard lock(mutex_);
        const auto it = pieces_.find(mapped);
        if (it == pieces_.end()) {
            return nullptr;
        }
        void* const data = it->second;
        pieces_.erase(it);
        bytes_ -= mapped;
        return data;
    }
    // False: it is larger than all that may be kept.
    bool put(void* data, std::size_t mapped) noexcept {
        if (mapped > kSparePagesMax) {
            return false;
        }
        std::multimap<std::size_t, void*> dropped;
        bool kept = true;
        {
            const std::lock_guard lock(mutex_);
            if (bytes_ + mapped > kSparePagesMax) {  // sizes that nobody asks for any more
                dropped.swap(pieces_);
                bytes_ = 0;
            }
            try {
                pieces_.emplace(mapped, data);
                bytes_ += mapped;
            } catch (const std::bad_alloc&) {
                kept = false;
            }
        }
        for (const auto& [size, piece] : dropped) {
            ::munmap(piece, size);
        }
        return kept;
    }
    std::size_t bytes() {
        const std::lock_guard lock(mutex_);
        return bytes_;
    }

private:
    std::mutex mutex_;
    std::multimap<std::size_t, void*> pieces_;
    std::size_t bytes_ = 0;
};

Spares& spares() {
    static auto* const all = new Spares;  // never destroyed: threads may outlive static objects
    return *all;
}

}  // namespace

ZeroPages::ZeroPages(std::size_t bytes) : size_(bytes) {
    if (bytes == 0) {
        return;
    }
    mapped_ = rounded(bytes);
    data_ = spares().take(mapped_);
    if (data_ != nullptr) {
        std::memset(data_, 0, bytes);
    } else {
        data_ = map(mapped_);
    }
}

ZeroPages::~ZeroPages() {
    if (data_ != nullptr && !spares().put(data_, mapped_)) {
        ::munmap(data_, mapped_);
    }
}

ZeroPages::ZeroPages(ZeroPages&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      mapped_(std::exchange(other.mapped_, 0)) {}

ZeroPages& ZeroPages::operator=(ZeroPages&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(mapped_, other.mapped_);
    return *this;
}

std::size_t spare_pages() {
    return spares().bytes();
}

}  // namespace heddle::rdd
