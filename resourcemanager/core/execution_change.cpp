#include "resourcemanager/core/execution_change.h"

#include <algorithm>
#include <set>
#include <utility>

#include "common/base/check.h"
#include "resourcemanager/core/containers.h"
#include "resourcemanager/core/lending.h"
#include "resourcemanager/core/lifecycle.h"
#include "resourcemanager/core/resizes.h"
#include "resourcemanager/core/states.h"

namespace heddle::rm {
namespace {

void change(Books& books, Container& container, ExecutionType to) {
    change_execution(books, container, to);
    tell_grant(books, *books.applications.find(container.key.attempt), container);
}

void withdraw(Books& books, const Attempt& attempt, const std::vector<ExecutionChange>& changes) {
    std::set<ContainerId> wanted;
    for (const ExecutionChange& change : changes) {
        wanted.insert(change.container);
    }
    const auto withdrawn =
        std::erase_if(books.opportunistic.promotions, [&](const ContainerId& id) {
            return attempt.containers.contains(id) && !wanted.contains(id);
        });
    if (withdrawn > 0) {
        books.changed(*books.applications.find(attempt.record.id.application));
    }
}

void demote(Books& books, Container& container) {
    const Node& node = books.nodes.at(container.node);
    // Before that it may be held, which is no state for an opportunistic one.
    const bool may = container.phase == ContainerPhase::Running &&
                     books.config.scheduler.opportunistic.enabled &&
                     node.opportunistic.queue_max > 0 &&
                     !books.claims.by_victim.contains(container.id);
    if (may) {
        take_increase_back(books, container,
                           "its master wants it to be opportunistic, and the size of such a "
                           "container does not change; wish for it again when it is guaranteed");
        container.demoting = true;
        order_execution(books, container);
    }
}

void take_wish(Books& books, Container& container, ExecutionType to) {
    if (to == ExecutionType::Opportunistic) {
        if (books.opportunistic.promotions.erase(container.id) > 0) {
            books.changed(*books.applications.find(container.key.attempt.application));
        }
        if (container.execution_wanted() != to) {
            demote(books, container);
        }
    } else if (container.opportunistic()) {
        books.opportunistic.promotions.insert(container.id);
        books.changed(*books.applications.find(container.key.attempt.application));
    } else if (std::exchange(container.demoting, false)) {
        order_execution(books, container);
    }
}

}  // namespace

bool may_promote(const Books& books, const Container& container) {
    const Node& node = books.nodes.at(container.node);
    // What is lent is not limited.
    return node.placeable() && container.size.fits_in(node.free()) &&
           (lent(node, container) ||
            !books.queues
                 .refusal(container.key.attempt.application,
                          {kNoShape, container.size, node.info.label, AskKind::Ordinary})
                 .has_value());
}

void take_execution_changes(Books& books, Attempt& attempt,
                            const std::vector<ExecutionChange>& changes, bool complete) {
    if (books.config.off(Feature::Promotion)) {
        return;
    }
    if (complete && !books.opportunistic.promotions.empty()) {
        withdraw(books, attempt, changes);
    }
    for (const ExecutionChange& wish : changes) {
        Container* container = books.containers.find(wish.container);
        if (container != nullptr && container->key.attempt == attempt.record.id &&
            !container->master() && !container->stopping) {
            take_wish(books, *container, wish.to);
        }
    }
}

void finish_demotion(Books& books, Container& container) {
    if (container.demoting && !container.stopping && !container.change.has_value() &&
        !books.claims.by_victim.contains(container.id)) {
        change(books, container, ExecutionType::Opportunistic);
    }
}

void promote(Books& books) {
    OpportunisticBook& book = books.opportunistic;
    const std::size_t count = std::min(kPromotionsLookedAt, book.promotions.size());
    for (std::size_t looked_at = 0; looked_at < count; ++looked_at) {
        auto it = book.promotions.upper_bound(book.promotion_last);
        it = it == book.promotions.end() ? book.promotions.begin() : it;
        book.promotion_last = *it;
        Container& container = *books.containers.find(*it);
        if (container.stopping) {
            book.promotions.erase(it);
        } else if (may_promote(books, container)) {
            book.promotions.erase(it);
            change(books, container, ExecutionType::Guaranteed);
            order_execution(books, container);
        }
    }
}

void check_promotions(const Books& books) {
    for (const ContainerId& id : books.opportunistic.promotions) {
        const Container* container = books.containers.find(id);
        CHECK(container != nullptr && container->opportunistic() && !container->orphan);
    }
}

}  // namespace heddle::rm
