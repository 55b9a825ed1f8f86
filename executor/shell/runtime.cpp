// Carries out what the books say, and runs task bodies under a clock.
#include "executor/shell/runtime.h"

#include <time.h>

#include <iterator>
#include <utility>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/scratch_file.h"
#include "common/fs/file_systems.h"
#include "executor/shell/parked_results.h"
#include "executor/shell/task_input.h"

namespace heddle::executor {

namespace {

std::int64_t thread_cpu_microseconds() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<std::int64_t>(now.tv_sec) * 1'000'000 + now.tv_nsec / 1000;
}

}  // namespace

Workshop::FolderEnd::~FolderEnd() {
    remove_folder(path);
}

Workshop::Workshop(const LocalExecutorOptions& options, Surroundings* around,
                   std::function<void()> wake)
    : folder_(options.folder),
      accountant(options.memory),
      cached(accountant, options.folder + "/cached"),
      map_output(accountant, options.folder + "/shuffle"),
      files(fs::make_file_system({})),
      desk(options.folder + "/files"),
      surroundings_(around),
      broadcasts_(options.broadcasts),
      wake_(std::move(wake)) {
    accountant.set_evict(
        [this](std::int64_t bytes, rdd::RddId spared) { cached.evict(bytes, spared); });
}

Workshop::~Workshop() = default;

rdd::TaskResult Workshop::run(const StartTask& task, const std::atomic<bool>& cancelled) {
    const TimePoint begin = monotonic_now();
    const std::int64_t cpu = thread_cpu_microseconds();
    const rdd::ExecutorId self{id.load(std::memory_order_relaxed)};
    TaskInput input(cached, map_output, accountant, *files, task, self,
                    surroundings_ == nullptr ? nullptr : surroundings_->blocks(), cancelled);
    input.share(desk, broadcasts_.get(), [this](const rdd::BroadcastKept& kept) {
        if (surroundings_ != nullptr) {  // else there is nobody who might fetch it
            tell_aside(kept);
        }
    });
    WaitingMember member(task.launch, barriers, cancelled,
                         [this](const rdd::BarrierRequest& request) { tell_aside(request); });
    if (!task.launch.gang.empty()) {
        input.join(&member);
    }
    rdd::TaskResult result = run_task(*task.plan, task.launch.task, input, cancelled);
    result.metrics.executor_run_time = (monotonic_now() - begin).microseconds;
    result.metrics.executor_cpu_time = thread_cpu_microseconds() - cpu;
    return result;
}

// Woken under the lock: after close() nobody is.
void Workshop::tell_aside(rdd::FromExecutor message) {
    const std::lock_guard lock(aside_mutex_);
    if (wake_) {
        aside_.push_back(std::move(message));
        wake_();
    }
}

void Workshop::take_aside(std::vector<rdd::FromExecutor>& messages) {
    const std::lock_guard lock(aside_mutex_);
    messages.insert(messages.end(), std::make_move_iterator(aside_.begin()),
                    std::make_move_iterator(aside_.end()));
    aside_.clear();
}

void Workshop::close() {
    const std::lock_guard lock(aside_mutex_);
    wake_ = nullptr;
    aside_.clear();
}

Runtime::Runtime(const LocalExecutorOptions& options, Surroundings* surroundings,
                 const std::function<void()>& wake, std::function<void()> wake_later)
    : shop_(std::make_shared<Workshop>(options, surroundings, wake)),
      folder_(options.folder),
      patience_(options.patience),
      books_(options.slots, options.slots * rdd::kTasksAheadMax),
      surroundings_(surroundings),
      workers_(
          options.slots,
          [shop = shop_](const StartTask& task, const std::atomic<bool>& cancelled) {
              return shop->run(task, cancelled);
          },
          wake, std::move(wake_later)) {}

Runtime::~Runtime() {
    if (const std::int32_t left = workers_.stop(patience_); left > 0) {
        log::warning("functions of the program do not return; their threads are left behind",
                     {{"threads", std::to_string(left)}});
        remove_folder(folder_);  // what they have open stays readable to them
    }
    shop_->close();
}

void Runtime::deliver(const rdd::ToExecutor& message) {
    if (const auto* welcome = std::get_if<rdd::ExecutorWelcome>(&message)) {
        shop_->files = fs::make_file_system(welcome->files);  // first: no task has begun
    }
    Effects effects;
    books_.step(DriverSaid{message}, effects);
    shop_->id.store(books_.id().value, std::memory_order_relaxed);
    perform(effects);
}

