#include "resourcemanager/shell/rack_finder.h"

#include <algorithm>
#include <utility>

#include "common/base/log.h"
#include "resourcemanager/shell/topology_script.h"

namespace heddle::rm {

RackFinder::RackFinder(Script script, OnFound on_found)
    : script_(std::move(script)), on_found_(std::move(on_found)), thread_([this] { run(); }) {}

RackFinder::~RackFinder() {
    {
        const std::lock_guard lock(mutex_);
        ends_ = true;
    }
    stop_.request_stop();
    ready_.notify_all();
    thread_.join();
}

bool RackFinder::knows(const std::string& host) const {
    const std::lock_guard lock(mutex_);
    return known_.contains(host);
}

void RackFinder::find(const std::string& host, std::function<void()> then) {
    {
        const std::lock_guard lock(mutex_);
        wanted_.push_back({host, std::move(then)});
    }
    ready_.notify_all();
}

void RackFinder::refresh(std::vector<std::string> hosts, std::function<void(TopologyReport)> then) {
    {
        const std::lock_guard lock(mutex_);
        refreshes_.push_back({std::move(hosts), std::move(then)});
    }
    ready_.notify_all();
}

// In batches, until one fails: the next would take as long. What was found, and why not the rest.
std::string RackFinder::ask(const std::vector<std::string>& hosts, Racks& found) const {
    for (std::size_t from = 0; from < hosts.size(); from += kHostsPerRun) {
        const std::size_t to = std::min(hosts.size(), from + kHostsPerRun);
        const std::vector<std::string> some(hosts.begin() + static_cast<std::ptrdiff_t>(from),
                                            hosts.begin() + static_cast<std::ptrdiff_t>(to));
        const auto racks = script_(some, stop_.get_token());
        if (!racks) {
            log::warning("racks are not known; what the nodes say of themselves holds",
                         {{"machines", static_cast<unsigned long>(hosts.size() - from)},
                          {"why", racks.error().message}});
            return racks.error().message;
        }
        for (std::size_t i = 0; i < some.size(); ++i) {
            found[some[i]] = (*racks)[i];
        }
    }
    return "";
}

// Those that wait, as many as one run takes. Under the lock.
RackFinder::Turn RackFinder::batch() {
    Turn turn;
    std::vector<std::function<void()>> thens;
    while (!wanted_.empty() && thens.size() < kHostsPerRun) {
        Wanted wanted = std::move(wanted_.front());
        wanted_.pop_front();
        if (!known_.contains(wanted.host)) {
            turn.hosts.push_back(std::move(wanted.host));
        }
        thens.push_back(std::move(wanted.then));
    }
    turn.then = [thens = std::move(thens)](const TopologyReport&) {
        for (const auto& then : thens) {
            then();
        }
    };
    return turn;
}

// Nothing: it ends. Machines that come are served before refreshes.
std::optional<RackFinder::Turn> RackFinder::next() {
    std::unique_lock lock(mutex_);
    ready_.wait(lock, [this] { return ends_ || !wanted_.empty() || !refreshes_.empty(); });
    if (ends_) {
        return std::nullopt;
    }
    if (!wanted_.empty()) {
        return batch();
    }
    Turn turn = std::move(refreshes_.front());
    refreshes_.pop_front();
    return turn;
}

void RackFinder::tell(Turn turn) {
    Racks found;
    TopologyReport report;
    report.failure = ask(turn.hosts, found);
    report.asked = static_cast<std::int64_t>(turn.hosts.size());
    report.answered = static_cast<std::int64_t>(found.size());
    if (found.empty()) {
        turn.then(report);
        return;
    }
    on_found_(found, [this, found, report, then = std::move(turn.then)](bool taken) mutable {
        if (taken) {
            const std::lock_guard lock(mutex_);
            for (const auto& [host, rack] : found) {
                known_[host] = rack;
            }
        } else {
            report.answered = 0;
            report.failure = "the resource manager is busy; try again in a second";
        }
        then(report);
    });
}

void RackFinder::run() {
    while (auto turn = next()) {
        tell(std::move(*turn));
    }
}

}  // namespace heddle::rm
