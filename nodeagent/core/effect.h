#pragma once

// Everything a node agent can ask for. The shell carries effects out in order.

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "common/base/ids.h"
#include "common/model/node_protocol.h"
#include "nodeagent/core/container_record.h"

namespace heddle::node {

/// Answered by Connected or Disconnected with the same number.
struct Connect {
    std::uint64_t connection = 0;
};
struct Disconnect {
    std::uint64_t connection = 0;
};
struct Send {
    std::uint64_t connection = 0;
    NodeToManager message;
};

/// Durable, also over a power cut. Answered by EpochSaved or EpochSaveFailed.
struct SaveEpoch {
    std::int64_t epoch = 0;
};

/// Survives the agent's death; need not survive the machine's, which takes the containers along.
/// Saves of one container are carried out in order. Answered by ContainerSaved or
/// ContainerSaveFailed.
struct SaveContainer {
    std::uint64_t version = 0;
    ContainerRecord record;
};
/// Record and logs go; nothing of the container is left.
struct DeleteContainer {
    ContainerId container;
};
/// The work directory goes, and of the logs what is not to be kept; the record stays.
struct DeleteWork {
    ContainerId container;
    LogPatterns log_patterns = {};
};

/// Makes the work directory with all artifacts and secrets. May find parts of it already there.
/// Answered by Localised or LocaliseFailed.
struct Localise {
    ContainerStart order;
};
/// An artifact leaves the cache. Nothing answers.
struct DropArtifact {
    std::string digest;
};
/// Answered by Started or StartFailed; after Started by ContainerExited.
struct StartShim {
    ContainerStart order;
};
/// Looks after a process that an earlier agent started; answered by ContainerExited at its end.
struct Adopt {
    ContainerId container;
};

/// To the whole process group, Kill to all descendants. Of a stop, or because a person wished it.
struct Signal {
    ContainerId container;
    SignalKind signal = SignalKind::Terminate;
};

using Effect = std::variant<Connect, Disconnect, Send, SaveEpoch, SaveContainer, DeleteContainer,
                            DeleteWork, Localise, DropArtifact, StartShim, Adopt, Signal>;
using Effects = std::vector<Effect>;

}  // namespace heddle::node
