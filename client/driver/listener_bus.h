#pragma once

// Carries what happens to the program's listeners, on one thread, in order.

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "client/driver/listener.h"

namespace heddle::driver {

// Thread-safe.
class ListenerBus {
public:
    /// A listener is being called on this thread: it must not wait for its own end.
    static bool calls_here();

    /// So many events may wait; more are dropped.
    explicit ListenerBus(std::size_t capacity) : capacity_(capacity) {}
    ~ListenerBus() { close(); }
    ListenerBus(const ListenerBus&) = delete;
    ListenerBus& operator=(const ListenerBus&) = delete;

    /// No effect after close(), or when it is there.
    void add(std::shared_ptr<Listener> listener);
    /// Returns when no call to it is under way, unless it is a listener that asks. False: it was
    /// not there.
    bool remove(const std::shared_ptr<Listener>& listener);
    bool listening() const;
    /// Never waits.
    void post(Happening what);
    std::uint64_t dropped() const;
    /// Returns when everything that waits was delivered; nothing is taken any more.
    void close();

private:
    using Listeners = std::vector<std::shared_ptr<Listener>>;
    void run();
    void deliver(const Happening& what, std::unique_lock<std::mutex>& lock);

    const std::size_t capacity_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Happening> waiting_;
    Listeners listeners_;               // shared with the program
    const Listener* called_ = nullptr;  // a call to it is under way
    std::uint64_t dropped_ = 0;
    bool closed_ = false;
    std::thread thread_;  // from the first listener on
};

}  // namespace heddle::driver
