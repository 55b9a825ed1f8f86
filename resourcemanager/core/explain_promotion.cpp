#include "resourcemanager/core/explain_promotion.h"

#include <iterator>
#include <utility>

#include "resourcemanager/core/execution_change.h"
#include "resourcemanager/core/explain_words.h"
#include "resourcemanager/core/lending.h"
#include "resourcemanager/core/states.h"

namespace heddle::rm {

std::vector<const Container*> waiting_promotions(const Books& books, const Application& application,
                                                 std::size_t count) {
    std::vector<const Container*> found;
    const std::set<ContainerId>& all = books.opportunistic.promotions;
    const Attempt* attempt = application.current();
    if (all.empty() || attempt == nullptr || is_final(application.state)) {
        return found;
    }
    // Those that an earlier attempt has left are of the present one too.
    const ContainerId first{{application.id(), 0}, 0, 0};
    for (auto it = all.lower_bound(first);
         it != all.end() && found.size() < count && it->attempt.application == application.id();
         ++it) {
        const Container* container = books.containers.find(*it);
        if (container->key.attempt == attempt->record.id && !container->stopping) {
            found.push_back(container);
        }
    }
    return found;
}

std::vector<Blocker> promotion_blockers(const Books& books, const Container& container,
                                        Detail detail, HoldersInQueues* holders) {
    const Node& node = books.nodes.at(container.node);
    auto here = blocker_on(books, node, container.size, detail);
    std::vector<Blocker> blockers;
    if (!lent(node, container)) {  // what is lent is not limited
        Ask ask;
        ask.size = container.size;
        ask.label = node.info.label;
        const Shape shape{kNoShape, container.size, node.info.label, AskKind::Ordinary};
        blockers = limit_blockers(books, container.key.attempt.application, ask, shape,
                                  here.has_value(), holders);
    }
    if (here) {
        blockers.push_back(*std::move(here));
    }
    if (blockers.empty()) {
        Blocker& next = blockers.emplace_back();
        next.reason = Reason::Order;
        next.where = node.info.id.name;
        next.sentence = "There is room on " + node.info.id.name +
                        " now: it becomes guaranteed in one of the next steps.";
    }
    return blockers;
}

std::string promotion_wish(const std::vector<const Container*>& waiting) {
    const Container& first = *waiting.front();
    return "Waits for " +
           count_text(static_cast<std::int64_t>(waiting.size()), "opportunistic container") +
           " to become guaranteed, the first of " + size_text(first.size) + ". ";
}

}  // namespace heddle::rm
