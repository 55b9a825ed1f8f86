#include "tests/simulation/rm/checks.h"

#include <string>

#include "resourcemanager/core/books.h"
#include "resourcemanager/core/states.h"
#include "tests/simulation/rm/labels.h"
#include "tests/simulation/rm/random_config.h"
#include "tests/support/rm_world/names.h"

namespace heddle::rm::test {

void check_label(const Scene& scene, const ContainerStart& start) {
    const NodeHost* node = scene.world.node_of(start.container);
    if (node == nullptr) {
        return;
    }
    const std::string& label = node->info().label;
    const bool ssd = start.key.ask == 3 || start.key.ask == kSsdAsk;
    if (ssd ? label != "ssd" : label == "ssd" || (start.key.ask == kSpotAsk && label != "spot")) {
        scene.stage().violate(name_of(start.container) + " is on a node with the label '" + label +
                              "'");
    }
}

namespace {

// An operator wanted its node empty, or another queue was owed its room: what was ordered to stop
// before it finished is stopped when the order arrives.
bool made_way(const Scene& scene, const ContainerId& id) {
    if (!scene.world.manager().up()) {
        return true;  // the order is of a manager that cannot be asked any more
    }
    const Books& books = scene.world.manager().core()->books();
    const Container* container = books.containers.find(id);
    if (container != nullptr && (container->blameless || books.claims.by_victim.contains(id))) {
        return true;
    }
    const NodeHost* node = scene.world.node_of(id);
    const auto view =
        node == nullptr ? nullptr : scene.world.manager().view()->nodes.find(node->info().id);
    return view != nullptr &&
           (view->state == NodeState::Decommissioning || view->state == NodeState::Decommissioned);
}

}  // namespace

void check_stop(const Scene& scene, const ContainerId& id) {
    const auto& attempts = scene.world.manager().store().attempts;
    const auto it = attempts.find(id.attempt);
    if (it == attempts.end() || it->second.state != AttemptState::Finished ||
        it->second.master_container != id) {
        return;
    }
    const std::int64_t waited =
        scene.stage().wall().milliseconds - it->second.finished.milliseconds;
    if (waited < kFinishPatience.milliseconds() && !made_way(scene, id)) {
        scene.stage().violate("a finished master is stopped: " + to_string(id));
    }
}

void check_acknowledged(const Scene& scene, const View& view, const Jobs& jobs) {
    for (const Job& job : jobs.all()) {
        if (job.submitted() && view.applications.find(*job.id()) == nullptr) {
            scene.stage().violate("acknowledged and lost: " + to_string(*job.id()));
        }
    }
}

namespace {

std::string state_of(const Scene& scene, const Job& job) {
    const auto application =
        job.id().has_value() ? scene.world.manager().view()->applications.find(*job.id()) : nullptr;
    if (application == nullptr) {
        return "none";
    }
    return is_final(application->state)
               ? ""
               : std::to_string(static_cast<int>(application->state)) +
                     (application->waiting.has_value() ? ", " + application->waiting->headline
                                                       : "");
}

// Of memory, vcores or a named resource that was wanted; and of every one that the container had.
bool keeps_what_it_is_owed(const Resource& left, const Resource& owed,
                           const PreemptionRecord& record) {
    bool one = left.memory_mib >= owed.memory_mib || left.vcores >= owed.vcores;
    for (const NamedCounts::Entry& entry : record.size.named.entries()) {
        if (left.named.get(entry.name) < owed.named.get(entry.name)) {
            return false;
        }
        one = one || record.wanted.named.get(entry.name) > 0;
    }
    return one;
}

}  // namespace

void check_end(const Scene& scene, const Jobs& jobs) {
    if (jobs.all_over()) {
        scene.world.check_nothing_left();
        return;
    }
    for (const Job& job : jobs.all()) {
        const std::string state = state_of(scene, job);
        if (!state.empty()) {
            scene.stage().violate(
                "not finished: " + (job.id() ? name_of(*job.id()) : std::string("no id")) +
                (job.submitted() ? "" : " (not acknowledged)") + " in state " + state);
        }
    }
}

void PreemptionCheck::look(const View& view) {
    view.preemptions.for_each([&](std::int64_t, const auto& record) {
        const Resource& owed = record->from.guaranteed;
        const Resource& left = record->from.used;
        // Inside a queue it stays with the queue; see inside.h.
        if (!record->lent && record->from.path != record->to.path &&
            !keeps_what_it_is_owed(left, owed, *record)) {
            scene_.stage().violate("taken from a queue that is owed it: " +
                                   name_of(record->container));
        }
        seen_.insert(record->container);
        return true;
    });
    check_budget(view);
}

// Unless it is all for one ask: then nothing else leaves.
void PreemptionCheck::check_budget(const View& view) {
    std::map<std::pair<AttemptId, std::int32_t>, Resource> taken;  // last of each
    view.preemptions.for_each([&](std::int64_t, const auto& record) {
        taken[{record->for_whom, record->ask}] += record->size;
        return true;
    });
    view.preemptions.for_each([&](std::int64_t, const auto& record) {
        const std::int64_t percent = record->cluster_percent_max;
        const bool beyond =
            record->in_flight.memory_mib * 100 > record->cluster.memory_mib * percent ||
            record->in_flight.vcores * 100 > record->cluster.vcores * percent;
        const bool alone = record->in_flight.fits_in(taken[{record->for_whom, record->ask}]);
        if (beyond && !alone) {
            scene_.stage().violate("taken beyond the budget: " + name_of(record->container));
        }
        return true;
    });
}

}  // namespace heddle::rm::test
