#include "tests/support/rm_world/store.h"

namespace heddle::rm::test {

void Store::apply(const Save& save) {
    for (const StoreChange& change : save.changes) {
        if (const auto* application = std::get_if<ApplicationRecord>(&change)) {
            applications[application->submission.id] = *application;
        } else if (const auto* attempt = std::get_if<AttemptRecord>(&change)) {
            attempts[attempt->id] = *attempt;
        } else if (const auto* node = std::get_if<NodeRecord>(&change)) {
            nodes[node->info.id] = *node;
        } else if (const auto* forgotten = std::get_if<NodeRemoval>(&change)) {
            nodes.erase(forgotten->node);
        } else if (const auto* version = std::get_if<SchedulerVersion>(&change)) {
            scheduler_versions[version->config.version] = *version;
        } else if (const auto* old = std::get_if<SchedulerVersionRemoval>(&change)) {
            scheduler_versions.erase(old->version);
        } else if (const auto* ids = std::get_if<IdReservation>(&change)) {
            sequences = ids->sequences;
        } else if (const auto* removal = std::get_if<ApplicationRemoval>(&change)) {
            applications.erase(removal->application);
            std::erase_if(attempts, [&](const auto& entry) {
                return entry.first.application == removal->application;
            });
        }
    }
}

Booted Store::content() const {
    Booted booted;
    booted.epoch = epoch;
    booted.cluster_timestamp = 1'700'000'000'000;
    booted.sequences_reserved = sequences;
    for (const auto& [id, record] : applications) {
        booted.applications.push_back(record);
    }
    for (const auto& [id, record] : attempts) {
        booted.attempts.push_back(record);
    }
    for (const auto& [id, record] : nodes) {
        booted.nodes.push_back(record);
    }
    for (const auto& [number, version] : scheduler_versions) {
        booted.scheduler_versions.push_back(version);
    }
    return booted;
}

}  // namespace heddle::rm::test
