#pragma once

// The newest snapshot of the core, for every reader; and where containers are or were, because logs
// outlive the application that a snapshot shows. Written by the core thread.

#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <utility>

#include "common/base/ids.h"
#include "resourcemanager/core/views.h"

namespace heddle::rm {

class ViewBoard {
public:
    ViewBoard() : view_(std::make_shared<const View>()) {}

    void publish(const Publication& publication) {
        const std::lock_guard lock(mutex_);
        view_ = publication.view;
        published_ = true;
        measure(*view_);
        for (const ContainerId& id : publication.changes.containers) {
            if (const auto container = view_->containers.find(id)) {
                remember(id, container->node);
            }
        }
    }

    /// Shared by all who are reading it.
    std::shared_ptr<const View> view() const {
        const std::lock_guard lock(mutex_);
        return view_;
    }

    /// False until the core has taken in what the store held.
    bool published() const {
        const std::lock_guard lock(mutex_);
        return published_;
    }

    /// Containers granted in the last second or so.
    std::int64_t grants_per_second() const {
        const std::lock_guard lock(mutex_);
        return grants_per_second_;
    }

    /// The node of a container that this process has seen, among the last kPlacesMax.
    std::optional<NodeId> place_of(const ContainerId& id) const {
        const std::lock_guard lock(mutex_);
        const auto found = places_.find(id);
        return found == places_.end() ? std::nullopt : std::optional(found->second);
    }

private:
    static constexpr std::size_t kPlacesMax = 100'000;

    void measure(const View& view) {
        const std::int64_t passed = view.as_of.milliseconds - measured_.milliseconds;
        if (passed < 1000 && passed >= 0) {
            return;
        }
        // Clocks may be set back; then a measurement begins anew.
        grants_per_second_ = passed > 0 ? (view.cluster.grants - grants_then_) * 1000 / passed : 0;
        measured_ = view.as_of;
        grants_then_ = view.cluster.grants;
    }

    void remember(const ContainerId& id, const NodeId& node) {
        if (places_.emplace(id, node).second) {
            order_.push_back(id);
        }
        if (order_.size() > kPlacesMax) {
            places_.erase(order_.front());
            order_.pop_front();
        }
    }

    mutable std::mutex mutex_;
    std::shared_ptr<const View> view_;  // shared with its readers
    bool published_ = false;
    WallTime measured_;  // when, and how many grants there were
    std::int64_t grants_then_ = 0;
    std::int64_t grants_per_second_ = 0;
    std::unordered_map<ContainerId, NodeId> places_;
    std::deque<ContainerId> order_;  // of places_, oldest first
};

}  // namespace heddle::rm
