#pragma once

// What waits to be written. Small pieces are gathered into runs of bytes, large ones keep their
// owner and are written from where they lie.

#include <algorithm>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/net/shared_bytes.h"

namespace heddle::net {

struct OutPiece {
    std::string bytes;  // used when `shared` has no owner
    SharedBytes shared;

    std::string_view view() const { return shared.owner ? shared.text() : std::string_view(bytes); }
};

class OutPieces {
public:
    static constexpr std::size_t kGather = 4 * 1024;  // smaller pieces are copied together
    static constexpr std::size_t kRun = 64 * 1024;    // length at which a run is full

    void add(std::string_view bytes) {
        size_ += bytes.size();
        if (pieces_.empty() || pieces_.back().shared.owner ||
            pieces_.back().bytes.size() + bytes.size() > kRun) {
            pieces_.emplace_back();
        }
        pieces_.back().bytes.append(bytes);
    }
    void add(std::string&& bytes) {
        if (bytes.size() < kGather) {
            add(std::string_view(bytes));
            return;
        }
        size_ += bytes.size();
        pieces_.push_back({std::move(bytes), {}});
    }
    void add(SharedBytes bytes) {
        if (bytes.size < kGather || !bytes.owner) {
            add(bytes.text());
            return;
        }
        size_ += bytes.size;
        pieces_.push_back({{}, std::move(bytes)});
    }

    bool empty() const { return size_ == 0; }
    std::size_t size() const { return size_; }
    std::vector<OutPiece> take() {
        size_ = 0;
        return std::exchange(pieces_, {});
    }

private:
    std::vector<OutPiece> pieces_;
    std::size_t size_ = 0;
};

/// The door from any thread to a connection on the loop thread: senders append, the loop takes. One
/// task is posted however many pieces are appended before it runs.
class SendQueue {
public:
    enum class Pushed {
        Queued,  // the loop is already on its way
        First,   // the caller posts the task that takes
        Closed,
        Full,  // nothing was appended, and the queue is closed now
    };

    explicit SendQueue(std::size_t limit) : limit_(limit) {}

    /// `append` adds to the pieces under the lock; `size` is what it will add at least.
    template <typename Append>
    Pushed push(std::size_t size, const Append& append) {
        const std::lock_guard lock(mutex_);
        if (closed_) {
            return Pushed::Closed;
        }
        // One piece of any size may go when nothing else waits.
        if (waiting_ != 0 && waiting_ + size > limit_) {
            closed_ = true;
            return Pushed::Full;
        }
        const std::size_t before = pieces_.size();
        append(pieces_);
        waiting_ += pieces_.size() - before;
        return std::exchange(scheduled_, true) ? Pushed::Queued : Pushed::First;
    }

    /// Loop thread: everything appended so far.
    std::vector<OutPiece> take() {
        const std::lock_guard lock(mutex_);
        scheduled_ = false;
        under_way_ += pieces_.size();
        return pieces_.take();
    }

    /// Loop thread: the system took `size` bytes of what was taken, or of frames round it.
    void written(std::size_t size) {
        const std::lock_guard lock(mutex_);
        const std::size_t counted = std::min(size, under_way_);
        under_way_ -= counted;
        waiting_ -= counted;
    }

    /// False when it was closed already.
    bool close() {
        const std::lock_guard lock(mutex_);
        return !std::exchange(closed_, true);
    }
    bool closed() const {
        const std::lock_guard lock(mutex_);
        return closed_;
    }
    std::size_t waiting() const {
        const std::lock_guard lock(mutex_);
        return waiting_;
    }
    std::size_t limit() const { return limit_; }

private:
    mutable std::mutex mutex_;
    OutPieces pieces_;
    std::size_t waiting_ = 0;    // appended and not yet taken by the system
    std::size_t under_way_ = 0;  // the part of it that the loop took
    std::size_t limit_;
    bool scheduled_ = false;
    bool closed_ = false;
};

}  // namespace heddle::net
