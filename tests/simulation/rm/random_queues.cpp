#include "tests/simulation/rm/random_queues.h"

#include <algorithm>

#include "resourcemanager/core/capacities.h"

namespace heddle::rm::test {
namespace {

// What a user with a factor may hold at least: the masters of all jobs, and one piece of work.
constexpr Resource kEnough = {9 * 512, 9};
constexpr std::int64_t kGpusOfAPiece = 2;

constexpr const char* kGuest = "root.guest";  // comes and goes

QueueConfig* find(std::vector<QueueConfig>& queues, const std::string& path) {
    const auto it = std::ranges::find(queues, path, &QueueConfig::path);
    return it == queues.end() ? nullptr : &*it;
}

// Siblings' percentages stay below 100 together: there are at most four of them.
Share random_share(Prng& prng) {
    if (prng.chance(1, 3)) {
        return {Share::Kind::Percent, prng.between(0, 25) * 1000};
    }
    return {Share::Kind::Weight, prng.between(0, 4) * 500};
}

// Of three quarters and more, on two levels, more than half is left: room for the masters of all
// jobs and a piece of work.
Share random_maximum(Prng& prng) {
    return {Share::Kind::Percent, prng.between(75, 100) * 1000};
}

void draw_leaf(Prng& prng, QueueConfig& leaf) {
    leaf.order = prng.chance(1, 3) ? LeafOrder::Fair : LeafOrder::Fifo;
    leaf.user_limit_percent_min.reset();
    if (prng.chance(1, 2)) {
        leaf.user_limit_percent_min = static_cast<std::int32_t>(prng.between(1, 4) * 25);
    }
    leaf.user_limit_factor.reset();
    if (prng.chance(1, 3)) {
        leaf.user_limit_factor = prng.between(1, 6) * 500;
    }
    leaf.user_weights.clear();
    if (prng.chance(1, 4)) {
        leaf.user_weights["alice"] = prng.between(1, 3) * 1000;
    }
    leaf.applications_parallel_max.reset();
    if (prng.chance(1, 3)) {
        leaf.applications_parallel_max = static_cast<std::int32_t>(prng.between(1, 3));
    }
    leaf.masters_percent_max.reset();
    if (prng.chance(1, 3)) {
        leaf.masters_percent_max = static_cast<std::int32_t>(prng.between(1, 50));
    }
    leaf.applications_max.reset();
    if (prng.chance(1, 6)) {
        leaf.applications_max = static_cast<std::int32_t>(prng.between(2, 4));
    }
}

void draw_capacity(Prng& prng, QueueConfig& queue) {
    QueueCapacity& capacity = queue.capacity[kNoLabel];
    capacity.guaranteed = {random_share(prng), {}};
    if (prng.chance(1, 3)) {
        capacity.maximum = {random_maximum(prng), {}};
    }
    queue.priority = prng.chance(1, 4) ? static_cast<std::int32_t>(prng.between(0, 2)) : 0;
}

// A factor that leaves less than enough would keep applications waiting for ever, as it should.
void drop_tight_factors(const Resource& least, std::vector<QueueConfig>& queues) {
    const std::vector<QueueConfig> all = normalised(queues);
    const auto entitled = effective_capacities(all, parents_of(all), kNoLabel, least);
    for (std::size_t i = 0; i < all.size(); ++i) {
        QueueConfig* queue = find(queues, all[i].path);
        if (queue == nullptr || !queue->user_limit_factor.has_value()) {
            continue;
        }
        const std::int64_t factor = *queue->user_limit_factor;
        const Resource& owed = entitled[i].guaranteed;
        Resource enough = kEnough;
        enough.named.set("gpu", kGpusOfAPiece);
        Resource bound{owed.memory_mib * factor / 1000, owed.vcores * factor / 1000, {}};
        bound.named.set("gpu", owed.named.get("gpu") * factor / 1000);
        if (!enough.fits_in(bound)) {
            queue->user_limit_factor.reset();
        }
    }
}

}  // namespace

std::vector<QueueConfig> random_queues(Prng& prng, const Resource& least) {
    std::vector<QueueConfig> queues;
    for (const char* path : {"root.default", "root.batch", "root.team", "root.team.alpha"}) {
        queues.push_back(queue_config(path));
        draw_capacity(prng, queues.back());
    }
    // The third level keeps the maximum of the second.
    for (const char* path : {"root.team.deep", "root.team.deep.beta"}) {
        queues.push_back(queue_config(path));
        queues.back().capacity[kNoLabel].guaranteed = {random_share(prng), {}};
    }
    for (QueueConfig& queue : queues) {
        draw_leaf(prng, queue);
        if (queue.path == "root.team" || queue.path == "root.team.deep") {
            queue.order = LeafOrder::Fifo;
            queue.user_limit_factor.reset();  // leaves would inherit it, tight or not
        }
    }
    drop_tight_factors(least, queues);
    return queues;
}

std::map<std::string, std::int32_t> random_user_limits(Prng& prng) {
    std::map<std::string, std::int32_t> limits;
    if (prng.chance(1, 3)) {
        limits["alice"] = static_cast<std::int32_t>(prng.between(1, 2));
    }
    return limits;
}

void change_queues(Prng& prng, const Resource& least, std::vector<QueueConfig>& queues) {
    QueueConfig& leaf = *find(
        queues, "root." + [&]() -> std::string {
            const std::string name = random_leaf(prng);
            return name == "alpha" ? "team.alpha" : name == "beta" ? "team.deep.beta" : name;
        }());
    switch (prng.below(5)) {
        case 0:
            leaf.capacity[kNoLabel].guaranteed = {random_share(prng), {}};
            break;
        case 1:
            find(queues, "root.team")->capacity[kNoLabel].maximum = {random_maximum(prng), {}};
            break;
        case 2:
            leaf.state = static_cast<QueueState>(prng.below(3));
            break;
        case 3:
            draw_leaf(prng, leaf);
            break;
        default:
            if (find(queues, kGuest) == nullptr) {
                queues.push_back(queue_config(kGuest));
                draw_capacity(prng, queues.back());
            } else {
                std::erase_if(queues,
                              [](const QueueConfig& queue) { return queue.path == kGuest; });
            }
            break;
    }
    drop_tight_factors(least, queues);
}

std::string random_leaf(Prng& prng) {
    constexpr const char* kLeaves[] = {"default", "batch", "alpha", "beta"};
    return kLeaves[prng.below(std::size(kLeaves))];
}

}  // namespace heddle::rm::test
