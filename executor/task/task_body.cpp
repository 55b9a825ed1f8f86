// One task: build, run, answer.
#include "executor/task/task_body.h"

#include <algorithm>
#include <cstdint>
#include <exception>
#include <optional>
#include <string>

#include "common/blocks/shuffle_writer.h"
#include "common/blocks/task_share.h"
#include "common/fs/interrupt.h"
#include "common/rdd/builtins.h"
#include "executor/task/chain.h"
#include "executor/task/checkpoint.h"
#include "executor/task/save_text.h"

namespace heddle::executor {

using rdd::Flow;
using rdd::StagePlan;
using rdd::TaskDescription;
using rdd::TaskResult;

namespace {

// Whatever `work` throws, those who wait for the end of the task are told while the functions of
// the task are still there.
template <typename F>
void to_its_end(rdd::TaskScope& scope, F&& work) {
    try {
        work();
    } catch (...) {
        scope.fail_in_user_code("task", nullptr, nullptr);
    }
    scope.run_ends();
}

void run_map(const StagePlan& stage, TaskEnvironment& environment, rdd::TaskScope& scope,
             Chain& chain, TaskResult& result) {
    const TaskDescription& task = scope.task();
    const std::string operation = "shuffle " + std::to_string(stage.shuffle.shuffle.value) +
                                  " of " + operation_name(*stage.find(stage.root));
    const rdd::RecordFace* face = chain.face_of(stage.shuffle.record, operation);
    if (face == nullptr) {
        return;
    }
    auto made = blocks::ShuffleWriter::make(*face, stage.shuffle.partitioner, scope, operation);
    if (!made) {
        chain.fail(operation, made.error().message, true);
        return;
    }
    blocks::ShuffleWriter& writer = **made;
    if (stage.shuffle.combine.kind == rdd::OperatorKind::None) {
        to_its_end(scope, [&] { chain.run(stage.root, task.partition, writer); });
    } else {
        const rdd::OperatorInit init{scope, stage.shuffle.combine.payload, operation,
                                     task.partition, face};
        const rdd::OperatorEntry* entry = chain.entry_of(stage.shuffle.combine, operation);
        if (entry == nullptr) {
            return;
        }
        const auto combine =
            entry->make_operator == nullptr ? nullptr : entry->make_operator(init, writer);
        if (combine == nullptr) {
            chain.fail(operation, "its combiner cannot be built from what the plan says", true);
            return;
        }
        to_its_end(scope, [&] {
            chain.run(stage.root, task.partition, *combine);
            if (!scope.stopped()) {
                (void)combine->close();
            }
        });
    }
    if (scope.stopped()) {
        return;
    }
    auto finished = writer.finish();
    if (!finished) {
        chain.fail(operation, finished.error().message, false);
        return;
    }
    std::vector<blocks::BlockPtr> blocks = std::move(finished).value();
    rdd::MapStatus status;
    status.map_task = task.task;
    status.map_index = task.partition;
    for (const blocks::BlockPtr& block : blocks) {
        // 0 means that nothing is there; records may well have no bytes.
        status.sizes.push_back(block ? std::max<std::uint64_t>(block->bytes(), 1) : 0);
        scope.metrics().shuffle_bytes_written +=
            static_cast<std::int64_t>(block ? block->bytes() : 0);
    }
    const Status stored =
        environment.shuffles.put(stage.shuffle.shuffle, task.task, std::move(blocks));
    if (!stored) {
        chain.fail(operation, stored.error().message, false);
        return;
    }
    result.map = std::move(status);
}

std::unique_ptr<rdd::Action> make_action(const StagePlan& stage, TaskEnvironment& environment,
                                         const rdd::OperatorInit& init, Chain& chain) {
    if (stage.action.kind == rdd::OperatorKind::Builtin &&
        (stage.action.name == rdd::builtin::kSaveText ||
         stage.action.name == rdd::builtin::kSaveBytes)) {
        return make_save_text(init, environment.files,
                              stage.action.name == rdd::builtin::kSaveText);
    }
    if (stage.action.kind == rdd::OperatorKind::Builtin &&
        stage.action.name == rdd::builtin::kSaveCheckpoint) {
        return make_save_checkpoint(init, environment.files);
    }
    const rdd::OperatorEntry* entry = chain.entry_of(stage.action, init.operation);
    return entry == nullptr || entry->make_action == nullptr ? nullptr : entry->make_action(init);
}

void run_result(const StagePlan& stage, TaskEnvironment& environment, rdd::TaskScope& scope,
                Chain& chain, TaskResult& result) {
    const rdd::RddNode& root = *stage.find(stage.root);
    rdd::OperatorInit init{scope, stage.action.payload,
                           stage.action.name + " of " + operation_name(root),
                           scope.task().partition, nullptr};
    init.face = chain.face_of(root.record, init.operation);
    if (init.face == nullptr) {
        return;
    }
    const auto action = make_action(stage, environment, init, chain);
    if (action == nullptr) {
        chain.fail(init.operation, "its action cannot be built from what the plan says", true);
        return;
    }
    to_its_end(scope, [&] {
        chain.run(stage.root, scope.task().partition, *action);
        if (!scope.stopped()) {
            result.value = action->result();
            scope.metrics().result_size = static_cast<std::int64_t>(result.value.size());
        }
    });
}

// False: memory ran out, and a partition that was to be kept had taken some of it.
bool run_guarded(const StagePlan& stage, TaskEnvironment& environment, rdd::TaskScope& scope,
                 bool keep_in_memory, TaskResult& result) {
    // Operators report failures through the scope. What still throws is a user's copy constructor,
    // the codec of a user's type, or a refused allocation.
    try {
        Chain chain(stage, environment, scope, keep_in_memory);
        try {
            if (stage.output == StagePlan::Output::ShuffleMap) {
                run_map(stage, environment, scope, chain, result);
            } else {
                run_result(stage, environment, scope, chain, result);
            }
        } catch (...) {
            scope.fail_in_user_code("task", nullptr, nullptr);
        }
        scope.run_ends();  // where the work has not begun
        return !scope.out_of_memory() || !chain.cache_was_in_the_way();
    } catch (...) {
        scope.fail_in_user_code("task", nullptr, nullptr);
        return true;
    }
}

// Encoding runs a user's codec.
void take_accumulators(rdd::TaskScope& scope, TaskResult& result) {
    try {
        result.accumulators = scope.accumulators().updates();
    } catch (...) {
        scope.fail(rdd::user_failure("accumulator", nullptr, nullptr));
        result.failure = scope.failure();
    }
}

// The others of a barrier stage cannot wait a second time for a task that has begun anew.
bool may_begin_anew(TaskEnvironment& environment) {
    return environment.barrier() == nullptr || environment.barrier()->epoch() == 0;
}

bool run_once(const StagePlan& stage, const TaskDescription& task, TaskEnvironment& environment,
              const std::atomic<bool>& cancelled, bool keep_in_memory, TaskResult& result) {
    // Tasks of a barrier stage may wait for one another, with all that they hold.
    blocks::TaskShare memory(environment.accountant, cancelled, environment.barrier() == nullptr);
    rdd::TaskScope scope(task, memory, cancelled);
    const rdd::CurrentTask current(scope);
    TaskBroadcasts broadcasts(environment, scope, memory);
    scope.set_broadcasts(&broadcasts);
    scope.set_barrier(environment.barrier());
    scope.set_stage(&stage);
    scope.set_spill_folder(environment.shuffles.folder());
    if (!run_guarded(stage, environment, scope, keep_in_memory, result) && keep_in_memory &&
        may_begin_anew(environment)) {
        return false;
    }
    if (scope.failure()) {
        result.failure = scope.failure();
    } else if (scope.cancelled()) {
        result.failure.emplace();
        result.failure->kind = rdd::FailureKind::TaskKilled;
        result.failure->message = "killed on request";
    } else {
        take_accumulators(scope, result);
    }
    result.metrics = scope.metrics();
    return true;
}

}  // namespace

TaskResult run_task(const StagePlan& stage, const TaskDescription& task,
                    TaskEnvironment& environment, const std::atomic<bool>& cancelled) {
    const fs::InterruptScope interrupt(cancelled);
    TaskResult result;
    result.task = task.task;
    // To keep a partition must not cost the task its memory: then it is done without, from the
    // start.
    if (!run_once(stage, task, environment, cancelled, true, result)) {
        result = {};
        result.task = task.task;
        (void)run_once(stage, task, environment, cancelled, false, result);
    }
    if (result.failure) {
        if (result.map) {  // cancelled after its output was stored: nobody will ask for it
            environment.shuffles.drop_map(stage.shuffle.shuffle, task.task);
        }
        result.map.reset();
        result.value.clear();
    }
    result.blocks = environment.store.take_updates();
    return result;
}

}  // namespace heddle::executor
