#pragma once

// The opportunistic containers of one node: those that wait for room, in the order in which they
// came, and those that run in room that no guaranteed container uses. It decides which starts next
// and, when a guaranteed container needs room, which must end: the newest first, since they have
// the least work to lose, and not one more than is needed.

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "common/base/ids.h"
#include "common/base/resource.h"

namespace heddle {

class OpportunisticQueue {
public:
    /// It has come and waits. `place` rises with every container that comes.
    void add(const ContainerId& id, const Resource& size, std::uint64_t place);
    /// It could start.
    void ready(const ContainerId& id);
    /// It holds its room from now on. This and the following do nothing for one that is not here.
    void started(const ContainerId& id);
    /// Its end has been ordered: it counts until it is removed, and is in nobody's way.
    void stopping(const ContainerId& id);
    void remove(const ContainerId& id);
    void resize(const ContainerId& id, const Resource& size);

    /// The first that could start, if it fits beside what runs into `room`, which is all that
    /// guaranteed containers leave. A large one holds back what came after it, so that it starts.
    std::optional<ContainerId> next(const Resource& room) const;

    /// Those that must end so that what runs fits into `room`.
    std::vector<ContainerId> in_the_way(const Resource& room) const;

    bool contains(const ContainerId& id) const { return all_.contains(id); }
    bool waits(const ContainerId& id) const;
    std::size_t waiting() const { return all_.size() - running_.size(); }
    std::size_t running() const { return running_.size(); }
    /// Of those that run, also while they stop.
    Resource used() const { return used_; }

    void check() const;

private:
    struct Entry {
        Resource size;
        std::uint64_t place = 0;
        bool started = false;
        bool stopping = false;
    };
    using Order = std::map<std::uint64_t, ContainerId>;  // by place

    std::map<ContainerId, Entry> all_;
    Order ready_;
    Order running_;
    Resource used_;
};

}  // namespace heddle
