#include "tests/simulation/rm/operator.h"

#include "tests/simulation/rm/created_queues.h"
#include "tests/simulation/rm/random_config.h"
#include "tests/simulation/rm/random_queues.h"

namespace heddle::rm::test {

void Operator::draw() {
    if (!scene_.queues) {
        return;
    }
    const auto changes = scene_.prng().between(0, 6);
    for (std::int64_t i = 0; i < changes; ++i) {
        const Duration when = milliseconds(scene_.prng().between(500, 39000));
        scene_.stage().timeline.after(when, [this] { change(); });
    }
}

// What the operator wants next time begins with what was taken the last time.
void Operator::change() {
    SchedulerConfig candidate = scheduler_;
    const auto count = scene_.prng().between(1, 3);
    for (std::int64_t i = 0; i < count; ++i) {
        change_queues(scene_.prng(), kLeastCluster, candidate.queues);
    }
    toggle_creation(++changes_, candidate);
    replace(std::move(candidate));
}

void Operator::replace(SchedulerConfig candidate) {
    const auto shared = std::make_shared<const SchedulerConfig>(std::move(candidate));
    scene_.world.manager().request(
        ReplaceScheduler{*shared, {}, "operator", "", false},
        [this, shared](const Result<Answer>& answer) {
            if (answer.ok()) {
                scheduler_ = *shared;
            } else if (answer.error().code == ErrorCode::InvalidArgument) {
                scene_.stage().violate("the drawn configuration is refused: " +
                                       answer.error().message);
            }
        });
}

void Operator::open_all_queues() {
    SchedulerConfig candidate = scheduler_;
    bool closed = false;
    open_creation(candidate);
    for (QueueConfig& queue : candidate.queues) {
        closed = closed || queue.state != QueueState::Running;
        queue.state = QueueState::Running;
    }
    if (closed || !opened_) {
        opened_ = true;  // once more at least: an answer may have been lost
        replace(std::move(candidate));
        scene_.stage().timeline.after(kClientRetry, [this] { open_all_queues(); });
    }
}

}  // namespace heddle::rm::test
