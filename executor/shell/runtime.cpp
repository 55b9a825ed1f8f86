// Carries out what the books say, and runs task bodies under a clock.
#include "executor/shell/runtime.h"

#include <time.h>

#include <iterator>
#include <utility>

#include "common/base/clock.h"
#include "common/base/scratch_file.h"
#include "common/fs/file_systems.h"
#include "executor/shell/task_input.h"

namespace heddle::executor {

namespace {

std::int64_t thread_cpu_microseconds() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<std::int64_t>(now.tv_sec) * 1'000'000 + now.tv_nsec / 1000;
}

}  // namespace

Runtime::FolderEnd::~FolderEnd() {
    remove_folder(path);
}

Runtime::Runtime(const LocalExecutorOptions& options, Surroundings* surroundings,
                 std::function<void()> wake, std::function<void()> wake_later)
    : folder_(options.folder),
      accountant_(options.memory),
      cached_(accountant_, options.folder + "/cached"),
      map_output_(accountant_, options.folder + "/shuffle"),
      files_(fs::make_file_system({})),
      books_(options.slots, options.slots * rdd::kTasksAheadMax),
      surroundings_(surroundings),
      broadcasts_(options.broadcasts),
      desk_(options.folder + "/files"),
      wake_(wake),
      workers_(
          options.slots,
          [this](const StartTask& task, const std::atomic<bool>& cancelled) {
              return run(task, cancelled);
          },
          std::move(wake), std::move(wake_later)) {
    accountant_.set_evict(
        [this](std::int64_t bytes, rdd::RddId spared) { cached_.evict(bytes, spared); });
}

rdd::TaskResult Runtime::run(const StartTask& task, const std::atomic<bool>& cancelled) {
    const TimePoint begin = monotonic_now();
    const std::int64_t cpu = thread_cpu_microseconds();
    const rdd::ExecutorId self{id_.load(std::memory_order_relaxed)};
    TaskInput input(cached_, map_output_, accountant_, *files_, task, self,
                    surroundings_ == nullptr ? nullptr : surroundings_->blocks(), cancelled);
    input.share(desk_, broadcasts_.get(), [this](const rdd::BroadcastKept& kept) {
        if (surroundings_ != nullptr) {  // else there is nobody who might fetch it
            tell_aside(kept);
        }
    });
    WaitingMember member(task.launch, barriers_, cancelled,
                         [this](const rdd::BarrierRequest& request) { tell_aside(request); });
    if (!task.launch.gang.empty()) {
        input.join(&member);
    }
    rdd::TaskResult result = run_task(*task.plan, task.launch.task, input, cancelled);
    result.metrics.executor_run_time = (monotonic_now() - begin).microseconds;
    result.metrics.executor_cpu_time = thread_cpu_microseconds() - cpu;
    return result;
}

// On another thread.
void Runtime::tell_aside(rdd::FromExecutor message) {
    {
        const std::lock_guard lock(aside_mutex_);
        aside_.push_back(std::move(message));
    }
    wake_();
}

void Runtime::deliver(const rdd::ToExecutor& message) {
    if (const auto* welcome = std::get_if<rdd::ExecutorWelcome>(&message)) {
        files_ = fs::make_file_system(welcome->files);  // first: no task has begun
    }
    Effects effects;
    books_.step(DriverSaid{message}, effects);
    id_.store(books_.id().value, std::memory_order_relaxed);
    perform(effects);
}

std::vector<rdd::FromExecutor> Runtime::take_messages() {
    for (rdd::TaskResult& result : workers_.take_ended()) {
        Effects effects;
        books_.step(TaskEnded{std::move(result)}, effects);
        perform(effects);
    }
    const std::lock_guard lock(aside_mutex_);
    outbox_.insert(outbox_.end(), std::make_move_iterator(aside_.begin()),
                   std::make_move_iterator(aside_.end()));
    aside_.clear();
    return std::exchange(outbox_, {});
}

rdd::ExecutorHeartbeat Runtime::heartbeat() {
    rdd::ExecutorHeartbeat beat;
    beat.blocks = cached_.take_updates();
    const blocks::Accountant::Usage usage = accountant_.usage();
    beat.storage_used = usage.storage;
    beat.execution_used = usage.execution;
    const blocks::ShuffleStore::Totals totals = map_output_.totals();
    beat.shuffle_memory = totals.memory;
    beat.shuffle_disk = totals.disk;
    return beat;
}

Replicator& Runtime::replicator() {
    if (replicator_ == nullptr) {
        replicator_ = std::make_unique<Replicator>(
            cached_, map_output_, *surroundings_->blocks(),
            [this](rdd::FromExecutor answer) { tell_aside(std::move(answer)); });
    }
    return *replicator_;
}

void Runtime::perform(Effects& effects) {
    for (Effect& effect : effects) {
        if (auto* start = std::get_if<StartTask>(&effect)) {
            workers_.start(std::move(*start));
        } else if (const auto* stop = std::get_if<StopTask>(&effect)) {
            workers_.cancel(stop->task);
        } else if (auto* tell = std::get_if<TellDriver>(&effect)) {
            outbox_.push_back(std::move(tell->message));
        } else if (const auto* rdd = std::get_if<ForgetRdd>(&effect)) {
            cached_.drop_rdd(rdd->rdd);
        } else if (const auto* shuffle = std::get_if<ForgetShuffle>(&effect)) {
            map_output_.drop(shuffle->shuffle);
        } else if (const auto* broadcast = std::get_if<ForgetBroadcast>(&effect)) {
            desk_.forget(broadcast->broadcast);
            cached_.drop_broadcast(broadcast->broadcast);
        } else if (const auto* know = std::get_if<KnowHolder>(&effect)) {
            desk_.hold(know->held);
        } else if (auto* answer = std::get_if<PassBarrier>(&effect)) {
            barriers_.answer(std::move(answer->answer));
        } else if (surroundings_ == nullptr) {
            continue;  // within the driver there are no peers, and the driver itself ends us
        } else if (const auto* meet = std::get_if<MeetPeer>(&effect)) {
            surroundings_->meet(meet->peer);
        } else if (const auto* lose = std::get_if<LosePeer>(&effect)) {
            desk_.lose(lose->executor);
            surroundings_->lose(lose->executor);
        } else if (const auto* quit = std::get_if<Quit>(&effect)) {
            surroundings_->quit(quit->reason);
        } else if (const auto* fetch = std::get_if<FetchReplica>(&effect)) {
            replicator().fetch(fetch->order);
        } else if (const auto* output = std::get_if<FetchMapOutput>(&effect)) {
            replicator().fetch(output->order);
        }
    }
}

std::unique_ptr<LocalExecutor> make_local_executor(const LocalExecutorOptions& options,
                                                   std::function<void()> wake,
                                                   std::function<void()> wake_later) {
    return std::make_unique<Runtime>(options, nullptr, std::move(wake), std::move(wake_later));
}

}  // namespace heddle::executor
