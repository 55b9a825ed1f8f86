#include "resourcemanager/core/lending.h"

#include <algorithm>

#include "resourcemanager/core/choose_node.h"
#include "resourcemanager/core/containers.h"

namespace heddle::rm {
namespace {

// Asks `find` for every label that is lent, in order of their names.
template <typename Find>
bool any_lent(const Books& books, Find&& find) {
    return std::ranges::any_of(books.config.scheduler.labels, [&](const auto& label) {
        return lends(books, label.first) && find(label.first);
    });
}

bool lends_any(const Books& books, const Demand& demand) {
    return demand.ask.label.empty() && !books.config.off(Feature::Lending) &&
           any_lent(books, [](const std::string&) { return true; });
}

// A maximum refuses it, and nothing else, but for the equal share of its user: that is one of the
// nodes without a label, and who is refused by both is blocked by the maximum.
bool may_borrow(const Books& books, const Demand& demand, const Shape& shape) {
    if (!lends_any(books, demand)) {
        return false;
    }
    bool maximum = false;
    for (const Refusal& one : books.queues.refusals(demand.owner.attempt.application, shape)) {
        maximum = maximum || one.limit == Limit::QueueMaximum;
        // Limits block asks by shape: one with wishes of its own that finds nothing among what is
        // lent would keep others from it, wherever a queue's own maximum is in the way.
        if (demand.picky() && one.bound != books.queues.total("")) {
            return false;
        }
        if (one.limit != Limit::QueueMaximum && one.limit != Limit::UserShare) {
            return false;
        }
    }
    return maximum;
}

}  // namespace

bool lends(const Books& books, const std::string& label) {
    return !label.empty() && may_use(books, "", label);
}

bool lent(const Node& node, const Container& container) {
    return !container.labelled && !node.info.label.empty();
}

std::optional<NodeIndex> borrow(Books& books, const Demand& demand, const Shape& shape) {
    if (!may_borrow(books, demand, shape)) {
        return std::nullopt;
    }
    std::optional<NodeIndex> node;
    Demand as_if = demand;
    any_lent(books, [&](const std::string& label) {
        as_if.ask.label = label;
        node = choose_node(books, as_if);
        return node.has_value();
    });
    return node;
}

bool could_borrow(const Books& books, const Demand& demand, const Shape& shape) {
    Demand as_if = demand;
    const ApplicationId& application = demand.owner.attempt.application;
    return !demand.picky() && lends_any(books, demand) &&
           books.queues.refused_by_maxima_alone(application, shape) &&
           any_lent(books, [&](const std::string& label) {
               as_if.ask.label = label;
               return fits_somewhere(books, as_if);
           });
}

void guess_label(const Books& books, const Node& node, Container& container) {
    const Demand* demand = books.asks.find(container.key.attempt, container.key.ask);
    container.label_unknown =
        demand == nullptr || demand->ask.generation != container.key.generation;
    container.labelled = container.label_unknown
                             ? !lends(books, node.info.label) ||
                                   !books.applications.find(container.key.attempt.application)
                                        ->submission->label.empty()
                             : !demand->ask.label.empty();
}

void note_label(Books& books, const Attempt& attempt, const Ask& ask) {
    for (const ContainerId& id : attempt.containers) {
        Container& container = *books.containers.find(id);
        if (container.key.ask == ask.id && container.key.generation == ask.generation &&
            container.label_unknown) {
            refund_queues(books, container);
            container.labelled = !ask.label.empty();
            container.label_unknown = false;
            charge_queues(books, container);
        }
    }
}

}  // namespace heddle::rm
