#include "resourcemanager/core/preemption_notice.h"

#include <algorithm>

#include "common/base/log.h"
#include "resourcemanager/core/claim_room.h"
#include "resourcemanager/core/containers.h"
#include "resourcemanager/core/lending.h"
#include "resourcemanager/core/preemption.h"
#include "resourcemanager/core/preemption_balance.h"

namespace heddle::rm {
namespace {

bool silent(const Books& books) {
    return dry_run(books) || books.config.off(Feature::PreemptionNotices);
}

// A container of the same master that would do as well as the one that is marked.
bool may_stand_in(const Books& books, const Container& marked, const Container& other) {
    const Node& node = books.nodes.at(marked.node);
    return !other.master() && !other.orphan && !other.stopping && other.node == marked.node &&
           !other.opportunistic() && lent(node, other) == lent(node, marked) &&
           other.key.attempt == marked.key.attempt && !marked.master() &&
           !books.claims.by_victim.contains(other.id) && marked.size.fits_in(other.size);
}

PreemptionNotice notice_of(const Books& books, const Claim& claim, const Container& container) {
    const Node& node = books.nodes.at(claim.node);
    PreemptionNotice notice;
    notice.container = container.id;
    notice.ask = container.key.ask;
    notice.node = node.info.id;
    notice.size = container.size;
    notice.until = {books.wall.milliseconds + (claim.due - books.now).microseconds / 1000};
    notice.strict = std::ranges::none_of(node.containers, [&](const ContainerId& id) {
        return may_stand_in(books, container, *books.containers.find(id));
    });
    notice.reason = why(books, claim, container);
    return notice;
}

void tell(Books& books, const Claim& claim, const Container& container) {
    tell_notice(books, *books.applications.find(container.key.attempt),
                notice_of(books, claim, container));
}

// The first one that is marked and for which `given` would do.
const Container* marked_like(const Books& books, const Container& given) {
    for (const ContainerId& id : books.nodes.at(given.node).containers) {
        const auto mark = books.claims.by_victim.find(id);
        if (mark == books.claims.by_victim.end()) {
            continue;
        }
        const Claim& claim = books.claims.all.at(mark->second);
        const Container& marked = *books.containers.find(id);
        if (!claim.stopping && !claim.given.contains(id) && may_stand_in(books, marked, given)) {
            return &marked;
        }
    }
    return nullptr;
}

void replace(Books& books, Claim& claim, const Container& marked, const Container& given) {
    log::info("a container is given instead of one that was to make way",
              {{"given", to_string(given.id)}, {"stays", to_string(marked.id)}});
    claim.victims.erase(marked.id);
    books.claims.by_victim.erase(marked.id);
    claim.victims.insert(given.id);
    books.claims.by_victim.emplace(given.id, claim.id);
    books.claims.changed = true;
    tell_spared(books, *books.applications.find(marked.key.attempt), marked.id);
}

}  // namespace

bool dry_run(const Books& books) {
    return preemption_config(books).dry_run && !books.config.off(Feature::PreemptionDryRun);
}

std::string why(const Books& books, const Claim& claim, const Container& container) {
    const std::string& queue = books.queues.at(claim.leaf).path;
    if (lent(books.nodes.at(claim.node), container)) {
        return "queue " + queue + " asks for nodes labelled " + claim.label + ", which were lent";
    }
    if (!claim.inside) {
        return "queue " + queue + " is owed the room";
    }
    const Application& from = *books.applications.find(container.key.attempt.application);
    const ApplicationSubmission& to =
        *books.applications.find(claim.attempt.application)->submission;
    if (from.submission->priority < to.priority &&
        (to.user == from.submission->user ||
         inside_order(books, claim.leaf) == InsideOrder::PriorityFirst)) {
        return "application " + to_string(claim.attempt.application) + " of priority " +
               std::to_string(to.priority) + " needs the room in queue " + queue;
    }
    return "user " + from.submission->user + " is over the limit of users in queue " + queue +
           ", user " + to.user + " is not";
}

void tell_marked(Books& books, const Claim& claim) {
    for (const ContainerId& id : claim.victims) {
        if (!silent(books)) {
            tell(books, claim, *books.containers.find(id));
        }
    }
}

void tell_lifted(Books& books, const Claim& claim) {
    for (const ContainerId& id : claim.victims) {
        const Container* container = books.containers.find(id);
        if (!silent(books) && container != nullptr && !container->stopping && !container->orphan) {
            tell_spared(books, *books.applications.find(container->key.attempt), id);
        }
    }
}

void tell_marks(Books& books, Attempt& attempt) {
    for (const ContainerId& id : attempt.containers) {
        const auto mark = books.claims.by_victim.find(id);
        if (mark == books.claims.by_victim.end() || silent(books)) {
            continue;
        }
        const Claim& claim = books.claims.all.at(mark->second);
        if (!claim.stopping && !claim.given.contains(id)) {
            tell(books, claim, *books.containers.find(id));
        }
    }
}

void given_back(Books& books, const Container& container) {
    if (books.claims.by_victim.empty() || container.stopping || silent(books)) {
        return;
    }
    if (!books.claims.by_victim.contains(container.id)) {
        const Container* marked = marked_like(books, container);
        if (marked == nullptr) {
            return;
        }
        replace(books, books.claims.all.at(books.claims.by_victim.at(marked->id)), *marked,
                container);
    }
    Claim& claim = books.claims.all.at(books.claims.by_victim.at(container.id));
    if (claim.stopping) {
        return;
    }
    claim.given.emplace(container.id, container.size);
    const Resource leaving = size_of_victims(books, claim);
    if (claim.given.size() == claim.victims.size() &&
        claim.size.fits_in(books.nodes.at(claim.node).free() + claim.held + leaving)) {
        begin_stopping(books, claim);  // nobody has to be stopped for it any more
        hold(books, claim, lacking(claim.size, leaving));
        node_room_changed(books, books.nodes.at(claim.node));
        watch_claims(books);
    }
}

}  // namespace heddle::rm
