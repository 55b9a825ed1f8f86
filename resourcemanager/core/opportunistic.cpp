#include "resourcemanager/core/opportunistic.h"

#include <algorithm>
#include <map>
#include <set>

#include "common/base/check.h"
#include "resourcemanager/core/choose_node.h"
#include "resourcemanager/core/containers.h"

namespace heddle::rm {
namespace {

const OpportunisticConfig& config_of(const Books& books) {
    return books.config.scheduler.opportunistic;
}

std::set<NodeIndex> avoided_by(const Books& books, const Demand& demand) {
    std::set<NodeIndex> avoided;
    if (!demand.owner.choosy || books.config.off(Feature::Blacklists)) {
        return avoided;
    }
    for (const NodeId& id : books.applications.find(demand.owner.attempt)->blacklist) {
        if (const std::optional<NodeIndex> node = books.nodes.find(id)) {
            avoided.insert(*node);
        }
    }
    return avoided;
}

// Where it starts at once, the nodes that it prefers first; else where the fewest wait.
std::optional<NodeIndex> choose_opportunistic(const Books& books, const Demand& demand) {
    const Ask& ask = demand.ask;
    const OpportunisticNodes& nodes = books.opportunistic.nodes;
    const std::set<NodeIndex> avoided = avoided_by(books, demand);
    for (const NodeId& id : ask.nodes) {
        const std::optional<NodeIndex> node = books.nodes.find(id);
        if (node.has_value() && !avoided.contains(*node) && nodes.starts_at_once(*node, ask.size) &&
            may_use(books, ask.label, books.nodes.at(*node).info.label)) {
            return node;
        }
    }
    const std::vector<std::string> labels = usable_labels(books, ask.label);
    for (const std::string& label : labels) {
        if (const auto node = nodes.with_room(ask.size, label, avoided)) {
            return node;
        }
    }
    for (const std::string& label : labels) {
        if (const auto node = nodes.shortest(ask.size, label, avoided)) {
            return node;
        }
    }
    return std::nullopt;
}

OpportunisticSurvey survey_of(const Books& books, const Ask& ask) {
    OpportunisticSurvey sum;
    for (const std::string& label : usable_labels(books, ask.label)) {
        const OpportunisticSurvey part = books.opportunistic.nodes.survey(ask.size, label);
        sum.nodes += part.nodes;
        sum.open += part.open;
        sum.queued += part.queued;
    }
    return sum;
}

// The first of the attempt's asks for which there is a place.
std::optional<FreedRoom> room_for(const Books& books, const AttemptId& attempt,
                                  std::size_t& tries_left) {
    if (!below_opportunistic_limit(books, *books.applications.find(attempt.application))) {
        return std::nullopt;
    }
    for (const auto& [priority, ask] : books.asks.opportunistic().asks(attempt)) {
        const Demand* demand = books.asks.find(attempt, ask);
        if (const std::optional<NodeIndex> node = choose_opportunistic(books, *demand)) {
            return FreedRoom{demand, *node};
        }
        if (tries_left-- <= 1) {
            break;
        }
    }
    return std::nullopt;
}

}  // namespace

std::optional<std::string> take_execution(const Books& books, Ask& ask) {
    if (ask.execution == ExecutionType::Guaranteed) {
        return std::nullopt;
    }
    const bool off = books.config.off(Feature::Opportunistic);
    if (off || !config_of(books).enabled) {
        if (ask.enforce_execution && !off) {
            return "it insists on opportunistic containers, and this cluster takes none; set "
                   "scheduler.opportunistic, or ask without insisting";
        }
        ask.execution = ExecutionType::Guaranteed;
        return std::nullopt;
    }
    if (ask.gang != 0) {
        return "an opportunistic ask names no gang: when its containers start is not known";
    }
    if (ask.hold) {
        return "an opportunistic ask cannot hold: its node starts it when there is room";
    }
    if (!ask.constraint.empty()) {
        return "an opportunistic ask takes no constraint: it goes where there is room or the "
               "queue is short";
    }
    if (!ask.relax_locality) {
        return "an opportunistic ask may prefer nodes and not insist on them; relax its locality";
    }
    return std::nullopt;
}

void begin_opportunistic(Books& books) {
    if (std::exchange(books.opportunistic.active, true)) {
        return;
    }
    for (NodeIndex index = 0; index < books.nodes.size(); ++index) {
        opportunistic_node_changed(books, books.nodes.at(index));
    }
}

void opportunistic_node_changed(Books& books, Node& node) {
    OpportunisticBook& book = books.opportunistic;
    if (!book.active) {
        return;
    }
    const OpportunisticUse& use = node.opportunistic;
    book.nodes.set_queued(node.index, use.queued);
    if (!node.placeable()) {
        book.nodes.set(node.index, std::nullopt);
        return;
    }
    // What is held for others is lent as well: it is given back at once.
    const Resource spare = node.info.total - node.used - use.used - use.waiting;
    book.nodes.set(node.index,
                   OpportunisticNodes::State{node.info.label, node.info.total, spare, use});
}

void take_phase(Books& books, Container& container, ContainerPhase phase) {
    if (!container.opportunistic()) {
        container.phase = phase;
        return;
    }
    Node& node = books.nodes.at(container.node);
    node.opportunistic.count(container, -1);
    container.phase = phase;
    node.opportunistic.count(container, +1);
    opportunistic_node_changed(books, node);
    books.changed(node);
}

bool replaced_at_once(const Books& books, const ContainerExit& exit) {
    return exit.reason == ExitReason::Displaced &&
           !books.config.off(Feature::DisplacedOpportunistic);
}

bool below_opportunistic_limit(const Books& books, const Application& application) {
    return application.opportunistic_containers < config_of(books).per_application;
}

std::optional<FreedRoom> take_opportunistic_room(Books& books) {
    OpportunisticBook& book = books.opportunistic;
    const OpportunisticLine& line = books.asks.opportunistic();
    if (books.asks.opportunistic_changed() || book.nodes.take_changed() || book.more) {
        book.turns_left = line.size();
    }
    book.more = false;
    std::size_t tries_left = kOpportunisticTriesMax;
    while (book.nodes.any_open() && line.size() > 0 && book.turns_left > 0 && tries_left > 0) {
        const AttemptId attempt = line.turn();
        const std::optional<FreedRoom> room = room_for(books, attempt, tries_left);
        books.asks.had_opportunistic_turn(attempt);
        if (room.has_value()) {
            book.more = true;
            return room;
        }
        --book.turns_left;
        tries_left -= tries_left > 0 ? 1 : 0;
    }
    return std::nullopt;
}

bool opportunistic_ready(const Books& books) {
    const OpportunisticBook& book = books.opportunistic;
    return book.nodes.any_open() && books.asks.opportunistic().size() > 0 &&
           (book.more || book.turns_left > 0);
}

// Taking back.

namespace {

Timer balance_timer() {
    return {Timer::Kind::Balance, {}, 0};
}

// The newest that waits there and is not on its way back already.
Container* newest_queued(Books& books, const Node& node) {
    Container* newest = nullptr;
    for (const ContainerId& id : node.containers) {
        Container* container = books.containers.find(id);
        const bool waits =
            container->opportunistic() && !container->stopping &&
            container->phase <= ContainerPhase::Ready && container->confirmed &&
            !(container->taken_back && books.now - container->ordered < books.resend_after());
        if (waits && (newest == nullptr || newest->since < container->since ||
                      (newest->since == container->since && newest->id < container->id))) {
            newest = container;
        }
    }
    return newest;
}

// One round: where queues are after it, as far as it has decided.
class Relief {
public:
    explicit Relief(Books& books) : books_(books) {}

