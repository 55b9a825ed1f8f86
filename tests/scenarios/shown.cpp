#include "tests/scenarios/shown.h"

#include "common/base/duration_text.h"
#include "tests/support/rm_world/names.h"

namespace heddle::rm::test {
namespace {

// " 2 memory, 1 lost; held by app1 2048 MiB, 2 vcores"
std::string figures_of(const Blocker& blocker) {
    std::string text;
    for (const NodeRejection& rejection : blocker.rejections) {
        text +=
            (text.empty() ? " " : ", ") + std::to_string(rejection.nodes) + " " + rejection.what;
    }
    for (const Holder& holder : blocker.holders) {
        text += "; " + name_of(holder.application) + " " + to_string(holder.amount);
    }
    return text;
}

}  // namespace

void show_nodes(World& world) {
    world.manager().view()->nodes.for_each([&](const NodeId& id, const auto& node) {
        world.stage().show(id.name + " is " + std::string(to_string(node->state)));
        return true;
    });
}

void show_queued(World& world) {
    world.manager().view()->nodes.for_each([&](const NodeId& id, const auto& node) {
        world.stage().show(id.name + " runs " + std::to_string(node->opportunistic.running) +
                           " opportunistic and queues " +
                           std::to_string(node->opportunistic.queued));
        return true;
    });
}

void show_queues(World& world) {
    world.manager().view()->queues.for_each([&](const std::string& path, const auto& queue) {
        if (queue->leaf) {
            world.stage().show(path + " holds " + to_string(queue->used) + " of " +
                               std::to_string(queue->applications_active) + "+" +
                               std::to_string(queue->applications_pending) + " and waits for " +
                               std::to_string(queue->containers_pending));
        }
        return true;
    });
}

void show_preemptions(World& world) {
    world.manager().view()->preemptions.for_each([&](std::int64_t, const auto& record) {
        world.stage().show(
            (record->dry_run ? "would take " : "took ") + name_of(record->container) + " from " +
            record->from.path + ", left " + to_string(record->from.used) + " of " +
            to_string(record->from.guaranteed) + ", for " + name_of(record->for_whom.application) +
            " ask " + std::to_string(record->ask) + " in " + record->to.path +
            (record->killable_for.has_value()
                 ? ", killable for " +
                       duration_text(seconds(record->killable_for->milliseconds() / 1000))
                 : ""));
        return true;
    });
}

void show_marks(World& world) {
    for (const PreemptionMark& mark : *world.manager().view()->marks) {
        world.stage().show(name_of(mark.container) + " of " + mark.from +
                           (mark.stopping   ? " makes way for "
                            : mark.killable ? " may be killed for "
                                            : " is marked for ") +
                           mark.to);
    }
}

void show_reserved(World& world) {
    const View& view = *world.manager().view();
    for (const ReservationView& one : view.reservations->reservations) {
        world.stage().show(name_of(one.attempt.application) + " ask " + std::to_string(one.ask) +
                           " has " + to_string(one.held) + " of " + to_string(one.size) + " on " +
                           one.node.name);
    }
    for (const GangView& gang : view.reservations->gangs) {
        world.stage().show(name_of(gang.attempt.application) + " gang " +
                           std::to_string(gang.gang) + " has room for " +
                           std::to_string(gang.fits) + " of " + std::to_string(gang.needed) +
                           (gang.gathering ? ", gathering" : ""));
    }
}

void show_application(World& world, const ApplicationId& id) {
    const auto view = world.manager().view()->applications.find(id);
    world.stage().show(name_of(id) + " is " +
                       (view == nullptr ? "gone"
                                        : std::string(to_string(view->state)) + " " +
                                              std::string(to_string(view->final_status))));
}

void show_listed(World& world, const ApplicationId& id) {
    const View& view = *world.manager().view();
    const auto application = view.applications.find(id);
    if (application == nullptr || !application->waiting.has_value()) {
        world.stage().show(name_of(id) + " waits for nothing");
    } else {
        world.stage().show(std::string(to_string(application->waiting->reason)) + ": " +
                           application->waiting->headline);
    }
    for (const auto& [reason, count] : view.cluster.waiting) {
        world.stage().show(std::string(to_string(reason)) + " " + std::to_string(count));
    }
}

void show_explanation(Stage& stage, const Explanation& explanation) {
    stage.show(explanation.headline);
    for (const Blocker& blocker : explanation.blockers) {
        stage.show(std::string(to_string(blocker.reason)));
    }
    for (const AskExplanation& ask : explanation.asks) {
        for (const Blocker& blocker : ask.blockers) {
            stage.show("ask " + std::to_string(ask.ask) + (ask.never ? " never " : " ") +
                       std::string(to_string(blocker.reason)) + figures_of(blocker));
        }
        stage.show("next: " + ask.next_step);
    }
    for (const PromotionExplanation& promotion : explanation.promotions) {
        for (const Blocker& blocker : promotion.blockers) {
            stage.show("promotion of " + name_of(promotion.container) + " " +
                       std::string(to_string(blocker.reason)) + ": " + blocker.sentence);
        }
    }
}

}  // namespace heddle::rm::test
