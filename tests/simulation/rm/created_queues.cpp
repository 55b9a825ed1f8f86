#include "tests/simulation/rm/created_queues.h"

#include <algorithm>

#include "common/base/prng.h"
#include "common/model/queue_settings.h"
#include "resourcemanager/core/queue_terms.h"

namespace heddle::rm::test {
namespace {

constexpr const char* kBase = "root.made";

}  // namespace

// It is owed nothing, so that what others are owed is enough for them as before.
void draw_created_queues(std::uint64_t seed, SchedulerConfig& scheduler) {
    Prng prng(seed ^ 0x6d616465ULL);
    if (scheduler.queues.size() <= 2 || prng.chance(2, 3)) {
        return;
    }
    QueueConfig& base = scheduler.queues.emplace_back(queue_config(kBase));
    base.capacity[kNoLabel].guaranteed = {{Share::Kind::Weight, 0}, {}};
    base.auto_creation.enabled = true;
    base.auto_creation.idle_removal = milliseconds(prng.between(1, 4000));
    base.auto_creation.leaf_template = {{"weight", "2"}};
}

// While it creates none, those that are there stay as long as somebody is in them.
void toggle_creation(std::uint64_t change, SchedulerConfig& scheduler) {
    const auto base = std::ranges::find(scheduler.queues, kBase, &QueueConfig::path);
    if (base != scheduler.queues.end()) {
        base->auto_creation.enabled = change % 3 != 1;
        base->auto_creation.depth_max = static_cast<std::int32_t>(1 + change % 2);
    }
}

void open_creation(SchedulerConfig& scheduler) {
    toggle_creation(3, scheduler);
}

bool creates_queues(const SchedulerConfig& scheduler) {
    return std::ranges::find(scheduler.queues, kBase, &QueueConfig::path) != scheduler.queues.end();
}

std::string created_instead(std::size_t job, const std::string& drawn) {
    switch (job % 4) {
        case 0:
            return std::string(kBase) + ".alice";
        case 1:
            return std::string(kBase) + ".etl.n" + std::to_string(job % 3);
        default:
            return drawn;
    }
}

void check_created_are_gone(const Scene& scene) {
    const View* view = scene.world.manager().view();
    if (view == nullptr) {
        return;
    }
    view->queues.for_each([&](const std::string& path, const auto& queue) {
        if (queue->terms != nullptr && queue->terms->created) {
            scene.stage().violate("a created queue is left: " + path);
        }
        return true;
    });
}

}  // namespace heddle::rm::test
