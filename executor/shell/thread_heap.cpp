// The C library's heap, told what is coming.
#include "executor/shell/thread_heap.h"

#include <malloc.h>

#include <cstddef>
#include <cstdlib>

namespace heddle::executor {

namespace {

// Half of what glibc reserves for one heap of a thread is the most that it takes from there.
constexpr int kMapThreshold = 32 << 20;
constexpr int kTrimThreshold = 64 << 20;
constexpr std::size_t kRoom = std::size_t{16} << 20;

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define HEDDLE_OTHER_HEAP 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HEDDLE_OTHER_HEAP 1
#endif

#ifdef HEDDLE_OTHER_HEAP
constexpr bool kOurHeap = false;  // the sanitizer's heap has other habits
#else
constexpr bool kOurHeap = true;
#endif

}  // namespace

void keep_freed_memory() {
    if constexpr (kOurHeap) {
        mallopt(M_MMAP_THRESHOLD, kMapThreshold);
        mallopt(M_TRIM_THRESHOLD, kTrimThreshold);
    }
}

void widen_thread_heap() {
    if constexpr (kOurHeap) {
        void* room = std::malloc(kRoom);
        asm volatile("" : "+r"(room));  // or the compiler leaves out both calls
        std::free(room);
    }
}

}  // namespace heddle::executor
