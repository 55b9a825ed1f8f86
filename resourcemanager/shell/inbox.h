#pragma once

// What waits for the core. Requests, nodes and the store stand in one line, in which everything is
// taken every turn. Masters, each of which speaks for one application, have a line each: a turn
// takes a bounded part of every one, in rounds, so that an application that says much waits for
// itself and delays nobody else. What one master says stays in its order.

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <map>
#include <mutex>
#include <vector>

#include "resourcemanager/core/event.h"

namespace heddle::rm {

class Inbox {
public:
    /// So much of what one master has said may wait; it is told to send less, and comes again.
    static constexpr std::size_t kMasterMessagesMax = 10'000;
    static constexpr std::size_t kMasterBytesMax = 64U << 20U;
    /// So much of it is taken in one turn; one message at least.
    static constexpr std::size_t kTurnMessages = 100;
    static constexpr std::size_t kTurnBytes = 256U << 10U;
    /// Of the common line; beyond it, whoever adds waits.
    static constexpr std::size_t kCommonMax = 1'000'000;

    /// Into the common line. Waits for room. False: closed.
    bool push(Event event);

    enum class Taken { Yes, TooMuch, Closed };
    /// Into the line of a master; `bytes` is what the message took on its way here.
    Taken push_from_master(ConnectionId master, Event event, std::size_t bytes);
    /// The last of its line, which is always taken.
    void end_of_master(ConnectionId master);

    /// A turn's events, after waiting at most `wait` for the first. Empty: time passed, or it is
    /// closed and everything was taken.
    std::vector<Event> take(Duration wait);

    void close();
    bool closed() const;
    std::size_t size() const;

private:
    struct Said {
        Event event;
        std::size_t bytes = 0;
    };
    struct Line {
        std::deque<Said> said;
        std::size_t bytes = 0;
    };

    void take_from_masters(std::vector<Event>& turn);

    mutable std::mutex mutex_;  // guards all
    std::condition_variable ready_;
    std::condition_variable room_;
    std::deque<Event> common_;
    std::map<ConnectionId, Line> lines_;  // none is empty
    std::size_t said_ = 0;                // in all lines
    bool closed_ = false;
};

}  // namespace heddle::rm
