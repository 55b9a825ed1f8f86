#pragma once

// Everything that can happen to a node agent.

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/base/ids.h"
#include "common/base/time.h"
#include "common/model/node_protocol.h"
#include "nodeagent/core/container_record.h"

namespace heddle::node {

/// The shim was asked to start and nobody is left to say how it went: neither shim nor exit record.
struct ProcessLost {};

/// A record found on disk, and what is true of its process now. NotStarted: no shim ever began.
struct RecoveredContainer {
    struct NotStarted {};
    struct Running {
        std::int64_t pid = 0;
        WallTime started;
    };
    ContainerRecord record;
    std::variant<NotStarted, Running, ContainerExit, ProcessLost> process;
};

/// A file of the artifact cache, found on disk.
struct CachedArtifact {
    std::string digest;  // SHA-256 in hex
    std::uint64_t bytes = 0;
    WallTime used;
};

/// The first event: what the disk holds. `wall` is the wall time of this step; the core derives
/// later wall times from it, so that one clock rules.
struct Booted {
    WallTime wall;
    std::int64_t epoch_seen = 0;
    std::vector<RecoveredContainer> containers;
    std::vector<CachedArtifact> artifacts = {};  // no digest twice
};

struct Connected {
    std::uint64_t connection = 0;
};

/// Also when the attempt to connect failed. A connection that the core gave up needs none.
struct Disconnected {
    std::uint64_t connection = 0;
    std::string reason;
};

struct MessageReceived {
    std::uint64_t connection = 0;
    ManagerToNode message;
};

struct EpochSaved {
    std::int64_t epoch = 0;
};
struct EpochSaveFailed {
    std::int64_t epoch = 0;
    std::string reason;
};

/// `version` is that of the SaveContainer it answers.
struct ContainerSaved {
    ContainerId container;
    std::uint64_t version = 0;
};
/// The save of an end that fails leaves no record at all behind (deleting needs no space), so that
/// a restarted agent never runs an ended container again.
struct ContainerSaveFailed {
    ContainerId container;
    std::uint64_t version = 0;
    std::string reason;
};

struct Localised {
    ContainerId container;
};
struct LocaliseFailed {
    ContainerId container;
    std::string reason;
};

/// An artifact is in the cache now and takes so many bytes; perhaps it was there before.
struct ArtifactCached {
    std::string digest;
    std::uint64_t bytes = 0;
};
/// Its file was found damaged and is removed.
struct ArtifactGone {
    std::string digest;
};

struct Started {
    ContainerId container;
    std::int64_t pid = 0;
};
struct StartFailed {
    ContainerId container;
    std::string reason;
};

/// The user's process and its descendants are gone. `exit` tells Exited, Signalled or Unknown; the
/// core turns it into Stopped when it had ordered the end.
struct ContainerExited {
    ContainerId container;
    ContainerExit exit;
};

/// Measured now and then; a change of health is pushed at once.
struct MemoryOfContainer {
    ContainerId container;
    std::int64_t resident_mib = 0;
};
struct UsageMeasured {
    NodeUsage usage;
    std::vector<MemoryOfContainer> containers = {};
};

/// SIGTERM: the agent says farewell and ends; containers go on.
struct ShutdownRequested {};

struct Tick {};

using Event = std::variant<Booted, Connected, Disconnected, MessageReceived, EpochSaved,
                           EpochSaveFailed, ContainerSaved, ContainerSaveFailed, Localised,
                           LocaliseFailed, ArtifactCached, ArtifactGone, Started, StartFailed,
                           ContainerExited, UsageMeasured, ShutdownRequested, Tick>;

}  // namespace heddle::node