std::vector<rdd::FromExecutor> Runtime::take_messages() {
    for (rdd::TaskResult& result : workers_.take_ended()) {
        Effects effects;
        books_.step(TaskEnded{std::move(result)}, effects);
        perform(effects);
    }
    shop_->take_aside(outbox_);
    return std::exchange(outbox_, {});
}

rdd::ExecutorHeartbeat Runtime::heartbeat() {
    rdd::ExecutorHeartbeat beat;
    beat.blocks = shop_->cached.take_updates();
    const blocks::Accountant::Usage usage = shop_->accountant.usage();
    beat.storage_used = usage.storage;
    beat.execution_used = usage.execution;
    const blocks::ShuffleStore::Totals totals = shop_->map_output.totals();
    beat.shuffle_memory = totals.memory;
    beat.shuffle_disk = totals.disk;
    return beat;
}

Replicator& Runtime::replicator() {
    if (replicator_ == nullptr) {
        replicator_ = std::make_unique<Replicator>(
            shop_->cached, shop_->map_output, *surroundings_->blocks(),
            [shop = shop_](rdd::FromExecutor answer) { shop->tell_aside(std::move(answer)); });
    }
    return *replicator_;
}

void Runtime::perform(Effects& effects) {
    for (Effect& effect : effects) {
        if (auto* start = std::get_if<StartTask>(&effect)) {
            workers_.start(std::move(*start));
        } else if (const auto* stop = std::get_if<StopTask>(&effect)) {
            workers_.cancel(stop->task);
        } else if (const auto* abandon = std::get_if<AbandonTask>(&effect)) {
            workers_.abandon(abandon->task);
        } else if (auto* tell = std::get_if<TellDriver>(&effect)) {
            outbox_.push_back(std::move(tell->message));
        } else if (const auto* rdd = std::get_if<ForgetRdd>(&effect)) {
            shop_->cached.drop_rdd(rdd->rdd);
        } else if (const auto* shuffle = std::get_if<ForgetShuffle>(&effect)) {
            shop_->map_output.drop(shuffle->shuffle);
        } else if (const auto* broadcast = std::get_if<ForgetBroadcast>(&effect)) {
            shop_->desk.forget(broadcast->broadcast);
            shop_->cached.drop_broadcast(broadcast->broadcast);
        } else if (const auto* know = std::get_if<KnowHolder>(&effect)) {
            shop_->desk.hold(know->held);
        } else if (const auto* grow = std::get_if<GrowMemory>(&effect)) {
            shop_->accountant.grow(grow->memory);
        } else if (auto* answer = std::get_if<PassBarrier>(&effect)) {
            shop_->barriers.answer(std::move(answer->answer));
        } else if (surroundings_ != nullptr) {
            // Within the driver there are no peers, and the driver itself ends us.
            perform_for_peers(effect);
        }
    }
}

void Runtime::perform_for_peers(Effect& effect) {
    if (const auto* meet = std::get_if<MeetPeer>(&effect)) {
        surroundings_->meet(meet->peer);
    } else if (const auto* lose = std::get_if<LosePeer>(&effect)) {
        shop_->desk.lose(lose->executor);
        surroundings_->lose(lose->executor);
    } else if (const auto* quit = std::get_if<Quit>(&effect)) {
        surroundings_->quit(quit->reason);
    } else if (const auto* fetch = std::get_if<FetchReplica>(&effect)) {
        replicator().fetch(fetch->order);
    } else if (const auto* output = std::get_if<FetchMapOutput>(&effect)) {
        replicator().fetch(output->order);
    } else if (const auto* wanted = std::get_if<SendResult>(&effect)) {
        outbox_.push_back(piece_of_result(shop_->cached, wanted->wanted));
    } else if (const auto* result = std::get_if<ForgetResult>(&effect)) {
        forget_result(shop_->cached, result->task);
    }
}

std::unique_ptr<LocalExecutor> make_local_executor(const LocalExecutorOptions& options,
                                                   std::function<void()> wake,
                                                   std::function<void()> wake_later) {
    return std::make_unique<Runtime>(options, nullptr, wake, std::move(wake_later));
}

}  // namespace heddle::executor
