#pragma once

// Nodes and racks that have changed for asks that sleep (constraint_waits.h), until everybody whom
// that concerns has looked there. An ask that is in nobody's way looks when it is its turn; once it
// has looked at all of them in vain it is past, until one more place changes.

#include <optional>
#include <string>
#include <vector>

#include "resourcemanager/core/container_table.h"
#include "resourcemanager/core/masked_order.h"

namespace heddle::rm {

struct ChangedPlace {
    std::optional<NodeIndex> node;  // none: all nodes of the rack
    std::string rack;
    ShapeMask groups;  // whom it concerns
};

class ChangedPlaces {
public:
    // What is more than that is looked for everywhere.
    static constexpr std::size_t kPlacesMax = 16;

    void add(ChangedPlace place) {
        groups_ |= place.groups;
        for (ChangedPlace& known : places_) {
            if (known.node == place.node && known.rack == place.rack) {
                known.groups |= place.groups;
                return;
            }
        }
        everywhere_ = everywhere_ || places_.size() == kPlacesMax;
        if (!everywhere_) {
            places_.push_back(std::move(place));
        }
    }

    /// Keeps of those whom the node concerns the ones that `still` says.
    template <typename Still>
    void narrow(NodeIndex node, Still&& still) {
        if (everywhere_) {
            return;
        }
        groups_.clear();
        for (ChangedPlace& place : places_) {
            if (place.node == node) {
                place.groups = still(place.groups);
            }
            groups_ |= place.groups;
        }
    }

    void clear() { *this = {}; }

    const ShapeMask& groups() const { return groups_; }
    const std::vector<ChangedPlace>& all() const { return places_; }
    /// There were too many to remember.
    bool everywhere() const { return everywhere_; }

private:
    std::vector<ChangedPlace> places_;
    ShapeMask groups_;  // of all places
    bool everywhere_ = false;
};

}  // namespace heddle::rm
