#pragma once

// What the resource manager's core is told once, at construction. Every limit of the core is here.

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "common/base/time.h"
#include "common/model/queue.h"
#include "resourcemanager/core/feature.h"

namespace heddle::rm {

/// A deliberate bug that only simulation plants, to prove that its checkers see it.
enum class Defect {
    None,
    LostAcknowledgement,    // a saved submission is never answered
    DoubledGrant,           // a grant starts two containers
    StaleEpochAccepted,     // containers of ended attempts and old generations are kept
    AnswerBeforeSave,       // the reply leaves with the save instead of after it
    ForgottenRelease,       // a stopped container's resources are not given back
    IncrementInsteadOfAsk,  // a repeated ask adds to the count instead of replacing it
    TakenToAndFro           // applications of a queue take from each other whatever they hold
};

/// Of the diagnostics of an application: they are saved with it, and every view shows them. YARN's
/// limit. Beyond what a record may hold, the manager could not start again.
constexpr std::size_t kDiagnosticsMax = 64U * 1024;

// Of what masters and nodes say of themselves and of containers; it is saved or shown as well.
constexpr std::size_t kUrlMax = 2048;  // longer ones count as none: cut, they lead elsewhere
constexpr std::size_t kHostMax = 255;  // as URLs
constexpr std::size_t kExitMessageMax = 4096;  // shortened, as diagnostics
constexpr std::size_t kNodeTextMax = 1024;     // a node that says more is refused
constexpr std::size_t kNodeLayersMax = 32;     // of isolation; as kNodeTextMax
constexpr std::size_t kNodeAttributesMax = 100;
constexpr std::size_t kLabelMax = 255;
constexpr std::size_t kBlacklistMax =
    10'000;  // of nodes a master wants nothing on; the first count
/// Asks that one master has open; more are refused. Containers are counted inside an ask.
constexpr std::size_t kAsksMax = 10'000;
constexpr std::size_t kHealthMax = 1024;  // shortened, as diagnostics

/// Changes of one application that wait for their turn to be saved; more are refused.
constexpr std::size_t kChangesWaitingMax = 32;

struct Config {
    Duration heartbeat_interval = seconds(1);
    Duration node_expiry = seconds(10);               // silent longer than this: lost
    Duration node_forget_after = seconds(24 * 3600);  // lost for longer: gone from table and store
    Duration master_expiry = seconds(10);             // a registered master without connection
    /// A started or unmanaged master that has not registered; also one that has finished and whose
    /// container does not end.
    Duration master_register_expiry = seconds(600);
    Duration settle_time = seconds(10);    // after a restart, for nodes to come back
    Duration locality_delay = seconds(3);  // a relaxed ask waits this long for its nodes
    Duration stop_grace = seconds(5);      // between SIGTERM and SIGKILL
    Duration save_retry = seconds(1);      // of what must be saved after a failure
    std::int32_t attempts_max = 2;         // upper bound of a submission's own number
    std::int32_t placements_per_step = 256;
    /// Above 0: a node takes containers only in the step of its complete status, and then at most
    /// so many that did not name it. So schedulers behave that are driven by heartbeats; simulation
    /// compares with that. 0: room is used when it is there.
    std::int32_t placements_per_status = 0;
    std::int32_t applications_completed_max = 10000;
    Duration applications_completed_for = seconds(7 * 24 * 3600);  // at most; then they are gone
    std::int32_t applications_active_max = 10000;
    std::int32_t ids_per_reservation = 50;
    std::int32_t secrets_pool = 64;
    std::uint64_t seed = 1;  // of session numbers; the daemon draws it
    /// Racks by the name or the address of a node; others say themselves where they stand.
    std::map<std::string, std::string> topology;
    SchedulerConfig scheduler = default_scheduler_config();
    /// Added to the environment of master containers, kServerVariable above all.
    std::map<std::string, std::string> master_environment;
    Defect defect = Defect::None;
    Feature feature_off = Feature::None;  // only tests switch one off
    bool off(Feature feature) const { return feature == feature_off; }
};

}  // namespace heddle::rm