    void run() {
        for (const NodeIndex index : books_.opportunistic.nodes.longest(kMovesPerRound)) {
            Node& node = books_.nodes.at(index);
            if (node.connected()) {
                relieve(node);
            }
        }
    }

private:
    void relieve(Node& node) {
        while (moves_left_ > 0) {
            Container* container = newest_queued(books_, node);
            if (container == nullptr || !should_move(node, *container)) {
                return;
            }
            --moves_left_;
            ++moved_[node.index];
            order_take_back(books_, *container);
        }
    }

    // A node that drains keeps nothing that has not started.
    bool should_move(const Node& node, const Container& container) {
        if (!node.placeable()) {
            return true;
        }
        const auto& nodes = books_.opportunistic.nodes;
        std::set<NodeIndex> others = taken_;
        others.insert(node.index);
        const std::int32_t queued = node.opportunistic.queued - moved_[node.index];
        for (const std::string& label : usable_labels(books_, label_of(container))) {
            if (const auto target = nodes.with_room(container.size, label, others)) {
                taken_.insert(*target);
                return true;
            }
            const auto target = nodes.shortest(container.size, label, {node.index});
            if (target.has_value() && queued > kQueueLevelledFrom) {
                const Node& other = books_.nodes.at(*target);
                if (queued - (other.opportunistic.queued + coming_[*target]) >= 2) {
                    ++coming_[*target];
                    return true;
                }
            }
        }
        return false;
    }

