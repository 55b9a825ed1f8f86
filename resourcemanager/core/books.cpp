#include "resourcemanager/core/books.h"

#include <algorithm>
#include <utility>

#include "common/base/check.h"
#include "resourcemanager/core/constraints.h"
#include "resourcemanager/core/execution_change.h"
#include "resourcemanager/core/forget_asks.h"
#include "resourcemanager/core/gangs.h"
#include "resourcemanager/core/handlers.h"
#include "resourcemanager/core/opportunistic.h"
#include "resourcemanager/core/preemption.h"
#include "resourcemanager/core/queue_views.h"
#include "resourcemanager/core/reservations.h"
#include "resourcemanager/core/resizes.h"

namespace heddle::rm {

Books::Books(Config the_config)
    : config(std::move(the_config)),
      prng(config.seed),
      queues(config.scheduler, config.feature_off),
      asks(queues),
      scheduler(config.scheduler) {
    if (config.off(Feature::ConfigurationVersions)) {
        scheduler.kept = 1;
    }
}

Application& Books::application_of(const AttemptId& attempt) {
    Application* application = applications.find(attempt.application);
    CHECK(application != nullptr);
    return *application;
}

void Books::save(PendingSave continuation, std::vector<StoreChange> what) {
    const BatchId batch{++batch_last};
    continuation.has_record = std::ranges::any_of(what, [](const StoreChange& change) {
        return std::holds_alternative<ApplicationRecord>(change);
    });
    saves.emplace(batch, std::move(continuation));
    emit(Save{batch, std::move(what)});
}

// Somebody who speaks every minute is not lost after ten seconds.
Duration Books::node_expiry() const {
    return std::max(config.node_expiry, config.heartbeat_interval * 3);
}

Duration Books::master_expiry() const {
    return std::max(config.master_expiry, config.heartbeat_interval * 3);
}

// One ledger, three views: what nodes hold, what applications hold (and orphans), what queues are
// charged.
void Books::check() const {
    nodes.check(containers);
    applications.check(containers, queues);
    queues.check();
    asks.check();
    deadlines.check();
    check_waiting(*this);
    check_ask_times(*this);
    check_claims(*this);
    check_queue_views(*this);
    check_reservations(*this);
    check_resizes(*this);
    check_gangs(*this);
    check_constraints(*this);
    check_opportunistic(*this);
    check_promotions(*this);
    Resource on_nodes;
    for (NodeIndex index = 0; index < nodes.size(); ++index) {
        on_nodes += nodes.at(index).used;
    }
    Resource orphans;
    containers.for_each([&](const Container& container) {
        orphans += container.orphan ? container.charged() : Resource{};
        CHECK(nodes.at(container.node).containers.contains(container.id));
    });
    CHECK(on_nodes == orphans + queues.at(0).used);
    for (const auto& [id, application] : applications.all()) {
        for (const Attempt& attempt : application.attempts) {
            std::map<std::pair<std::int32_t, std::int32_t>, std::int32_t> live;
            for (const ContainerId& container_id : attempt.containers) {
                const Container& container = *containers.find(container_id);
                if (!container.master() && !container.stopping) {
                    ++live[{container.key.ask, container.key.generation}];
                }
            }
            for (const auto& [part, count] : live) {
                const AskKey key{attempt.record.id, part.first, part.second};
                CHECK(asks.count(key).live == count);
            }
        }
    }
}

}  // namespace heddle::rm
