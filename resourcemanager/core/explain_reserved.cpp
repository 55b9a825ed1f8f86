#include "resourcemanager/core/explain_reserved.h"

#include <set>
#include <string>

#include "common/base/check.h"
#include "resourcemanager/core/choose_node.h"
#include "resourcemanager/core/explain_nodes.h"
#include "resourcemanager/core/explain_words.h"
#include "resourcemanager/core/gangs.h"

namespace heddle::rm {
namespace {

constexpr std::size_t kNodesWithRoomKept = 64;  // looked at

// What a node keeps for others, and for whom.
struct KeptRoom {
    Resource amount;
    std::set<ApplicationId> whom;

    void add(const Resource& held, const ApplicationId& application) {
        if (!held.is_zero()) {
            amount += held;
            whom.insert(application);
        }
    }
};

KeptRoom kept_on(const Books& books, const Demand& demand, const Node& node) {
    KeptRoom kept;
    Resource known;
    const auto reserved = books.reservations.by_node.find(node.index);
    if (reserved != books.reservations.by_node.end()) {
        for (const std::uint64_t id : reserved->second) {
            const Reservation& one = books.reservations.all.at(id);
            known += one.held;
            if (one.place() != AskPlace{demand.owner.attempt, demand.ask.id}) {
                kept.add(one.held, one.attempt.application);
            }
        }
    }
    if (known == node.held) {
        return kept;
    }
    for (const auto& [id, claim] : books.claims.all) {
        const bool own = claim.attempt == demand.owner.attempt && claim.ask == demand.ask.id;
        if (claim.node == node.index && !own) {
            kept.add(claim.held, claim.attempt.application);
        }
    }
    return kept;
}

std::string kept_words(const KeptRoom& kept, const char* where) {
    const std::size_t others = kept.whom.size() - 1;
    return size_text(kept.amount) + " " + where + "is kept for " + to_string(*kept.whom.begin()) +
           (others == 0 ? "" : " and " + count_text(static_cast<std::int64_t>(others), "other"));
}

// Nodes where something is kept, the first ones.
std::set<NodeIndex> nodes_that_keep(const Books& books) {
    std::set<NodeIndex> nodes;
    for (const auto& [node, reservations] : books.reservations.by_node) {
        if (nodes.size() >= kNodesWithRoomKept) {
            break;
        }
        nodes.insert(node);
    }
    for (const auto& [id, claim] : books.claims.all) {
        if (nodes.size() >= kNodesWithRoomKept) {
            break;
        }
        if (!claim.held.is_zero()) {
            nodes.insert(claim.node);
        }
    }
    return nodes;
}

}  // namespace

std::string kept_text(const Books& books, const Demand& demand, const Node& node) {
    if (const KeptRoom here = kept_on(books, demand, node); !here.whom.empty()) {
        return "; " + kept_words(here, "there ");
    }
    for (const NodeIndex index : nodes_that_keep(books)) {
        const Node& other = books.nodes.at(index);
        if (!other.placeable() || !may_use(books, demand.ask.label, other.info.label)) {
            continue;
        }
        const KeptRoom kept = kept_on(books, demand, other);
        if (!kept.whom.empty() && demand.ask.size.fits_in(other.free() + kept.amount)) {
            return "; on " + other.info.id.name + " " + kept_words(kept, "");
        }
    }
    return "";
}

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
