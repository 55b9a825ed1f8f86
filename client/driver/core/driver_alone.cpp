// A task whose memory ran out beside others is tried again with an executor to itself: tasks of one
// executor share its memory, so there it has all of it. The executor that is least busy is kept
// for it, and gets nothing else until what it runs has ended.
#include <algorithm>
#include <vector>

#include "client/driver/core/driver.h"

namespace heddle::driver {

void Driver::offer_alone(Effects& effects) {
    const std::vector<rdd::ExecutorId> kept(kept_.begin(), kept_.end());
    for (const rdd::ExecutorId id : kept) {
        Executor* executor = executors_.find(id);
        if (executor == nullptr) {
            kept_.erase(id);
        } else if (!keeps_for(*executor)) {
            let_go(*executor);
        }
    }
    const std::vector<rdd::StageId> lonely(lonely_.begin(), lonely_.end());
    for (const rdd::StageId id : lonely) {
        Stage* stage = stages_.find(id);
        if (stage == nullptr) {
            lonely_.erase(id);
        } else if (stage->state == StageState::Running && !stage->tasks->retired()) {
            const std::set<std::size_t> waiting = stage->tasks->alone_waiting();
            for (const std::size_t index : waiting) {
                start_alone(*stage, index, effects);
            }
        }
    }
}

// Its task runs there, or waits and may run there.
bool Driver::keeps_for(const Executor& executor) {
    const LoneTask& lone = *executor.kept_for;
    const Stage* stage = stages_.find(lone.stage);
    if (stage == nullptr || stage->state != StageState::Running ||
        stage->tasks->attempt() != lone.stage_attempt) {
        return false;
    }
    const TaskSet::Task& task = stage->tasks->task(lone.index);
    if (task.waiting) {
        return open_to(*stage, executor) &&
               !stage->tasks->exclusion().bars(lone.index, executor.id, executor.host);
    }
    return std::ranges::any_of(
        task.running, [&](const TaskSet::Run& run) { return executor.running.contains(run.task); });
}

void Driver::let_go(Executor& executor) {
    executor.kept_for.reset();
    executor.growth = Growth::None;
    kept_.erase(executor.id);
    if (executor.free_slots() > 0) {
        free_.insert(executor.id);
    }
}

void Driver::start_alone(Stage& stage, std::size_t index, Effects& effects) {
    const TaskSet::Task& wish = stage.tasks->task(index);
    Executor* place = nullptr;
    for (auto& [id, executor] : executors_.all()) {
        const std::optional<LoneTask>& lone = executor.kept_for;
        if (lone && lone->stage == stage.id && lone->index == index) {
            place = &executor;
            break;
        }
        const bool may = !lone && open_to(stage, executor) &&
                         !stage.tasks->exclusion().bars(index, id, executor.host);
        // One that was grown for another task may do for this one.
        const bool larger =
            wish.memory_above > 0 && place != nullptr && executor.memory > place->memory;
        const bool freer = place != nullptr && executor.running.size() < place->running.size() &&
                           (wish.memory_above == 0 || executor.memory == place->memory);
        if (may && (place == nullptr || larger || freer)) {
            place = &executor;
        }
    }
    if (place == nullptr) {
        return;
    }
    place->kept_for = LoneTask{stage.id, stage.tasks->attempt(), index};
    kept_.insert(place->id);
    free_.erase(place->id);
    if (place->running.empty() && large_enough(*place, wish, effects)) {
        const bool anywhere = wish.preference.none();
        launch(stage, *place, {index, anywhere ? Locality::NoPreference : Locality::Any}, effects);
    }
}

}  // namespace heddle::driver
