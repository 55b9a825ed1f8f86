#pragma once

// The one thread that the core lives on, and the door to it: events in through a bounded inbox,
// effects out through the runner, and after each burst one snapshot.

#include <atomic>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <variant>

#include "resourcemanager/core/effect.h"
#include "resourcemanager/core/event.h"
#include "resourcemanager/core/resource_manager.h"
#include "resourcemanager/shell/busy_meter.h"
#include "resourcemanager/shell/inbox.h"

namespace heddle::rm {

/// Hands events to the core. Any thread.
class CoreDoor {
public:
    using Question = decltype(Request::what);
    /// Called once on the core thread, after the snapshot that shows what is promised.
    using OnAnswer = std::function<void(Result<Answer>)>;

    /// From outside: false when the core is too far behind; the caller pushes back.
    bool offer(Event event);

    /// From a master, into a line of its own (inbox.h). Errors: Unavailable when the core is too
    /// far behind, ResourceExhausted when too much of this master waits already.
    Status offer_from_master(ConnectionId master, Event event, std::size_t bytes);
    void end_of_master(ConnectionId master) { inbox_.end_of_master(master); }

    /// From our own threads (store, closing connections): always taken while the core runs.
    void push(Event event);

    /// Answers at once with Unavailable when the core is too far behind.
    void ask(Question what, OnAnswer on_answer);

    /// Events that the core has not taken yet.
    std::int64_t waiting() const { return static_cast<std::int64_t>(inbox_.size()); }

    /// How much of the last minute the core has worked, to the nearest per cent.
    std::int64_t busy_percent() const;

private:
    friend class CoreThread;
    static constexpr std::size_t kOfferedMax = 100'000;

    OnAnswer take_question(RequestId id);

    Inbox inbox_;
    BusyMeter busy_;
    std::mutex mutex_;  // guards what follows
    std::uint64_t last_request_ = 0;
    std::map<RequestId, OnAnswer> questions_;
};

/// What carries effects out. On the core thread.
class EffectRunner {
public:
    virtual ~EffectRunner() = default;
    /// In order. May not wait for anything but room in the store's queue.
    virtual void carry_out(Effects& effects) = 0;
    /// The burst is over: what was gathered per peer leaves now.
    virtual void end_of_turn() = 0;
};

class CoreThread {
public:
    struct Hooks {
        std::function<void(const Publication&)> on_publication;  // on the core thread
    };

    CoreThread(CoreDoor& door, Config config, EffectRunner& runner, Hooks hooks);
    /// As stop().
    ~CoreThread();

    void start(Booted booted);

    /// Takes what is queued, then ends.
    void stop();

    /// For the runner: its reply leaves after the next snapshot.
    void reply(Reply reply) { replies_.push_back(std::move(reply)); }

    std::uint64_t steps() const { return steps_.load(std::memory_order_relaxed); }

private:
    void run();
    void notice_stall();
    void step(Event event);
    void perform(Event event);
    void end_turn();

    CoreDoor& door_;
    EffectRunner& runner_;
    Hooks hooks_;
    ResourceManager core_;
    Effects effects_;
    std::vector<Reply> replies_;
    TimePoint awake_;  // when this thread last looked at the clock
    std::atomic<std::uint64_t> steps_{0};
    std::thread thread_;
};

}  // namespace heddle::rm
