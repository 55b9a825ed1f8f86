#pragma once

// Asks the topology script where machines stand, on a thread of its own, and remembers. A machine
// is asked for before the core hears of it; while the script fails, what the node says of itself
// holds
// (/default-rack unless it says anything), and it is asked again when the node comes the next time.

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "common/base/time.h"
#include "resourcemanager/shell/topology.h"

namespace heddle::rm {

class RackFinder {
public:
    using Racks = std::map<std::string, std::string>;
    /// Runs the script: one rack per host. Gives up when it is told to stop.
    using Script = std::function<Result<std::vector<std::string>>(
        const std::vector<std::string>& hosts, const std::stop_token& stop)>;
    /// Hands on what was found, and calls `done` on any thread with whether it was taken.
    using OnFound = std::function<void(const Racks&, std::function<void(bool taken)> done)>;

    RackFinder(Script script, OnFound on_found);
    /// Stops a run that is under way.
    ~RackFinder();

    bool knows(const std::string& host) const;

    /// Calls `then` on any thread when the host has been asked for, whatever came of it.
    void find(const std::string& host, std::function<void()> then);

    /// Asks for all of them anew; what is known stays until the answer is there. `then` on any
    /// thread; failures are told in the report.
    void refresh(std::vector<std::string> hosts, std::function<void(TopologyReport)> then);

private:
    /// What one turn asks for, and whom it tells then.
    struct Turn {
        std::vector<std::string> hosts;
        std::function<void(TopologyReport)> then;
    };
    struct Wanted {
        std::string host;
        std::function<void()> then;
    };

    void run();
    std::optional<Turn> next();
    Turn batch();
    std::string ask(const std::vector<std::string>& hosts, Racks& found) const;
    void tell(Turn turn);

    Script script_;
    OnFound on_found_;
    mutable std::mutex mutex_;  // guards what follows
    std::condition_variable ready_;
    std::deque<Wanted> wanted_;
    std::deque<Turn> refreshes_;
    Racks known_;
    bool ends_ = false;
    std::stop_source stop_;
    std::thread thread_;
};

}  // namespace heddle::rm