    std::string label_of(const Container& container) const {
        const Demand* demand = books_.asks.find(container.key.attempt, container.key.ask);
        return demand == nullptr ? books_.nodes.at(container.node).info.label : demand->ask.label;
    }

    Books& books_;
    std::size_t moves_left_ = kMovesPerRound;
    std::set<NodeIndex> taken_;  // nodes with room that a container of this round goes to
    std::map<NodeIndex, std::int32_t> moved_;
    std::map<NodeIndex, std::int32_t> coming_;
};

}  // namespace

void arm_balance(Books& books) {
    if (books.opportunistic.nodes.any_queued() && !books.deadlines.at(balance_timer())) {
        books.deadlines.set(balance_timer(), books.now + config_of(books).balance_interval);
    }
}

void balance_due(Books& books) {
    if (books.settled && !books.config.off(Feature::OpportunisticBalance)) {
        Relief(books).run();
    }
}

// Explanations.

Blocker opportunistic_blocker(const Books& books, const Demand& demand) {
    Blocker blocker;
    blocker.reason = Reason::OpportunisticFull;
    blocker.need = demand.ask.size;
    const Application& application = *books.applications.find(demand.owner.attempt.application);
    const OpportunisticSurvey survey = survey_of(books, demand.ask);
    if (!below_opportunistic_limit(books, application)) {
        blocker.sentence = "Its application has " +
                           std::to_string(application.opportunistic_containers) +
                           " opportunistic containers, as many as one application may have.";
    } else if (survey.nodes == 0) {
        blocker.sentence =
            "No node that it fits on takes opportunistic containers now "
            "(node.opportunistic_queue_max).";
    } else if (survey.open == 0) {
        blocker.sentence = "The queues of all " + std::to_string(survey.nodes) +
                           (survey.nodes == 1 ? " node" : " nodes") +
                           " that it fits on are full: " + std::to_string(survey.queued) +
                           " opportunistic containers wait there.";
    } else if (choose_opportunistic(books, demand).has_value()) {
        blocker.reason = Reason::Order;
        blocker.sentence = "There is a place for it now: it is placed in one of the next steps.";
    } else {
        blocker.reason = Reason::Blacklist;
        blocker.sentence = "The " + std::to_string(survey.open) +
                           (survey.open == 1 ? " node" : " nodes") +
                           " whose queues are not full are on its application's blacklist.";
    }
    return blocker;
}

// Checks.

void check_opportunistic(const Books& books) {
    std::map<ApplicationId, std::int32_t> counts;
    std::int64_t queued = 0;
    books.containers.for_each([&](const Container& container) {
        if (container.opportunistic() && !container.orphan) {
            ++counts[container.key.attempt.application];
        }
    });
    for (const auto& [id, application] : books.applications.all()) {
        const auto it = counts.find(id);
        CHECK(application.opportunistic_containers == (it == counts.end() ? 0 : it->second));
    }
    for (NodeIndex index = 0; index < books.nodes.size(); ++index) {
        const Node& node = books.nodes.at(index);
        queued += node.opportunistic.queued;
        CHECK(!books.opportunistic.active || !node.placeable() ||
              books.opportunistic.nodes.takes(index, Resource{}) == node.opportunistic.open());
    }
    CHECK(!books.opportunistic.active || (queued > 0) == books.opportunistic.nodes.any_queued());
}

}  // namespace heddle::rm
