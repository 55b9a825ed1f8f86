#pragma once

// Asks the label script which label each node has, on a thread of its own: every node again and
// again, and one that is new at once. What is found is an operator's decision like any other, on
// disk before it holds; while the script fails, the last labels hold.

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "common/base/ids.h"
#include "common/base/result.h"
#include "common/base/time.h"

namespace heddle::rm {

/// What the last run over all nodes has come to, or one that failed.
struct LabelReport {
    WallTime at;             // 0: there was none yet
    std::int64_t asked = 0;  // and answered
    std::int64_t changed = 0;
    std::string failure;  // the first one; empty: all went well
    std::int64_t unanswered = 0;
};

class LabelFinder {
public:
    using Labels = std::map<std::string, std::string>;  // by node; empty: none
    struct Parts {
        Duration interval;
        /// Runs the script: one label per node. Gives up when it is told to stop.
        std::function<Result<std::vector<std::string>>(const std::vector<std::string>& nodes,
                                                       const std::stop_token& stop)>
            script;
        std::function<std::vector<std::string>()> nodes;  // that there are
        /// Lets them hold, and calls `done` on any thread with how many were others before.
        std::function<void(const Labels&, std::function<void(Result<std::int64_t>)> done)> take;
    };

    explicit LabelFinder(Parts parts);
    /// Stops a run that is under way.
    ~LabelFinder();

    /// These are there: those of which nobody has heard yet are asked for. The first run over all
    /// nodes waits for the first of them.
    void seen(const std::vector<NodeId>& nodes);
    /// These are not there any more: should they come back, they are new.
    void forgotten(const std::vector<NodeId>& nodes);
    /// Asks for all of them; `then` on any thread.
    void refresh(std::function<void(const LabelReport&)> then);
    LabelReport last() const;

private:
    using Then = std::function<void(const LabelReport&)>;
    struct Turn {
        bool all = false;
        std::vector<std::string> nodes;  // if not all
        std::vector<Then> thens;
    };

    void run();
    std::optional<Turn> next();
    LabelReport ask(const std::vector<std::string>& nodes);
    void take_batch(const std::vector<std::string>& nodes, const std::vector<std::string>& labels,
                    LabelReport& report);
    static void fail(LabelReport& report, std::string why);
    std::string take(const Labels& found, std::int64_t& changed);
    void finish(const Turn& turn, const std::vector<std::string>& nodes, const LabelReport& report);

    Parts parts_;
    mutable std::mutex mutex_;  // guards what follows
    std::condition_variable ready_;
    bool any_seen_ = false;
    std::int64_t failures_ = 0;  // of runs over all nodes, one after the other
    std::set<std::string> heard_of_;
    std::vector<std::string> fresh_;
    std::deque<Then> refreshes_;
    TimePoint due_;
    LabelReport last_;
    bool ends_ = false;
    std::stop_source stop_;
    std::thread thread_;
};

}  // namespace heddle::rm
