#include "resourcemanager/core/preemption.h"

#include "resourcemanager/core/claim_room.h"
#include "resourcemanager/core/preemption_balance.h"
#include "resourcemanager/core/preemption_round.h"
#include "resourcemanager/core/preemption_stop.h"

namespace heddle::rm {

bool is_preempted(const ContainerExit& exit) {
    return exit.reason == ExitReason::Stopped && exit.message.starts_with(kPreempted);
}

bool protected_from_preemption(const Books& books, QueueIndex leaf) {
    if (books.config.off(Feature::PreemptionDisabled)) {
        return false;
    }
    for (QueueIndex at = leaf;; at = books.queues.at(at).parent) {
        const std::optional<bool>& said = books.queues.at(at).config.preemption_disabled;
        if (said.has_value() || at == 0) {
            return said.value_or(false);
        }
    }
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
    books.queues.refresh(books.nodes.totals());
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
