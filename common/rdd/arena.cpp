// Chunks of an arena.
#include "common/rdd/arena.h"

#include <algorithm>

namespace heddle::rdd {

namespace {
constexpr std::size_t kFirstChunk = 4096;
constexpr std::size_t kLargestChunk = std::size_t{1} << 20;
}  // namespace

Arena::~Arena() {
    if (budget_ != nullptr) {
        budget_->release(static_cast<std::int64_t>(capacity_));
    }
}

char* Arena::allocate_slowly(std::size_t size) {
    // What is left of the present chunk is lost, which is little: a request larger than a quarter
    // of a chunk gets a chunk of its own size.
    const std::size_t next = std::clamp(capacity_, kFirstChunk, kLargestChunk);
    const std::size_t chunk = size > next / 4 ? std::max(size, kFirstChunk) : next;
    if (budget_ != nullptr) {
        (void)budget_->reserve(static_cast<std::int64_t>(chunk));
    }
    chunks_.emplace_back(new char[chunk]);  // not zeroed; new aligns to 16
    capacity_ += chunk;
    char* out = chunks_.back().get();
    if (static_cast<std::size_t>(limit_ - cursor_) < chunk - size) {
        cursor_ = out + size;
        limit_ = out + chunk;
    }
    return out;
}

}  // namespace heddle::rdd
