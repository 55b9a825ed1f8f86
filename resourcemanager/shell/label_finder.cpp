#include "resourcemanager/shell/label_finder.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "resourcemanager/shell/host_script.h"

namespace heddle::rm {
namespace {

constexpr Duration kAfterFailure = seconds(60);  // or the interval, if that is shorter
constexpr std::size_t kRunsAgain = 64;           // of the script, for parts of batches that failed
constexpr std::int64_t kFailuresMax = 20;        // that are told apart

// Each failure after another is waited for twice as long as that one: a name that the script does
// not know does not get better by being asked for again.
Duration after_failures(std::int64_t failures, Duration interval) {
    Duration wait = std::min(interval, kAfterFailure);
    for (std::int64_t i = 1; i < failures && wait < interval; ++i) {
        wait = std::min(interval, wait * 2);
    }
    return wait;
}

}  // namespace

LabelFinder::LabelFinder(Parts parts)
    : parts_(std::move(parts)), due_(monotonic_now()), thread_([this] { run(); }) {}

LabelFinder::~LabelFinder() {
    {
        const std::lock_guard lock(mutex_);
        ends_ = true;
    }
    stop_.request_stop();
    ready_.notify_all();
    thread_.join();
}

void LabelFinder::seen(const std::vector<NodeId>& nodes) {
    const std::lock_guard lock(mutex_);
    any_seen_ = any_seen_ || !nodes.empty();
    for (const NodeId& node : nodes) {
        if (heard_of_.insert(node.name).second) {
            fresh_.push_back(node.name);
        }
    }
    if (!fresh_.empty()) {
        ready_.notify_all();
    }
}

void LabelFinder::forgotten(const std::vector<NodeId>& nodes) {
    const std::lock_guard lock(mutex_);
    for (const NodeId& node : nodes) {
        heard_of_.erase(node.name);
    }
}

void LabelFinder::refresh(Then then) {
    {
        const std::lock_guard lock(mutex_);
        refreshes_.push_back(std::move(then));
    }
    ready_.notify_all();
}

LabelReport LabelFinder::last() const {
    const std::lock_guard lock(mutex_);
    return last_;
}

// Nothing: it ends.
std::optional<LabelFinder::Turn> LabelFinder::next() {
    std::unique_lock lock(mutex_);
    for (;;) {
        if (ends_) {
            return std::nullopt;
        }
        const Duration left = due_ - monotonic_now();
        if (!refreshes_.empty() || (any_seen_ && left <= Duration{})) {
            fresh_.clear();
            Turn turn{true, {}, {}};
            turn.thens.assign(std::make_move_iterator(refreshes_.begin()),
                              std::make_move_iterator(refreshes_.end()));
            refreshes_.clear();
            return turn;
        }
        if (!fresh_.empty()) {
            return Turn{false, std::exchange(fresh_, {}), {}};
        }
        if (any_seen_) {
            ready_.wait_for(lock, std::chrono::microseconds(left.microseconds));
        } else {
            ready_.wait(lock);
        }
    }
}

// Waits for the answer: the next nodes come when these have their labels. What the core's end has
// left unanswered is over with it.
std::string LabelFinder::take(const Labels& found, std::int64_t& changed) {
    struct Answer {
        std::mutex mutex;
        std::condition_variable ready;
        std::optional<Result<std::int64_t>> result;
    };
    const auto answer = std::make_shared<Answer>();  // shared with whoever answers, perhaps late
    parts_.take(found, [answer](Result<std::int64_t> result) {
        const std::lock_guard lock(answer->mutex);
        answer->result = std::move(result);
        answer->ready.notify_all();
    });
    constexpr auto kLookForStop = std::chrono::milliseconds(20);
    std::unique_lock lock(answer->mutex);
    while (!answer->result.has_value()) {
        if (stop_.stop_requested()) {
            return "the resource manager ends";
        }
        answer->ready.wait_for(lock, kLookForStop);
    }
    if (!answer->result->ok()) {
        return answer->result->error().message;
    }
    changed += **answer->result;
    return {};
}

// In batches, each by itself. Of one that fails both halves are asked again, so that a name for
// which the script fails keeps no other from its label; but not after one that took all the time
// there is: the next would take as long.
LabelReport LabelFinder::ask(const std::vector<std::string>& nodes) {
    LabelReport report;
    report.at = wall_now();
    std::vector<std::vector<std::string>> batches;  // the last is asked next
    for (std::size_t from = 0; from < nodes.size(); from += kHostsPerRun) {
        const std::size_t to = std::min(nodes.size(), from + kHostsPerRun);
        batches.emplace_back(nodes.begin() + static_cast<std::ptrdiff_t>(from),
                             nodes.begin() + static_cast<std::ptrdiff_t>(to));
    }
    std::ranges::reverse(batches);
    std::size_t runs_left = batches.size() + kRunsAgain;
    for (; !batches.empty() && runs_left > 0; --runs_left) {
        const std::vector<std::string> some = std::move(batches.back());
        batches.pop_back();
        const auto labels = parts_.script(some, stop_.get_token());
        if (labels) {
            take_batch(some, *labels, report);
            continue;
        }
        const bool ends = labels.error().code == ErrorCode::Timeout || stop_.stop_requested();
        const bool again = !ends && some.size() > 1 && runs_left > batches.size() + 2;
        fail(report, labels.error().message);
        if (ends) {
            break;
        }
        if (again) {
            const auto half = some.begin() + static_cast<std::ptrdiff_t>(some.size() / 2);
            batches.emplace_back(half, some.end());
            batches.emplace_back(some.begin(), half);
        }
    }
    report.unanswered = static_cast<std::int64_t>(nodes.size()) - report.asked;
    return report;
}

void LabelFinder::take_batch(const std::vector<std::string>& nodes,
                             const std::vector<std::string>& labels, LabelReport& report) {
    report.asked += static_cast<std::int64_t>(nodes.size());
    Labels found;
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        found[nodes[i]] = labels[i];
    }
    std::string why = take(found, report.changed);
    if (!why.empty()) {
        fail(report, std::move(why));
    }
}

void LabelFinder::fail(LabelReport& report, std::string why) {
    if (report.failure.empty()) {
        report.failure = std::move(why);
    }
}

void LabelFinder::finish(const Turn& turn, const std::vector<std::string>& nodes,
                         const LabelReport& report) {
    if (!report.failure.empty()) {
        log::warning("labels of nodes are not known; the last ones of these hold",
                     {{"why", report.failure}, {"nodes", std::to_string(report.unanswered)}});
    }
    const std::lock_guard lock(mutex_);
    const bool failed = !report.failure.empty();
    if (turn.all) {
        heard_of_.clear();
        heard_of_.insert(nodes.begin(), nodes.end());
    }
    if (turn.all) {
        failures_ = failed ? std::min(failures_ + 1, kFailuresMax) : 0;
    }
    if (turn.all) {
        last_ = report;
        due_ = monotonic_now() +
               (failed ? after_failures(failures_, parts_.interval) : parts_.interval);
    } else if (failed) {  // sooner than planned, and however often: never later
        last_ = report;
        due_ = std::min(due_, monotonic_now() + after_failures(1, parts_.interval));
    }
}

void LabelFinder::run() {
    while (const auto turn = next()) {
        const std::vector<std::string> nodes = turn->all ? parts_.nodes() : turn->nodes;
        const LabelReport report = ask(nodes);
        finish(*turn, nodes, report);
        for (const Then& then : turn->thens) {
            then(report);
        }
    }
}

}  // namespace heddle::rm
