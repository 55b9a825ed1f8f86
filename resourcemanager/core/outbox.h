#pragma once

// What a step has to say to one peer. It leaves as one message, unless that would be larger than a
// frame may be: a peer that cannot read a frame closes the connection and comes again, to be sent
// the same frame. So entries are counted in bytes as they are added, and a full message is followed
// by a second one. The number of the message that an entry is in is known when it is added.

#include <cstddef>
#include <utility>
#include <vector>

#include "common/model/container.h"
#include "common/model/master_protocol.h"
#include "common/model/node_protocol.h"

namespace heddle::rm {

/// A message takes no further entry beyond this; a frame may have twice as much.
constexpr std::size_t kMessageBytesMax = 8U << 20U;

/// Of a command with its environment and artifacts: more is refused where it enters. Linux does not
/// start a process with more, and an entry must fit into a message.
constexpr std::size_t kLaunchSpecBytesMax = 2U << 20U;

// Upper bounds of what an entry takes on the wire.
std::size_t bytes_of(const LaunchSpec& spec);
std::size_t bytes_of(const ContainerStart& start);
std::size_t bytes_of(const ContainerStop& stop);
std::size_t bytes_of(const ContainerId& id);
std::size_t bytes_of(const ContainerSignal& signal);
std::size_t bytes_of(const Grant& grant);
std::size_t bytes_of(const ContainerEnded& ended);
std::size_t bytes_of(const AskRefused& refused);
std::size_t bytes_of(const PreemptionNotice& notice);
std::size_t bytes_of(const ContainerResize& resized);
std::size_t bytes_of(const ResizeRefused& refused);
std::size_t bytes_of(const SizeOrder& order);

template <typename Message>
class Outbox {
public:
    /// The message that an entry of so many bytes goes into.
    Message& room_for(std::size_t bytes) {
        if (bytes_ > 0 && bytes_ + bytes > kMessageBytesMax) {
            full_.push_back(std::exchange(last_, {}));
            bytes_ = 0;
        }
        bytes_ += bytes;
        return last_;
    }

    /// How many messages leave before the one that room_for() has given last.
    std::size_t before_last() const { return full_.size(); }

    void clear() { *this = {}; }

    /// Gives the messages away, in order; none if nothing was added.
    template <typename Send>
    void flush(Send&& send) {
        for (Message& message : full_) {
            send(std::move(message));
        }
        if (bytes_ > 0) {
            send(std::move(last_));
        }
        clear();
    }

private:
    std::vector<Message> full_;
    Message last_;
    std::size_t bytes_ = 0;  // of last_
};

}  // namespace heddle::rm
