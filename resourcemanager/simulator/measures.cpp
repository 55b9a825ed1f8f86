#include "resourcemanager/simulator/measures.h"

#include <algorithm>

#include "common/base/check.h"
#include "common/base/int128.h"
#include "resourcemanager/core/capacities.h"

namespace heddle::simulator {
namespace {

constexpr std::size_t kFailuresShown = 5;

std::vector<std::int64_t> joined(
    const std::map<std::string, std::vector<std::int64_t>>& by_something) {
    std::vector<std::int64_t> all;
    for (const auto& [name, values] : by_something) {
        all.insert(all.end(), values.begin(), values.end());
    }
    return all;
}

std::map<std::string, Spread> spreads(
    const std::map<std::string, std::vector<std::int64_t>>& by_something) {
    std::map<std::string, Spread> spreads;
    for (const auto& [name, values] : by_something) {
        spreads[name] = spread_of(values);
    }
    return spreads;
}

// Mean of what `of` gives for the samples; those below zero say nothing.
template <typename Of>
std::int64_t mean(const std::vector<Sample>& samples, Of&& of) {
    std::int64_t sum = 0;
    std::int64_t count = 0;
    for (const Sample& sample : samples) {
        const std::int64_t value = of(sample);
        if (value >= 0) {
            sum += value;
            ++count;
        }
    }
    return count == 0 ? -1 : sum / count;
}

}  // namespace

Spread spread_of(std::vector<std::int64_t> values) {
    Spread spread;
    if (values.empty()) {
        return spread;
    }
    std::sort(values.begin(), values.end());
    const auto rank = [&](std::size_t percent) {
        return values[std::min(values.size() - 1, values.size() * percent / 100)];
    };
    Int128 sum = 0;
    for (const std::int64_t value : values) {
        sum += value;
    }
    spread.count = static_cast<std::int64_t>(values.size());
    spread.mean = static_cast<std::int64_t>(sum / spread.count);
    spread.p50 = rank(50);
    spread.p90 = rank(90);
    spread.p99 = rank(99);
    spread.max = values.back();
    return spread;
}

Measures::Measures(const std::vector<Job>& jobs, const std::vector<Machine>& machines,
                   const SchedulerConfig& scheduler)
    : jobs_(jobs), open_(static_cast<std::int64_t>(jobs.size())) {
    for (const Machine& machine : machines) {
        total_ += machine.total;
        nodes_.push_back({machine.total, {}});
    }
    const std::vector<QueueConfig> queues = rm::normalised(scheduler.queues);
    const std::vector<rm::Entitlement> owed =
        rm::effective_capacities(queues, rm::parents_of(queues), kNoLabel, total_);
    for (std::size_t i = 0; i < queues.size(); ++i) {
        queues_[queues[i].path].guaranteed = owed[i].guaranteed;
    }
    findings_.jobs = open_;
}

void Measures::wait(TimePoint now, std::size_t job, const Resource& size, std::int64_t count) {
    const bool before = waiting_count_ > 0;
    std::int64_t& same = waiting_[{size.memory_mib, size.vcores}];
    same += count;
    CHECK(same >= 0);
    if (same == 0) {
        waiting_.erase({size.memory_mib, size.vcores});
        const std::set<std::size_t> nodes = with_slots_;
        for (const std::size_t node : nodes) {
            forget_slots(node);
        }
    }
    waiting_count_ += count;
    queues_.at(jobs_[job].queue).wished += size * count;
    if (before && waiting_count_ == 0) {
        waited_ += (now - waiting_since_).microseconds;
    } else if (!before && waiting_count_ > 0) {
        waiting_since_ = now;
    }
}

bool Measures::something_fits(const Resource& free) const {
    return std::ranges::any_of(waiting_, [&](const auto& entry) {
        return Resource{entry.first.first, entry.first.second}.fits_in(free);
    });
}

// Room that nothing that waits can use is a fragment and not idle.
void Measures::forget_slots(std::size_t node) {
    if (!something_fits(nodes_[node].free)) {
        nodes_[node].slots.clear();
        with_slots_.erase(node);
    }
}

std::int64_t Measures::share(const Resource& part) const {
    const auto of = [](std::int64_t some, std::int64_t all) {
        return all == 0 ? 0 : static_cast<std::int64_t>(Int128{some} * 1000 / all);
    };
    return std::max(of(part.memory_mib, total_.memory_mib), of(part.vcores, total_.vcores));
}

void Measures::arrived(TimePoint now, std::size_t job) {
    ++active_;
    last_change_ = now;
    wait(now, job, jobs_[job].master_size, 1);
}

void Measures::wished(TimePoint now, std::size_t job, const Resource& size, std::int64_t count) {
    wait(now, job, size, count);
}

void Measures::began(TimePoint now, std::size_t job, const Resource& size, std::size_t node) {
    last_change_ = now;
    Node& on = nodes_[node];
    if (!on.slots.empty()) {
        const std::int64_t waited = waited_ + (now - waiting_since_).microseconds;
        slot_idle_.push_back(waited - on.slots.front());
        on.slots.pop_front();
    }
    on.free -= size;
    CHECK(!on.free.any_negative());
    running_ += size;
    queues_.at(jobs_[job].queue).used += size;
    wait(now, job, size, -1);
    forget_slots(node);
}

void Measures::task_began(TimePoint now, std::size_t job, TimePoint wished) {
    ++findings_.tasks_started;
    const std::int64_t waited = (now - wished).microseconds;
    wait_by_queue_[jobs_[job].queue].push_back(waited);
    wait_by_kind_[jobs_[job].kind].push_back(waited);
}

void Measures::ended(TimePoint now, std::size_t job, const Resource& size, std::size_t node) {
    last_change_ = now;
    Node& on = nodes_[node];
    on.free += size;
    running_ -= size;
    queues_.at(jobs_[job].queue).used -= size;
    if (waiting_count_ > 0 && something_fits(on.free)) {
        on.slots.push_back(waited_ + (now - waiting_since_).microseconds);
        with_slots_.insert(node);
    }
}

void Measures::task_done() {
    ++findings_.tasks_done;
}

void Measures::preempted(Duration work) {
    ++findings_.preempted_containers;
    findings_.preempted_work = findings_.preempted_work + work;
}

void Measures::lost(Duration work) {
    ++findings_.lost_containers;
    findings_.lost_work = findings_.lost_work + work;
}

void Measures::finished(TimePoint now, std::size_t job) {
    --open_;
    --active_;
    last_change_ = now;
    ++findings_.finished;
    findings_.makespan = now - TimePoint{};
    turnaround_by_kind_[jobs_[job].kind].push_back(
        (now - TimePoint{} - jobs_[job].arrival).microseconds);
}

void Measures::failed(TimePoint now, std::size_t job, const std::string& why) {
    --open_;
    --active_;
    last_change_ = now;
    ++findings_.failed;
    if (findings_.failures.size() < kFailuresShown) {
        findings_.failures.push_back(jobs_[job].name + ": " + why);
    }
}

// Queues that have what they want, or want nothing, do not count: nobody takes from them.
void Measures::sample_queues(Sample& sample) const {
    std::int64_t count = 0;
    Int128 sum = 0;
    Int128 squares = 0;
    for (const auto& [path, queue] : queues_) {
        const std::int64_t owed = share(queue.guaranteed);
        if (queue.wished.is_zero() || owed == 0) {
            continue;
        }
        const std::int64_t has = share(queue.used);
        const std::int64_t part = has * 1000 / owed;
        ++count;
        sum += part;
        squares += Int128{part} * part;
        const std::int64_t gap = std::min(owed, share(queue.used + queue.wished)) - has;
        if (gap > sample.gap) {
            sample.gap = gap;
            sample.gap_queue = path;
        }
    }
    if (count >= 2) {
        sample.jain =
            squares == 0 ? 1000 : static_cast<std::int64_t>(sum * sum * 1000 / (squares * count));
    }
}

void Measures::sample(TimePoint now, const rm::View& view) {
    Sample sample;
    sample.at = now - TimePoint{};
    sample.running = share(running_);
    sample.allocated = share(view.cluster.allocated);
    sample.waiting = waiting_count_;
    sample.fragments = -1;
    if (waiting_count_ > 0) {
        Resource useless;
        for (const Node& node : nodes_) {
            if (!something_fits(node.free)) {
                useless += node.free;
            }
        }
        sample.fragments = share(useless);
        sample_queues(sample);
    }
    findings_.samples.push_back(std::move(sample));
}

Findings Measures::findings() const {
    Findings all = findings_;
    all.wait_by_queue = spreads(wait_by_queue_);
    all.wait_by_kind = spreads(wait_by_kind_);
    all.turnaround_by_kind = spreads(turnaround_by_kind_);
    all.wait = spread_of(joined(wait_by_kind_));
    all.turnaround = spread_of(joined(turnaround_by_kind_));
    all.slot_idle = spread_of(slot_idle_);
    if (all.makespan.microseconds > 0) {
        all.containers_per_hour = static_cast<std::int64_t>(
            Int128{all.tasks_started} * seconds(3600).microseconds / all.makespan.microseconds);
    }
    all.running_mean = mean(all.samples, [](const Sample& s) { return s.running; });
    all.running_waiting_mean =
        mean(all.samples, [](const Sample& s) { return s.waiting > 0 ? s.running : -1; });
    all.allocated_mean = mean(all.samples, [](const Sample& s) { return s.allocated; });
    all.fragments_mean = mean(all.samples, [](const Sample& s) { return s.fragments; });
    all.jain_mean = mean(all.samples, [](const Sample& s) { return s.jain; });
    for (const Sample& sample : all.samples) {
        all.fragments_max = std::max(all.fragments_max, sample.fragments);
        if (sample.jain >= 0 && (all.jain_min < 0 || sample.jain < all.jain_min)) {
            all.jain_min = sample.jain;
        }
        if (sample.gap > all.gap_worst.gap) {
            all.gap_worst = sample;
        }
    }
    return all;
}

}  // namespace heddle::simulator
