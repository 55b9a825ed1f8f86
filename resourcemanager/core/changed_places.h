#pragma once

// Nodes and racks that have changed for asks that sleep (constraint_waits.h), until everybody whom
// that concerns has looked there. An ask that is in nobody's way looks when it is its turn; once it
// has looked at all of them in vain it is past, until one more place changes, and then looks at
// what has changed since: every change has a number.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "resourcemanager/core/container_table.h"
#include "resourcemanager/core/masked_order.h"

namespace heddle::rm {

struct ChangedPlace {
    std::optional<NodeIndex> node;  // none: all nodes of the rack
    std::string rack;
    ShapeMask groups;          // whom it concerns
    std::uint64_t number = 0;  // of the last change there
};

class ChangedPlaces {
public:
    // What is more than that is forgotten, the oldest first: who has not looked there yet looks
    // everywhere.
    static constexpr std::size_t kPlacesMax = 32;

    void add(ChangedPlace place) {
        place.number = ++last_;
        groups_ |= place.groups;
        const auto known = std::ranges::find_if(places_, [&](const ChangedPlace& other) {
            return other.node == place.node && other.rack == place.rack;
        });
        if (known != places_.end()) {
            place.groups |= known->groups;
            places_.erase(known);
        } else if (places_.size() == kPlacesMax) {
            forgotten_ = places_.front().number;
            forgotten_groups_ |= places_.front().groups;
            places_.erase(places_.begin());
        }
        places_.push_back(std::move(place));
    }

    /// Keeps of those whom the node concerns the ones that `still` says.
    template <typename Still>
    void narrow(NodeIndex node, Still&& still) {
        groups_ = forgotten_groups_;
        for (ChangedPlace& place : places_) {
            if (place.node == node) {
                place.groups = still(place.groups);
            }
            groups_ |= place.groups;
        }
    }

    /// Everybody has looked.
    void clear() {
        places_.clear();
        groups_.clear();
        forgotten_ = 0;
        forgotten_groups_.clear();
    }

    const ShapeMask& groups() const { return groups_; }
    /// In the order of the changes.
    const std::vector<ChangedPlace>& all() const { return places_; }
    /// The number of the last change.
    std::uint64_t last() const { return last_; }
    /// What has changed for the group after this one is not all remembered.
    bool forgotten_since(std::uint64_t number, ShapeId group) const {
        return number < forgotten_ && forgotten_groups_.test(group);
    }

private:
    std::vector<ChangedPlace> places_;
    ShapeMask groups_;  // of all places, forgotten ones too
    ShapeMask forgotten_groups_;
    std::uint64_t last_ = 0;
    std::uint64_t forgotten_ = 0;
};

}  // namespace heddle::rm
