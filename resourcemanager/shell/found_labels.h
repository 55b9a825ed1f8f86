#pragma once

// What the label script has said, as an order to the core.

#include <cstdint>
#include <string>

#include "resourcemanager/core/event.h"
#include "resourcemanager/core/views.h"
#include "resourcemanager/shell/label_finder.h"

namespace heddle::rm {

struct FoundLabels {
    RelabelNodes order;
    RelabelNodes different;    // of these, the nodes that show another label so far
    std::int64_t changed = 0;  // nodes that have another label now
    std::string unknown;       // a sentence about labels that the configuration does not have
};

/// Nodes that are not there any more are left out, and those whose label nobody knows.
FoundLabels found_labels(const View& view, const LabelFinder::Labels& found);

}  // namespace heddle::rm
