// Waiting tasks by place, and the timer of delay scheduling.
#include "client/driver/core/task_set.h"

#include <algorithm>
#include <set>
#include <utility>

#include "common/base/check.h"

namespace heddle::driver {

namespace {

constexpr std::int64_t kFinishedForMean = 4;

}  // namespace

void TaskSet::add(rdd::Partition partition, Preference preference) {
    Task task;
    task.partition = partition;
    task.preference = std::move(preference);
    const auto [it, added] = by_partition_.emplace(partition, tasks_.size());
    CHECK(added);
    tasks_.push_back(std::move(task));
    ++waiting_;
}

void TaskSet::remember(const TaskSet& before, bool failures) {
    std::map<std::size_t, std::size_t> numbers;
    for (std::size_t index = 0; index < tasks_.size(); ++index) {
        const auto known = before.find(tasks_[index].partition);
        if (!known) {
            continue;
        }
        numbers.emplace(*known, index);
        const Task& old = before.task(*known);
        tasks_[index].failures = failures ? old.failures : 0;
        if (old.alone) {
            tasks_[index].alone = true;
            tasks_[index].memory_above = old.memory_above;
            alone_waiting_.insert(index);
        }
    }
    if (failures) {
        exclusion_ = before.exclusion();
        exclusion_.renumber(numbers);
    }
}

std::optional<std::size_t> TaskSet::find(rdd::Partition partition) const {
    const auto it = by_partition_.find(partition);
    return it == by_partition_.end() ? std::nullopt : std::optional(it->second);
}

std::optional<std::size_t> TaskSet::first_waiting() const {
    const auto found = std::ranges::find_if(tasks_, [](const Task& task) { return task.waiting; });
    return found == tasks_.end() ? std::nullopt
                                 : std::optional<std::size_t>(found - tasks_.begin());
}

// Racks of hosts are only known when an executor has been there, so all queues are built anew.
// Rare: executors come and go in seconds, not in milliseconds.
void TaskSet::executors_changed(const ExecutorTable& executors) {
    const std::vector<Locality> before = levels();
    by_executor_.clear();
    by_host_.clear();
    by_rack_.clear();
    no_preference_.clear();
    all_.clear();
    waiting_process_ = waiting_node_ = waiting_rack_ = waiting_free_ = 0;
    for (std::size_t i = tasks_.size(); i-- > 0;) {
        Task& task = tasks_[i];
        const Preference& wish = task.preference;
        task.near_executor =
            std::any_of(wish.executors.begin(), wish.executors.end(),
                        [&](rdd::ExecutorId id) { return executors.find(id) != nullptr; });
        task.near_host =
            std::any_of(wish.hosts.begin(), wish.hosts.end(),
                        [&](const std::string& host) { return executors.has_host(host); });
        std::set<std::string> racks;
        for (const std::string& host : wish.hosts) {
            racks.insert(executors.rack_of(host));
        }
        racks.erase("");
        task.racks.assign(racks.begin(), racks.end());
        if (task.waiting && !task.alone) {
            enqueue(i);
            count(task, 1);
        }
    }
    // A place that tasks wait for may have come: then the same number of levels stays behind us.
    const std::vector<Locality> after = levels();
    const auto passed = [this](const std::vector<Locality>& levels) {
        return std::count_if(levels.begin(), levels.end(), [&](Locality l) { return l < level_; });
    };
    if (!level_started_) {
        level_started_ = true;
        level_ = after.front();
    } else if (passed(after) > passed(before)) {
        level_ = after[static_cast<std::size_t>(passed(before))];
    }
}

void TaskSet::enqueue(std::size_t index) {
    const Task& task = tasks_[index];
    for (const rdd::ExecutorId id : task.preference.executors) {
        by_executor_[id].push_back(index);
    }
    for (const std::string& host : task.preference.hosts) {
        by_host_[host].push_back(index);
    }
    for (const std::string& rack : task.racks) {
        by_rack_[rack].push_back(index);
    }
    if (task.preference.none()) {
        no_preference_.push_back(index);
    }
    all_.push_back(index);
}

void TaskSet::count(const Task& task, std::int64_t by) {
    waiting_process_ += task.near_executor ? by : 0;
    waiting_node_ += task.near_host ? by : 0;
    waiting_rack_ += task.racks.empty() ? 0 : by;
    waiting_free_ += task.preference.none() ? by : 0;
}

std::vector<Locality> TaskSet::levels() const {
    std::vector<Locality> found;
    if (waiting_process_ > 0) {
        found.push_back(Locality::Process);
    }
    if (waiting_node_ > 0) {
        found.push_back(Locality::Node);
    }
    if (waiting_free_ > 0) {
        found.push_back(Locality::NoPreference);
    }
    if (waiting_rack_ > 0) {
        found.push_back(Locality::Rack);
    }
    found.push_back(Locality::Any);
    return found;
}

Locality TaskSet::allowed(TimePoint now) {
    const auto still_waiting = [this](Locality level) {
        switch (level) {
            case Locality::Process:
                return waiting_process_ > 0;
            case Locality::Node:
                return waiting_node_ > 0;
            case Locality::NoPreference:
                return waiting_free_ > 0;
            case Locality::Rack:
                return waiting_rack_ > 0;
            case Locality::Any:
                return true;
        }
        CHECK(false);
    };
    while (level_ != Locality::Any) {
        const auto next = static_cast<Locality>(static_cast<std::uint8_t>(level_) + 1);
        if (!still_waiting(level_)) {
            timer_ = now;
            level_ = next;
        } else if (now - timer_ >= wait_.at(level_)) {
            timer_ = timer_ + wait_.at(level_);
            level_ = next;
        } else {
            break;
        }
    }
    return level_;
}

// Tasks that may not run on the executor keep their place.
std::optional<std::size_t> TaskSet::pop(Queue& queue, const Executor& executor) {
    Queue barred;
    std::optional<std::size_t> found;
    while (!queue.empty() && !found) {
        const std::size_t index = queue.back();
        queue.pop_back();
        if (!tasks_[index].waiting || tasks_[index].alone) {
            continue;  // an alone one may still stand here from before
        }
        if (exclusion_.bars(index, executor.id, executor.host)) {
            barred.push_back(index);
        } else {
            found = index;
        }
    }
    queue.insert(queue.end(), barred.rbegin(), barred.rend());
    return found;
}

std::optional<TaskSet::Pick> TaskSet::pick(const Executor& executor, Locality level) {
    if (exclusion_.bars_all(executor.id, executor.host)) {
        return std::nullopt;
    }
    const auto from = [&](auto& queues, const auto& key) -> std::optional<std::size_t> {
        const auto it = queues.find(key);
        return it == queues.end() ? std::nullopt : pop(it->second, executor);
    };
    if (level == Locality::NoPreference) {
        const auto index = pop(no_preference_, executor);
        return index ? std::optional(Pick{*index, Locality::NoPreference}) : std::nullopt;
    }
    if (const auto index = from(by_executor_, executor.id)) {
        return Pick{*index, Locality::Process};
    }
    if (level >= Locality::Node) {
        if (const auto index = from(by_host_, executor.host)) {
            return Pick{*index, Locality::Node};
        }
    }
    if (level >= Locality::Rack) {
        if (const auto index = from(by_rack_, executor.rack)) {
            return Pick{*index, Locality::Rack};
        }
    }
    if (level == Locality::Any) {
        if (const auto index = pop(all_, executor)) {
            return Pick{*index,
                        tasks_[*index].preference.none() ? Locality::NoPreference : Locality::Any};
        }
    }
    return std::nullopt;
}

std::optional<TaskSet::Pick> TaskSet::pick_copy(const Executor& executor) {
    std::erase_if(slow_, [this](std::size_t index) {
        const Task& task = tasks_[index];
        return task.done || task.alone || !task.slow || task.running.size() != 1;
    });
    for (const std::size_t index : slow_) {
        const Task& task = tasks_[index];
        if (task.running.front().host == executor.host ||
            exclusion_.bars(index, executor.id, executor.host)) {
            continue;
        }
        const Preference& wish = task.preference;
        if (std::ranges::find(wish.executors, executor.id) != wish.executors.end()) {
            return Pick{index, Locality::Process};
        }
        if (std::ranges::find(wish.hosts, executor.host) != wish.hosts.end()) {
            return Pick{index, Locality::Node};
        }
        return Pick{index, wish.none() ? Locality::NoPreference : Locality::Any};
    }
    return std::nullopt;
}

void TaskSet::mark_slow(TimePoint now, Duration limit) {
    for (std::size_t index = 0; index < tasks_.size(); ++index) {
        Task& task = tasks_[index];
        if (task.running.size() == 1 && !task.done && !task.alone &&
            now - task.running.front().since > limit) {
            task.slow = true;
            if (std::ranges::find(slow_, index) == slow_.end()) {
                slow_.push_back(index);
            }
        }
    }
}

void TaskSet::round_over(TimePoint now, std::optional<Locality> nearest_launched, bool refused) {
    if (refused || !nearest_launched) {
        return;
    }
    timer_ = now;
    if (*nearest_launched < level_ && *nearest_launched != Locality::NoPreference) {
        level_ = *nearest_launched;
    }
}

TimePoint TaskSet::next_level() const {
    return waiting_ == 0 || retired_ || level_ == Locality::Any ? TimePoint::never()
                                                                : timer_ + wait_.at(level_);
}

void TaskSet::launched(std::size_t index, Run run) {
    Task& found = tasks_[index];
    CHECK((found.waiting || found.slow) && !found.done);
    found.running.push_back(std::move(run));
    ++found.attempts;
    if (found.waiting) {
        end_waiting(index);
    }
}

void TaskSet::ended(std::size_t index, rdd::TaskId task) {
    std::erase_if(tasks_[index].running, [task](const Run& run) { return run.task == task; });
}

void TaskSet::put_back(std::size_t index) {
    Task& found = tasks_[index];
    if (found.done || found.waiting || !found.running.empty()) {
        return;
    }
    found.slow = false;
    begin_waiting(index);
}

void TaskSet::begin_waiting(std::size_t index) {
    Task& task = tasks_[index];
    task.waiting = true;
    ++waiting_;
    if (task.alone) {
        alone_waiting_.insert(index);
        return;
    }
    count(task, 1);
    enqueue(index);
}

void TaskSet::end_waiting(std::size_t index) {
    Task& task = tasks_[index];
    task.waiting = false;
    --waiting_;
    if (alone_waiting_.erase(index) == 0) {
        count(task, -1);
    }
}

void TaskSet::set_done(std::size_t index) {
    Task& found = tasks_[index];
    if (found.done) {
        return;
    }
    if (found.waiting) {
        end_waiting(index);
    }
    found.done = true;
    ++done_;
}

void TaskSet::undo(std::size_t index) {
    Task& found = tasks_[index];
    CHECK(found.done);
    found.done = false;
    --done_;
    put_back(index);
}

void TaskSet::note_run_time(Duration run_time) {
    ++finished_;
    run_time_ = run_time_ + run_time;
    if (keeps_run_times_) {
        run_times_.push_back(run_time);
    }
}

std::optional<Duration> TaskSet::mean_run_time() const {
    return finished_ < kFinishedForMean ? std::nullopt : std::optional(run_time_ / finished_);
}

void TaskSet::check() const {
    std::size_t waiting = 0;
    std::size_t done = 0;
    for (const Task& task : tasks_) {
        waiting += task.waiting ? 1 : 0;
        done += task.done ? 1 : 0;
        CHECK(!(task.waiting && task.done));
        CHECK(alone_waiting_.contains(static_cast<std::size_t>(&task - tasks_.data())) ==
              (task.alone && task.waiting));
        CHECK(!task.waiting || task.running.empty());
        CHECK(retired_ || task.waiting || task.done || !task.running.empty());
    }
    CHECK(waiting == waiting_ && done == done_);
}

}  // namespace heddle::driver
