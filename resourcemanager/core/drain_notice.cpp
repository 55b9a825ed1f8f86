// News of drains for masters.
#include "resourcemanager/core/drain_notice.h"

#include "resourcemanager/core/containers.h"

namespace heddle::rm {

namespace {

bool silent(const Books& books, const Container& container) {
    return container.master() || container.stopping || container.orphan ||
           books.config.off(Feature::DrainNotices);
}

bool drains(const Node& node) {
    return node.state == NodeState::Decommissioning;
}

}  // namespace

void tell_drain(Books& books, const Node& node) {
    for (const ContainerId& id : node.containers) {
        const Container& container = *books.containers.find(id);
        Attempt* attempt = books.applications.find(container.key.attempt);
        if (!silent(books, container) && attempt != nullptr) {
            tell_draining(books, *attempt, id, drains(node));
        }
    }
}

void tell_drains(Books& books, Attempt& attempt) {
    for (const ContainerId& id : attempt.containers) {
        const Container& container = *books.containers.find(id);
        if (!silent(books, container) && drains(books.nodes.at(container.node))) {
            tell_draining(books, attempt, id, true);
        }
    }
}

}  // namespace heddle::rm
