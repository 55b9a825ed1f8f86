#pragma once

// Actions that answer when their time is over, from the partitions that are in by then, with the
// bounds between which the whole answer lies at the confidence that was asked for. The job goes on,
// and gives the exact answer in the end. As in Spark the estimates take partitions for a fair
// sample of the records.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "client/api/fold.h"
#include "client/api/future_action.h"
#include "client/api/operations.h"
#include "client/api/stat_counter.h"

namespace heddle {

struct BoundedDouble {
    double mean = 0;
    double confidence = 0;  // 1: exact
    double low = 0;
    double high = 0;
    /// "[7.000, 9.000]", as Spark shows it.
    std::string to_string() const;
};

template <typename R>
class PartialResult {
public:
    PartialResult(std::shared_ptr<api::AsyncRun> run, std::function<R()> estimate, bool final)
        : run_(std::move(run)),
          estimate_(std::move(estimate)),
          initial_(estimate_()),
          final_(final) {}

    /// As far as it was known when the time was over.
    const R& initial_value() const { return initial_; }
    /// All partitions were in.
    bool is_initial_value_final() const { return final_; }
    /// Waits for all partitions. Throws JobFailed.
    R get_final_value() const {
        run_->wait();
        run_->rethrow();
        return estimate_();
    }
    void cancel(const std::string& reason = "the action was cancelled") const {
        run_->cancel(reason);
    }

private:
    std::shared_ptr<api::AsyncRun> run_;  // shared with the session
    std::function<R()> estimate_;
    R initial_;
    bool final_;
};

namespace api {

// How many of how many partitions are in.
struct Seen {
    std::size_t parts = 0;
    std::size_t total = 0;
    bool all() const { return parts == total; }
    double fraction() const { return static_cast<double>(parts) / static_cast<double>(total); }
};

BoundedDouble bound_count(std::uint64_t sum, const Seen& seen, double confidence);
BoundedDouble bound_mean(const StatCounter& stats, const Seen& seen, double confidence);
BoundedDouble bound_sum(const StatCounter& stats, const Seen& seen, double confidence);
/// Throws UsageError unless 0 <= confidence <= 1 and the time is not negative.
void check_approximation(std::string_view operation, std::chrono::milliseconds timeout,
                         double confidence);

/// Runs `action`; `merge(State&, answer)` takes in each partition, `bound(state, seen)` says what
/// is known. Throws UsageError, and JobFailed when the job fails within the time.
template <typename R, typename State, typename Merge, typename Bound>
PartialResult<R> approximate(const NodePtr& node, std::string_view operation,
                             rdd::OperatorRef action, std::chrono::milliseconds timeout,
                             Callsite at, State zero, Merge merge, Bound bound) {
    struct Shared {  // by the thread of the job and the result
        std::mutex mutex;
        State state;
        Seen seen;
    };
    require_defined(node);
    auto shared = std::make_shared<Shared>();
    shared->state = std::move(zero);
    shared->seen.total = static_cast<std::size_t>(node->node.partitions);
    const auto take = [shared, merge](const rdd::Bytes& answer) {
        const std::lock_guard lock(shared->mutex);
        merge(shared->state, answer);
        ++shared->seen.parts;
    };
    auto run = AsyncRun::start(node, [node, at, take, action = std::move(action),
                                      name = std::string(operation)](AsyncRun& self) {
        (void)self.run(node, action, all_partitions(node), at, name, take);
    });
    const bool final = run->wait_for(timeout);
    if (final) {
        run->rethrow();
    }
    return PartialResult<R>(
        std::move(run),
        [shared, bound] {
            const std::lock_guard lock(shared->mutex);
            return bound(shared->state, shared->seen);
        },
        final);
}

PartialResult<BoundedDouble> count_approx(const NodePtr& node, std::chrono::milliseconds timeout,
                                          double confidence, Callsite at);

// How often each record is there: the state of a fold.
template <typename T>
struct CountRecord {
    std::map<Owned<T>, std::uint64_t> operator()(std::map<Owned<T>, std::uint64_t> counts,
                                                 const T& record) const {
        ++counts[to_owned_form(record)];
        return counts;
    }
};

}  // namespace api
}  // namespace heddle
