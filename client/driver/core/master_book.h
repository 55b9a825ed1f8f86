#pragma once

// What a driver and the resource manager owe each other: the ask for executors, the containers that
// were granted, and how far the news has been taken. A connection may end at any time and another
// one begin; after each welcome the whole book is stated again. Free of I/O, like the driver's
// core.

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/model/master_protocol.h"

namespace heddle::driver {

class MasterBook {
public:
    struct Ended {
        ContainerId container;
        std::string reason;
        bool crashed = false;  // it ended by itself: nobody took it away
        bool out_of_memory = false;
    };
    struct Marked {
        ContainerId container;
        bool leaving = false;   // it is to make way; else it is not to any more
        bool may_stay = false;  // only its node drains
    };
    /// A container's size has changed, or (with a reason) cannot.
    struct Resized {
        ContainerId container;
        Resource size;  // that it has now
        std::string refused;
    };
    // What a message of the manager leads to.
    struct Reaction {
        std::vector<MasterToManager> send;
        std::vector<Ended> ended;
        std::vector<Marked> marked = {};
        std::optional<std::string> refused;   // the ask can never be met
        std::optional<std::string> rejected;  // this attempt does not count any more
        bool welcomed = false;
        bool finished = false;
        std::vector<Resized> resized;
        bool reconnect = false;  // news are missing: close the connection and begin another one
    };

    /// `generation` rises with every book of one attempt: containers of an earlier one are ended.
    MasterBook(AttemptId attempt, LaunchSpec executor, Resource size, std::int32_t generation = 0);

    /// First on every connection.
    MasterToManager registration(const std::string& host, std::int32_t rpc_port,
                                 const std::string& tracking_url) const;
    Reaction hear(const ManagerToMaster& message);
    void connection_lost() { session_ = 0; }

    /// An absolute count. Empty when there is no connection: the welcome will say it. `released`:
    /// containers of ours that are stopped, rather than the newest ones; `spare`: and no others,
    /// also if they are more than the count. They are not replaced when they end.
    std::vector<MasterToManager> want(std::int32_t count,
                                      const std::vector<std::string>& released = {},
                                      bool spare = false);
    /// Nodes on which no more containers are wanted: all of them.
    std::vector<MasterToManager> avoid(const std::vector<std::string>& nodes);
    /// Another size for a container of ours, decided on the size that it has now; the last wish
    /// counts. The answer comes as Reaction::resized. Errors: NotFound (no live container of ours),
    /// InvalidArgument (no memory or no vcores).
    Result<std::vector<MasterToManager>> resize(const ContainerId& container, const Resource& size);
    /// Goes with whatever is said next; until then progress_waits() is true.
    void progress(std::int32_t percent) { percent_ = percent; }
    bool progress_waits() const { return session_ != 0 && percent_ != percent_said_; }
    /// Proves life; now and then it states the whole book again, and the end until it is confirmed,
    /// so that nothing depends on one message.
    std::vector<MasterToManager> beat();
    /// The end of the application; repeated after every welcome until the manager has it.
    std::vector<MasterToManager> finish(FinalStatus status, const std::string& diagnostics);

    /// The node of a container of ours; empty: not known.
    std::string node_of(const std::string& container) const;
    /// What it may use now; nothing: not known.
    Resource size_of(const std::string& container) const;
    Duration heartbeat_interval() const { return heartbeat_interval_; }

private:
    struct Held;
    const Held* held(const std::string& container) const;
    Reaction hear_one(const MasterWelcome& message);
    Reaction hear_one(const MasterNews& message);
    Reaction hear_one(const MasterFinished& message);
    Reaction hear_one(const MasterRejected& message);
    struct Held {
        std::string node;
        Resource size;
        std::int64_t version = 0;
    };
    void take(const std::vector<Grant>& grants, Reaction& reaction);
    void take_size(const ContainerResize& now, Reaction& reaction);
    void forget_marks(Reaction& reaction);
    void take_marks(const MasterNews& message, Reaction& reaction);
    void take_refusal(const ResizeRefused& refused, Reaction& reaction);
    MasterToManager update(bool complete, bool with_asks);
    Ask ask() const;

    AttemptId attempt_;
    LaunchTemplate template_;
    Resource size_;
    std::int32_t generation_ = 0;
    std::int32_t count_ = 0;
    std::int32_t percent_ = 0;
    std::int32_t percent_said_ = 0;
    std::uint64_t session_ = 0;  // 0: not welcomed
    std::uint64_t sequence_ = 0;
    std::uint64_t news_seen_ = 0;
    std::uint64_t beats_ = 0;
    Duration heartbeat_interval_ = seconds(1);
    std::map<ContainerId, Held> containers_;          // live ones
    std::map<ContainerId, ContainerResize> resizes_;  // wishes that no news has answered
    std::optional<MasterFinish> finish_;
    std::vector<NodeId> avoided_;
    std::set<ContainerId> preempted_;  // told to make way
    std::set<ContainerId> draining_;   // on nodes that drain
    std::set<ContainerId> releasing_;  // of containers_: those whose end no news has told
    bool spare_ = false;               // containers beyond the count stay
};

}  // namespace heddle::driver
