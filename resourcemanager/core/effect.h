#pragma once

// Everything the resource manager can ask for. The runner carries effects out in order and neither
// waits nor drops; what fails comes back as an event.
//
// The view for REST and dashboard is no effect: the shell calls ResourceManager::publish() when it
// has drained its queue, so that a burst of events is published once.

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "common/base/ids.h"
#include "common/base/resource.h"
#include "common/base/result.h"
#include "common/model/application.h"
#include "common/model/explanation.h"
#include "common/model/master_protocol.h"
#include "common/model/node.h"
#include "common/model/node_protocol.h"
#include "resourcemanager/core/event.h"

namespace heddle::rm {

/// Application sequence numbers up to and including this one may be handed out. After a restart
/// counting goes on above it, so that no id is ever given twice.
struct IdReservation {
    std::int64_t sequences = 0;
};

/// The application and its attempts leave the store: more than applications_completed_max are over.
struct ApplicationRemoval {
    ApplicationId application;
};

/// The node leaves the store: it has been lost for longer than node_forget_after.
struct NodeRemoval {
    NodeId node;
};

/// A version of the scheduler's configuration leaves the store: there are newer ones enough.
struct SchedulerVersionRemoval {
    std::int64_t version = 0;
};

/// Records replace what is stored under their id.
using StoreChange =
    std::variant<ApplicationRecord, AttemptRecord, NodeRecord, IdReservation, ApplicationRemoval,
                 NodeRemoval, SchedulerVersion, SchedulerVersionRemoval>;

/// All changes are stored together or none is. Answered by Saved or SaveFailed with `batch`; the
/// store carries batches out in the order in which they were given.
struct Save {
    BatchId batch;
    std::vector<StoreChange> changes;
};

/// The pool of secrets runs low. Answered by SecretsSupplied.
struct NeedSecrets {
    std::int32_t count = 0;
};

struct SendToNode {
    ConnectionId connection;
    NodeId node;
    ManagerToNode message;
};

/// The token was right: the upgrade of this connection is completed.
struct AdmitMaster {
    ConnectionId connection;
    AttemptId attempt;
};

struct SendToMaster {
    ConnectionId connection;
    AttemptId attempt;
    ManagerToMaster message;
};

/// After everything sent so far is out. For a master that was not admitted the upgrade is answered
/// with the error instead. No disconnect event is needed, and none does harm.
struct CloseConnection {
    ConnectionId connection;
    Error why;
};

// Answers to requests.

struct NewApplicationAnswer {
    ApplicationId application;
    Resource size_max;  // the largest node; zero while no node has ever registered
};
struct SubmitAnswer {
    ApplicationId application;
};
struct KillAnswer {
    AppState state = AppState::New;  // at the moment of the answer
};
struct MasterCredentials {
    AttemptId attempt;
    std::string token;
};
struct SchedulerAnswer {
    std::int64_t version = 0;  // of what holds now; of a dry run: what would be its number
};
/// What holds of the application now.
struct ChangeAnswer {
    ApplicationId application;
    std::string queue;
    std::int32_t priority = 0;
    WallTime expires;
};
struct OrderAnswer {};
/// What holds of the node now.
struct NodeChangeAnswer {
    NodeInfo info;
    NodeState state = NodeState::New;
};
using Explanations = std::vector<Explanation>;
using Answer =
    std::variant<NewApplicationAnswer, SubmitAnswer, KillAnswer, MasterCredentials, SchedulerAnswer,
                 ChangeAnswer, OrderAnswer, NodeChangeAnswer, Explanation, Explanations>;

struct Reply {
    RequestId request;
    Result<Answer> answer;
};

using Effect =
    std::variant<Save, NeedSecrets, SendToNode, AdmitMaster, SendToMaster, CloseConnection, Reply>;
using Effects = std::vector<Effect>;

}  // namespace heddle::rm
