#include "common/model/opportunistic_queue.h"

#include <algorithm>

#include "common/base/check.h"

namespace heddle {
namespace {

// Whether taking `size` away brings `over`, what is used beyond what there is, nearer to nothing.
bool helps(const Resource& size, const Resource& over) {
    if ((over.memory_mib > 0 && size.memory_mib > 0) || (over.vcores > 0 && size.vcores > 0)) {
        return true;
    }
    return std::ranges::any_of(over.named.entries(), [&](const NamedCounts::Entry& entry) {
        return entry.count > 0 && size.named.get(entry.name) > 0;
    });
}

}  // namespace

void OpportunisticQueue::add(const ContainerId& id, const Resource& size, std::uint64_t place) {
    CHECK(all_.emplace(id, Entry{size, place, false, false}).second);
}

void OpportunisticQueue::ready(const ContainerId& id) {
    const auto it = all_.find(id);
    if (it != all_.end() && !it->second.started) {
        ready_.emplace(it->second.place, id);
    }
}

void OpportunisticQueue::started(const ContainerId& id) {
    const auto it = all_.find(id);
    if (it == all_.end() || it->second.started) {
        return;
    }
    it->second.started = true;
    ready_.erase(it->second.place);
    running_.emplace(it->second.place, id);
    used_ += it->second.size;
}

void OpportunisticQueue::stopping(const ContainerId& id) {
    if (const auto it = all_.find(id); it != all_.end()) {
        it->second.stopping = true;
    }
}

void OpportunisticQueue::remove(const ContainerId& id) {
    const auto it = all_.find(id);
    if (it == all_.end()) {
        return;
    }
    const Entry& entry = it->second;
    entry.started ? running_.erase(entry.place) : ready_.erase(entry.place);
    used_ -= entry.started ? entry.size : Resource{};
    all_.erase(it);
}

void OpportunisticQueue::resize(const ContainerId& id, const Resource& size) {
    if (const auto it = all_.find(id); it != all_.end()) {
        used_ += it->second.started ? size - it->second.size : Resource{};
        it->second.size = size;
    }
}

std::optional<ContainerId> OpportunisticQueue::next(const Resource& room) const {
    if (ready_.empty()) {
        return std::nullopt;
    }
    const ContainerId& first = ready_.begin()->second;
    return (used_ + all_.at(first).size).fits_in(room) ? std::optional(first) : std::nullopt;
}

std::vector<ContainerId> OpportunisticQueue::in_the_way(const Resource& room) const {
    Resource kept = used_;
    for (const auto& [place, id] : running_) {
        const Entry& entry = all_.at(id);
        kept -= entry.stopping ? entry.size : Resource{};
    }
    std::vector<ContainerId> victims;
    for (auto it = running_.rbegin(); it != running_.rend() && !kept.fits_in(room); ++it) {
        const Entry& entry = all_.at(it->second);
        if (!entry.stopping && helps(entry.size, kept - room)) {
            victims.push_back(it->second);
            kept -= entry.size;
        }
    }
    // A small one that was taken first is not needed if a large one had to follow.
    std::vector<ContainerId> needed;
    for (auto it = victims.rbegin(); it != victims.rend(); ++it) {
        const Resource& size = all_.at(*it).size;
        if ((kept + size).fits_in(room)) {
            kept += size;
        } else {
            needed.push_back(*it);
        }
    }
    std::ranges::reverse(needed);
    return needed;
}

bool OpportunisticQueue::waits(const ContainerId& id) const {
    const auto it = all_.find(id);
    return it != all_.end() && !it->second.started;
}

void OpportunisticQueue::check() const {
    Resource used;
    std::size_t running = 0;
    for (const auto& [id, entry] : all_) {
        running += entry.started ? 1U : 0U;
        used += entry.started ? entry.size : Resource{};
        CHECK(entry.started == running_.contains(entry.place));
        CHECK(!entry.started || !ready_.contains(entry.place));
    }
    CHECK(running == running_.size());
    CHECK(used == used_);
}

}  // namespace heddle
