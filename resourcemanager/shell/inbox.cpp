#include "resourcemanager/shell/inbox.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

namespace heddle::rm {

bool Inbox::push(Event event) {
    {
        std::unique_lock lock(mutex_);
        room_.wait(lock, [this] { return closed_ || common_.size() < kCommonMax; });
        if (closed_) {
            return false;
        }
        common_.push_back(std::move(event));
    }
    ready_.notify_one();
    return true;
}

Inbox::Taken Inbox::push_from_master(ConnectionId master, Event event, std::size_t bytes) {
    {
        const std::lock_guard lock(mutex_);
        if (closed_) {
            return Taken::Closed;
        }
        Line& line = lines_[master];
        if (line.said.size() >= kMasterMessagesMax ||
            (!line.said.empty() && line.bytes + bytes > kMasterBytesMax)) {
            return Taken::TooMuch;
        }
        line.said.push_back({std::move(event), bytes});
        line.bytes += bytes;
        ++said_;
    }
    ready_.notify_one();
    return Taken::Yes;
}

void Inbox::end_of_master(ConnectionId master) {
    {
        const std::lock_guard lock(mutex_);
        if (closed_) {
            return;
        }
        lines_[master].said.push_back({MasterDisconnected{master}, 0});
        ++said_;
    }
    ready_.notify_one();
}

// A message of each master, then the second of each, until each has had its part of the turn.
void Inbox::take_from_masters(std::vector<Event>& turn) {
    std::map<ConnectionId, std::size_t> taken;  // bytes, of those whose part is not used up
    for (const auto& [master, line] : lines_) {
        taken.emplace_hint(taken.end(), master, 0);
    }
    for (std::size_t round = 0; round < kTurnMessages && !taken.empty(); ++round) {
        for (auto at = taken.begin(); at != taken.end();) {
            const auto found = lines_.find(at->first);
            Said said = std::move(found->second.said.front());
            found->second.said.pop_front();
            found->second.bytes -= said.bytes;
            at->second += said.bytes;
            --said_;
            turn.push_back(std::move(said.event));
            const bool empty = found->second.said.empty();
            if (empty) {
                lines_.erase(found);
            }
            at = empty || at->second >= kTurnBytes ? taken.erase(at) : std::next(at);
        }
    }
}

std::vector<Event> Inbox::take(Duration wait) {
    std::vector<Event> turn;
    {
        std::unique_lock lock(mutex_);
        ready_.wait_for(lock, std::chrono::microseconds(wait.microseconds),
                        [this] { return closed_ || !common_.empty() || !lines_.empty(); });
        turn.reserve(common_.size() + std::min(said_, lines_.size() * kTurnMessages));
        std::move(common_.begin(), common_.end(), std::back_inserter(turn));
        common_.clear();
        take_from_masters(turn);
    }
    room_.notify_all();
    return turn;
}

void Inbox::close() {
    {
        const std::lock_guard lock(mutex_);
        closed_ = true;
    }
    ready_.notify_all();
    room_.notify_all();
}

bool Inbox::closed() const {
    const std::lock_guard lock(mutex_);
    return closed_;
}

std::size_t Inbox::size() const {
    const std::lock_guard lock(mutex_);
    return common_.size() + said_;
}

}  // namespace heddle::rm
