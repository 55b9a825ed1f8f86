#include "resourcemanager/core/explain_reserved.h"

#include "common/base/check.h"
#include "resourcemanager/core/explain_nodes.h"
#include "resourcemanager/core/explain_words.h"
#include "resourcemanager/core/gangs.h"

namespace heddle::rm {

std::vector<Blocker> reserved_blockers(const Books& books, const Demand& demand) {
    const auto found = books.reservations.by_ask.find({demand.owner.attempt, demand.ask.id});
    if (found == books.reservations.by_ask.end()) {
        return {};
    }
    const Reservation& first = books.reservations.all.at(*found->second.begin());
    const Node& node = books.nodes.at(first.node);
    Blocker blocker;
    blocker.reason = Reason::Reserved;
    blocker.where = node.info.id.name;
    blocker.need = first.size;
    blocker.limit = node.info.total;
    blocker.used = first.held;
    blocker.sentence = "Node " + node.info.id.name +
                       " is reserved for it: " + size_text(first.held) + " of " +
                       size_text(first.size) + " is free there and held";
    if (found->second.size() > 1) {
        blocker.sentence += ", and for " + std::to_string(found->second.size() - 1) +
                            " more of its containers on other nodes";
    }
    blocker.sentence +=
        first.gang == 0 && first.due > books.now
            ? (demand.increase() ? "; it is kept for " : "; another node is tried in ") +
                  time_text(first.due - books.now) + "."
            : ".";
    blocker.holders = holders_on(books, node);
    return {blocker};
}

Blocker gang_blocker(const Books& books, const Demand& demand) {
    const Gang* gang = gang_of(books, demand);
    CHECK(gang != nullptr);
    Blocker blocker;
    blocker.reason = Reason::GangIncomplete;
    blocker.where = "gang " + std::to_string(gang->key.second);
    blocker.need = demand.ask.size;
    std::int64_t needed = 0;
    for (const std::int32_t id : gang->asks) {
        const Demand* other = books.asks.find(gang->key.first, id);
        needed += other == nullptr ? 0 : other->ask.gang_min;
    }
    blocker.sentence = "Gang " + std::to_string(gang->key.second) + " starts when " +
                       count_text(needed, "container") + (needed == 1 ? " has" : " have") +
                       " room at the same time; " + std::to_string(gang->fits) +
                       " had when last looked at";
    if (books.gangs.gathering == gang->key) {
        blocker.sentence += ", and that room is held for " +
                            time_text(books.gangs.gathering_until - books.now) + " more";
    } else if (books.gangs.gathering.has_value()) {
        blocker.sentence += "; another gang gathers room first";
    }
    if (gang->deadline != TimePoint::never() && gang->deadline > books.now) {
        blocker.sentence += "; it is refused in " + time_text(gang->deadline - books.now);
    }
    blocker.sentence += ".";
    return blocker;
}

}  // namespace heddle::rm
