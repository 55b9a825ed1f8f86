#include "resourcemanager/core/preemption.h"

#include "resourcemanager/core/claim_room.h"
#include "resourcemanager/core/preemption_balance.h"
#include "resourcemanager/core/preemption_round.h"
#include "resourcemanager/core/preemption_stop.h"

namespace heddle::rm {

bool is_preempted(const ContainerExit& exit) {
    return exit.reason == ExitReason::Stopped && exit.message.starts_with(kPreempted);
}

namespace {

// What the queue says, or the nearest above it that does.
template <typename T>
std::optional<T> said_by(const Books& books, QueueIndex queue,
                         std::optional<T> QueueConfig::*what) {
    for (QueueIndex at = queue;; at = books.queues.at(at).parent) {
        const std::optional<T>& said = books.queues.at(at).config.*what;
        if (said.has_value() || at == 0) {
            return said;
        }
    }
}

}  // namespace

bool protected_from_preemption(const Books& books, QueueIndex leaf) {
    if (books.config.off(Feature::PreemptionDisabled)) {
        return false;
    }
    return said_by(books, leaf, &QueueConfig::preemption_disabled).value_or(false);
}

bool preempts_inside(const Books& books, QueueIndex leaf) {
    return preemption_config(books).intra_queue && !books.config.off(Feature::PreemptionInside) &&
           (!said_by(books, leaf, &QueueConfig::intra_preemption_disabled).value_or(false) ||
            books.config.off(Feature::PreemptionInsideDisabled));
}

InsideOrder inside_order(const Books& books, QueueIndex leaf) {
    const InsideOrder otherwise = preemption_config(books).intra_queue_order;
    return books.config.off(Feature::InsideOrderOfLeaf)
               ? otherwise
               : said_by(books, leaf, &QueueConfig::intra_preemption_order).value_or(otherwise);
}

ContainerExit with_preempted_code(ContainerExit exit) {
    if (is_preempted(exit)) {
        exit.code = kExitPreempted;
    }
    return exit;
}

void preemption_due(Books& books, std::int64_t number) {
    if (!preemption_config(books).enabled || !books.settled) {
        drop_claims(books);
        return;
    }
    books.queues.refresh(books.nodes.totals(), books.nodes.excess());
    if (number == kClaimsDue) {
        claims_due(books);
    } else {
        make_round(books);
    }
}

void arm_preemption(Books& books) {
    if (preemption_config(books).enabled && !books.config.off(Feature::Preemption) &&
        (books.asks.classes() > 0 || !books.claims.all.empty() ||
         books.gangs.gathering.has_value()) &&
        !books.deadlines.at(preemption_timer(kRoundDue)).has_value()) {
        books.deadlines.set(preemption_timer(kRoundDue),
                            books.now + preemption_config(books).interval);
    }
}

}  // namespace heddle::rm
