#pragma once

// What a run is measured by. Told what happens on machines and when; knows nothing of the core but
// the samples of its published view.

#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/base/time.h"
#include "common/model/queue.h"
#include "resourcemanager/core/views.h"
#include "resourcemanager/simulator/workload.h"

namespace heddle::simulator {

/// Of durations, in microseconds.
struct Spread {
    std::int64_t count = 0;
    std::int64_t mean = 0;
    std::int64_t p50 = 0;
    std::int64_t p90 = 0;
    std::int64_t p99 = 0;
    std::int64_t max = 0;
};
/// Nearest rank.
Spread spread_of(std::vector<std::int64_t> values);

/// All shares in thousandths of the cluster, of the scarcer resource.
struct Sample {
    Duration at;
    std::int64_t running = 0;    // processes
    std::int64_t allocated = 0;  // as the manager has it
    std::int64_t waiting = 0;    // tasks and masters
    std::int64_t fragments = 0;  // free room on nodes where nothing that waits fits; -1: none waits
    std::int64_t jain = -1;      // thousandths; -1: fewer than two queues wait
    std::int64_t gap = 0;        // to what the worst-off queue that waits is owed
    std::string gap_queue;
};

struct Findings {
    std::int64_t jobs = 0;
    std::int64_t finished = 0;
    std::int64_t failed = 0;            // refused ones too
    std::vector<std::string> failures;  // the first few, with their reason
    std::int64_t tasks_started = 0;
    std::int64_t tasks_done = 0;
    Duration makespan;                            // from the first arrival to the last end
    std::int64_t containers_per_hour = 0;         // of virtual time
    std::map<std::string, Spread> wait_by_queue;  // of tasks, from the wish to the running process
    std::map<std::string, Spread> wait_by_kind;
    std::map<std::string, Spread> turnaround_by_kind;  // of jobs, from arrival to the end
    Spread wait;
    Spread turnaround;
    Spread slot_idle;
    std::int64_t lost_containers = 0;  // stopped before they were done
    Duration lost_work;
    std::int64_t preempted_containers = 0;  // of those, masters too
    Duration preempted_work;
    std::int64_t running_mean = 0;          // shares as in Sample, over the makespan
    std::int64_t running_waiting_mean = 0;  // the same, over samples while something waited
    std::int64_t allocated_mean = 0;
    std::int64_t fragments_mean = 0;
    std::int64_t fragments_max = 0;
    std::int64_t jain_mean = -1;
    std::int64_t jain_min = -1;
    Sample gap_worst;
    std::vector<Sample> samples;
};

class Measures {
public:
    Measures(const std::vector<Job>& jobs, const std::vector<Machine>& machines,
             const SchedulerConfig& scheduler);

    void arrived(TimePoint now, std::size_t job);
    /// The job's master, or `count` tasks of `size`, wait from now on.
    void wished(TimePoint now, std::size_t job, const Resource& size, std::int64_t count);
    /// One of them has begun on a node.
    void began(TimePoint now, std::size_t job, const Resource& size, std::size_t node);
    void task_began(TimePoint now, std::size_t job, TimePoint wished);
    void ended(TimePoint now, std::size_t job, const Resource& size, std::size_t node);
    void task_done();
    void lost(Duration work);
    void preempted(Duration work);
    void finished(TimePoint now, std::size_t job);
    void failed(TimePoint now, std::size_t job, const std::string& why);
    void sample(TimePoint now, const rm::View& view);

    bool over() const { return open_ == 0; }
    /// Jobs that have arrived and are not over.
    std::int64_t active() const { return active_; }
    TimePoint last_change() const { return last_change_; }
    std::int64_t tasks_done_so_far() const { return findings_.tasks_done; }

    Findings findings() const;

private:
    struct QueueUse {
        Resource guaranteed;
        Resource used;
        Resource wished;
    };
    struct Node {
        Resource free;
        std::deque<std::int64_t> slots;  // freed: how long something had waited in all by then
    };

    void wait(TimePoint now, std::size_t job, const Resource& size, std::int64_t count);
    bool something_fits(const Resource& free) const;
    void forget_slots(std::size_t node);
    std::int64_t share(const Resource& part) const;  // thousandths, of the scarcer resource
    void sample_queues(Sample& sample) const;

    const std::vector<Job>& jobs_;
    Resource total_;
    std::vector<Node> nodes_;
    std::set<std::size_t> with_slots_;  // nodes
    std::map<std::string, QueueUse> queues_;
    std::map<std::pair<std::int64_t, std::int64_t>, std::int64_t> waiting_;  // by memory, vcores
    std::int64_t waiting_count_ = 0;
    TimePoint waiting_since_;
    std::int64_t waited_ = 0;  // microseconds in which something waited
    Resource running_;
    std::int64_t open_ = 0;
    std::int64_t active_ = 0;
    TimePoint last_change_;
    std::map<std::string, std::vector<std::int64_t>> wait_by_queue_;
    std::map<std::string, std::vector<std::int64_t>> wait_by_kind_;
    std::map<std::string, std::vector<std::int64_t>> turnaround_by_kind_;
    std::vector<std::int64_t> slot_idle_;
    Findings findings_;
};

}  // namespace heddle::simulator
