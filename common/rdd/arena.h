#pragma once

// Bytes that end together: the owned form of views is kept here. Chunks grow from 4 KiB to 1 MiB,
// so a small table costs little and a large one few calls. Memory is drawn from a budget; when that
// refuses, the arena goes on (an `own` in the middle of a record cannot fail) and the budget has
// already marked the task as failed, so that it ends with the next batch.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace heddle::rdd {

// Where tables, arenas and buffers ask for memory before they take it.
class MemoryBudget {
public:
    virtual ~MemoryBudget() = default;
    /// False: refused, and the holder is to stop. Whoever asked still has to release what it takes.
    virtual bool reserve(std::int64_t bytes) = 0;
    virtual void release(std::int64_t bytes) = 0;
};

class Arena {
public:
    /// `budget` may be null: nothing is accounted. It must outlive the arena.
    explicit Arena(MemoryBudget* budget = nullptr) : budget_(budget) {}
    Arena(const Arena&) = delete;
    Arena& operator=(const Arena&) = delete;
    ~Arena();

    /// Bytes at an address divisible by `align` (a power of two up to 16), valid as long as the
    /// arena.
    char* allocate(std::size_t size, std::size_t align = 1) {
        const std::size_t skip = (align - reinterpret_cast<std::uintptr_t>(cursor_)) & (align - 1);
        if (static_cast<std::size_t>(limit_ - cursor_) < size + skip) [[unlikely]] {
            return allocate_slowly(size);
        }
        char* out = cursor_ + skip;
        cursor_ = out + size;
        return out;
    }
    std::string_view store(std::string_view text) {
        if (text.empty()) {
            return {};
        }
        char* out = allocate(text.size());
        std::memcpy(out, text.data(), text.size());
        return {out, text.size()};
    }
    /// Bytes taken from the system.
    std::size_t capacity() const { return capacity_; }

private:
    char* allocate_slowly(std::size_t size);

    MemoryBudget* budget_;
    std::vector<std::unique_ptr<char[]>> chunks_;
    char* cursor_ = nullptr;
    char* limit_ = nullptr;
    std::size_t capacity_ = 0;
};

}  // namespace heddle::rdd
