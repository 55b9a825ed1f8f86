#include "tests/simulation/rm/random_config.h"

#include "tests/simulation/rm/created_queues.h"
#include "tests/simulation/rm/labels.h"
#include "tests/simulation/rm/random_queues.h"
#include "tests/simulation/rm/submit_access.h"

namespace heddle::rm::test {
namespace {

// Half of the seeds share by random settings, the others by none.
void draw_queues(std::uint64_t seed, SchedulerConfig& scheduler) {
    Prng prng(seed ^ 0x71756575ULL);  // of its own, so that what else is drawn does not shift
    if (prng.chance(1, 2)) {
        scheduler.queues = random_queues(prng, kLeastCluster);
        scheduler.applications_parallel_max_by_user = random_user_limits(prng);
    } else {
        scheduler.queues = {queue_config("root.default"), queue_config("root.batch")};
    }
}

// Every other run with but two queues takes room back: batch is owed nearly all of it, and there is
// less than the limits of random queues need.
void draw_preemption(std::uint64_t seed, SchedulerConfig& scheduler) {
    if (seed % 2 == 1 && scheduler.queues.size() == 2) {
        scheduler.preemption = {true, false, milliseconds(500), milliseconds(500), 40, 10, false};
        scheduler.preemption.intra_queue = seed % 4 == 1;
        scheduler.preemption.intra_queue_order =
            seed % 8 == 1 ? InsideOrder::PriorityFirst : InsideOrder::UserLimitFirst;
        if (seed % 4 == 1) {
            scheduler.queues[0].user_limit_percent_min = 25;
            scheduler.queues[1].user_limit_percent_min = 25;
        }
        scheduler.queues[1].capacity[kNoLabel].guaranteed.all = {Share::Kind::Weight, 9000};
    }
}

// Every third run: whose turn it is among queues and applications, and how much is asked back.
void draw_orders(std::uint64_t seed, SchedulerConfig& scheduler) {
    Prng prng(seed ^ 0x6f72646572ULL);  // of its own, as above
    if (!prng.chance(1, 3)) {
        return;
    }
    scheduler.queue_priorities = prng.chance(1, 2);
    for (QueueConfig& queue : scheduler.queues) {
        if (prng.chance(1, 3)) {
            queue.queue_order = prng.chance(1, 2) ? QueueOrder::Share : QueueOrder::Priority;
        }
        queue.priority = static_cast<std::int32_t>(prng.between(0, 2));
        queue.size_based_weight = prng.chance(1, 2);
        queue.node_order = prng.chance(1, 2) ? NodeOrder::Pack : NodeOrder::Spread;
    }
    scheduler.preemption.lazy = prng.chance(1, 2);
    const auto percent = [&] { return static_cast<std::int32_t>(prng.between(10, 100)); };
    scheduler.preemption.natural_termination_percent = percent();
    scheduler.preemption.intra_queue_threshold_percent = prng.chance(1, 2) ? percent() : 0;
    scheduler.preemption.intra_queue_percent_max = percent();
}

}  // namespace

Config random_config(std::uint64_t seed, Defect defect) {
    Config config;
    config.scheduler.reservations.after = milliseconds(seed % 3 == 0 ? 0 : 700);
    config.scheduler.reservations.timeout = seconds(4);
    config.scheduler.labels = {{"ssd", true}, {"spot", false}};
    draw_queues(seed, config.scheduler);
    draw_preemption(seed, config.scheduler);
    draw_orders(seed, config.scheduler);
    draw_label_capacities(seed, config.scheduler);
    draw_created_queues(seed, config.scheduler);
    draw_lists(seed, config.scheduler);
    config.placements_per_step = 4;  // so that the budget is met
    config.ids_per_reservation = 4;
    config.secrets_pool = 4;
    config.master_register_expiry = kFinishPatience;
    config.node_forget_after = seconds(2);  // so that lost ones come back before and after
    config.attempts_max = 4;
    config.defect = defect;
    return config;
}

}  // namespace heddle::rm::test
