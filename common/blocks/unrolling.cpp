#include "common/blocks/unrolling.h"

namespace heddle::blocks {

namespace {

constexpr std::int64_t kStepBytes = std::int64_t{1} << 20;  // so that most batches ask nobody

}  // namespace

bool Unrolling::grow_to(std::int64_t bytes) {
    const std::int64_t needed = bytes - held_;
    if (needed <= 0) {
        return true;
    }
    if (needed < kStepBytes && accountant_.acquire_storage(kStepBytes, false)) {
        held_ += kStepBytes;
        return true;
    }
    if (!accountant_.acquire_storage(needed, true, rdd_)) {
        return false;
    }
    held_ += needed;
    return true;
}

void Unrolling::release() {
    accountant_.release_storage(held_);
    held_ = 0;
}

}  // namespace heddle::blocks
