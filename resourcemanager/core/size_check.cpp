#include "resourcemanager/core/size_check.h"

#include <algorithm>
#include <set>
#include <vector>

#include "common/base/strings.h"
#include "resourcemanager/core/choose_node.h"

namespace heddle::rm {
namespace {

bool ever_had(const Books& books, const std::string& label) {
    const std::vector<std::string> labels = books.nodes.labels_ever();
    return std::ranges::find(labels, label) != labels.end();
}

// Nodes may still come.
bool awaited(const Books& books, const std::string& label) {
    return !books.nodes.any_ever() ||
           (!label.empty() && books.config.scheduler.labels.contains(label) &&
            !ever_had(books, label));
}

// Labels that have to be named to get to a node that is large enough.
std::vector<std::string> labels_that_fit(const Books& books, const Resource& size) {
    std::vector<std::string> labels = books.nodes.labels_ever();
    std::erase_if(labels, [&](const std::string& label) {
        return label.empty() || !books.nodes.any_ever_fits(size, label);
    });
    return labels;
}

// No node of the label ever registered, nor any that an ask without one may go to.
std::string no_such_nodes(const Books& books, const std::string& label) {
    const std::vector<std::string> of_nodes = books.nodes.labels_ever();
    std::set<std::string> there(of_nodes.begin(), of_nodes.end());
    if (!label.empty()) {
        for (const auto& [known, exclusive] : books.config.scheduler.labels) {
            there.insert(known);
        }
    }
    there.erase("");
    const std::string names = join(std::vector<std::string>(there.begin(), there.end()), ", ");
    if (label.empty()) {
        return "every node has a label; name one of them: " + names;
    }
    return "no node has the label '" + label + "'" +
           (names.empty() ? "; leave the label out" : "; there are: " + names);
}

std::string no_such_resource(const std::set<std::string>& there, const std::string& name) {
    return "no node has any '" + name + "', " +
           (there.empty()
                ? "nor anything else by name (node.resources)"
                : "there are: " + join(std::vector<std::string>(there.begin(), there.end()), ", "));
}

std::string too_large(const Books& books, const Resource& size, const std::string& label) {
    const std::string asked = "asked " + to_string(size) + "; ";
    const std::set<std::string> there = books.nodes.named_ever();
    for (const NamedCounts::Entry& entry : size.named.entries()) {
        if (entry.count > 0 && !there.contains(entry.name)) {
            return asked + no_such_resource(there, entry.name);
        }
    }
    const bool labelled = books.nodes.labels_ever() != std::vector<std::string>{""};
    const std::string which = !label.empty() ? " with the label '" + label + "'"
                              : labelled     ? " for asks without a label"
                                             : "";
    return asked + (size.named.empty() ? "" : "no node" + which + " has all of it, ") +
           "the largest " + (size.named.empty() ? "node" + which : std::string("one")) + " has " +
           to_string(largest_for(books, label)) + "; " + smaller_or_elsewhere(books, size, label);
}

}  // namespace

Resource largest_for(const Books& books, const std::string& label) {
    Resource largest;
    for (const std::string& usable : usable_labels(books, label)) {
        largest = std::max(largest, books.nodes.largest_ever(usable));
    }
    return largest;
}

std::string smaller_or_elsewhere(const Books& books, const Resource& size,
                                 const std::string& label) {
    if (!label.empty() && ever_fits(books, size, "")) {
        return "leave the label out, or ask for less";
    }
    const std::vector<std::string> labels = labels_that_fit(books, size);
    return (labels.empty() ? "" : "name label " + join(labels, " or ") + ", or ") + "ask for less";
}

Status check_size(const Books& books, const Resource& size, const std::string& label) {
    if (awaited(books, label) || ever_fits(books, size, label)) {
        return {};
    }
    return Error{ErrorCode::InvalidArgument, largest_for(books, label).is_zero()
                                                 ? no_such_nodes(books, label)
                                                 : too_large(books, size, label)};
}

Status check_size_at_all(const Books& books, const Resource& size, const std::string& label) {
    return ever_fits(books, size, "") || !labels_that_fit(books, size).empty()
               ? Status{}
               : check_size(books, size, label);
}

}  // namespace heddle::rm
