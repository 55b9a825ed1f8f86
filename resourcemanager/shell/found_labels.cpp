#include "resourcemanager/shell/found_labels.h"

namespace heddle::rm {

FoundLabels found_labels(const View& view, const LabelFinder::Labels& found) {
    FoundLabels labels;
    if (view.scheduler->empty()) {
        return labels;  // nothing was published yet: no node is there either
    }
    const auto& known = view.scheduler->back()->config.labels;
    for (const auto& [name, label] : found) {
        const auto node = view.nodes.find(NodeId{name});
        if (node == nullptr) {
            continue;
        }
        if (!label.empty() && !known.contains(label)) {
            labels.unknown = "the label script gives node " + name + " the label '" + label +
                             "', which the scheduler's configuration does not have; add it with "
                             "rmctl label add";
            continue;
        }
        labels.order.nodes.push_back({NodeId{name}, label});
        if (node->info.label != label) {
            labels.different.nodes.push_back({NodeId{name}, label});
            ++labels.changed;
        }
    }
    return labels;
}

}  // namespace heddle::rm
