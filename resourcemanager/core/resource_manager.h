#pragma once

// The resource manager's core: it shares the machines of a cluster between applications. One event
// goes in with the time, effects come out; nothing here reads a clock, a socket or a file.

#include <memory>

#include "common/base/time.h"
#include "resourcemanager/core/config.h"
#include "resourcemanager/core/effect.h"
#include "resourcemanager/core/event.h"
#include "resourcemanager/core/views.h"

namespace heddle::rm {

struct Books;

class ResourceManager {
public:
    explicit ResourceManager(Config config);
    ~ResourceManager();
    ResourceManager(const ResourceManager&) = delete;
    ResourceManager& operator=(const ResourceManager&) = delete;

    /// Applies one event; appends what is to be done. The first event is Booted. `now` never goes
    /// back; `wall` is only written into records and views.
    void step(TimePoint now, WallTime wall, Event event, Effects& effects);

    /// When the next Tick is due; TimePoint::never() if nothing waits for time. It may lie in the
    /// past: placement has a budget per step and goes on with the next one.
    TimePoint next_deadline() const;

    /// A snapshot, and what has changed since the last call. Costs as much as changed.
    Publication publish(WallTime wall);

    /// Stops the process if an invariant is broken. Looks at everything: for tests and simulation.
    void check() const;

    /// What check() and the figures of a test need to see of the inside.
    const Books& books() const { return *books_; }

private:
    std::unique_ptr<Books> books_;
};

}  // namespace heddle::rm
