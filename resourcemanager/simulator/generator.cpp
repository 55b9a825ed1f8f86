// A workload from a seed. Integers only, so that it is the same everywhere.

#include <algorithm>
#include <array>

#include "common/base/check.h"
#include "common/base/int128.h"
#include "common/base/prng.h"
#include "resourcemanager/simulator/workload.h"

namespace heddle::simulator {
namespace {

constexpr std::array<Resource, 5> kSizes = {
    {{1024, 1}, {2048, 1}, {4096, 2}, {8192, 1}, {16384, 4}}};
constexpr int kUsersPerQueue = 3;

// Each doubling is half as likely, up to `doublings`; even in between.
std::int64_t heavy_tailed(Prng& prng, std::int64_t smallest, int doublings) {
    std::int64_t base = smallest;
    while (doublings-- > 0 && prng.chance(1, 2)) {
        base *= 2;
    }
    return prng.between(base, 2 * base - 1);
}

// Rises from a quarter at midnight to all at noon and falls again.
Duration arrival_by_day(Prng& prng, Duration span) {
    for (;;) {
        const auto at = static_cast<std::int64_t>(
            prng.below(static_cast<std::uint64_t>(std::max<std::int64_t>(1, span.microseconds))));
        const std::int64_t from_noon = std::abs(2 * at - span.microseconds);
        const auto intensity = static_cast<std::uint64_t>(
            1000 - static_cast<std::int64_t>(Int128{750} * from_noon / span.microseconds));
        if (prng.chance(intensity, 1000)) {
            return {at};
        }
    }
}

Wave wave_of(Prng& prng, std::int32_t stage, std::int64_t count, std::int64_t shortest_ms,
             int doublings) {
    Wave wave;
    wave.stage = stage;
    wave.size = kSizes[prng.below(kSizes.size())];
    const std::int64_t typical = heavy_tailed(prng, shortest_ms, doublings);
    for (std::int64_t i = 0; i < count; ++i) {
        wave.tasks.push_back(milliseconds(prng.between(typical / 2, typical * 3 / 2)));
    }
    return wave;
}

void add_tasks(Prng& prng, Job& job) {
    const std::uint64_t dice = prng.below(100);
    if (dice < 60) {
        job.kind = "interactive";
        job.waves = {wave_of(prng, 0, heavy_tailed(prng, 1, 5), 500, 4)};
    } else if (dice < 95) {
        job.kind = "batch";
        const std::int64_t maps = heavy_tailed(prng, 8, 8);
        job.waves = {wave_of(prng, 0, maps, 4000, 5),
                     wave_of(prng, 1, std::max<std::int64_t>(1, maps / 8), 4000, 5)};
    } else {
        job.kind = "long";
        job.waves = {wave_of(prng, 0, heavy_tailed(prng, 4, 5), 120'000, 3)};
    }
}

Resource sum(const std::vector<Machine>& machines) {
    Resource total;
    for (const Machine& machine : machines) {
        total += machine.total;
    }
    return total;
}

// What the whole cluster takes for it, by the scarcer resource, in microseconds.
Int128 work_of(const Job& job, const Resource& total) {
    Int128 memory = 0;
    Int128 vcores = 0;
    for (const Wave& wave : job.waves) {
        for (const Duration task : wave.tasks) {
            memory += Int128{task.microseconds} * wave.size.memory_mib;
            vcores += Int128{task.microseconds} * wave.size.vcores;
        }
    }
    return std::max(memory / std::max<std::int64_t>(1, total.memory_mib),
                    vcores / std::max<std::int64_t>(1, total.vcores));
}

}  // namespace

Workload generate(const Generator& how) {
    CHECK(!how.queues.empty() && !how.machines.empty());
    Prng prng(how.seed);
    const Resource total = sum(how.machines);
    const Resource largest = std::max_element(how.machines.begin(), how.machines.end(),
                                              [](const Machine& a, const Machine& b) {
                                                  return a.total.memory_mib < b.total.memory_mib;
                                              })
                                 ->total;
    const Int128 wanted = Int128{how.span.microseconds} * how.load_percent / 100;
    std::vector<Int128> given(how.queues.size());
    Workload workload;
    for (Int128 work = 0; work < wanted;) {
        const auto least =
            static_cast<std::size_t>(std::min_element(given.begin(), given.end()) - given.begin());
        Job job;
        job.name = "job_" + std::to_string(workload.jobs.size() + 1);
        job.queue = how.queues[least].path;
        job.user = "user-" + std::to_string(least + 1) + "-" +
                   std::to_string(1 + prng.below(kUsersPerQueue));
        job.master_size = how.master_size;
        job.arrival = arrival_by_day(prng, how.span);
        add_tasks(prng, job);
        for (Wave& wave : job.waves) {
            wave.size = {std::min(wave.size.memory_mib, largest.memory_mib),
                         std::min(wave.size.vcores, largest.vcores)};
        }
        const Int128 more = work_of(job, total) + 1;
        work += more;
        given[least] += more;
        workload.jobs.push_back(std::move(job));
    }
    sort_by_arrival(workload.jobs);
    return workload;
}

}  // namespace heddle::simulator
