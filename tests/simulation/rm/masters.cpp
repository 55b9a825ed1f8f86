#include "tests/simulation/rm/masters.h"

#include <algorithm>
#include <map>
#include <utility>

#include "tests/simulation/rm/checks.h"
#include "tests/simulation/rm/constraints.h"

namespace heddle::rm::test {
namespace {

constexpr std::int32_t kParallel = 3;
// A master that gets no further gives back what it holds: of those that hold and wait, all would
// wait for ever.
constexpr Duration kPatienceOfMasters = seconds(15);

}  // namespace

void Masters::work(const ContainerStart& start) {
    workers_.push_back(start.container);
    check_label(scene_, start);
    const Job* job = jobs_.find(start.key.attempt.application);
    if (job == nullptr) {
        scene_.stage().violate("a process of an application nobody has an id of");
        return;
    }
    if (start.key.ask == 1) {
        return;
    }
    const std::int32_t code = start.key.ask == 0           ? job->exit_code
                              : scene_.prng().chance(1, 8) ? 1
                                                           : 0;
    scene_.stage().timeline.after(job->piece_time, [this, id = start.container, code] {
        scene_.world.end_process(id, code);
    });
}

void Masters::lead(MasterScript& master) {
    plans_.push_back({});
    Plan& plan = plans_.back();
    plan.master = &master;
    plan.job = jobs_.find(master.attempt().application);
    plan.pieces_left = plan.job->pieces;
    master.lingers = scene_.prng().chance(1, 3);
    master.on_finished = [this, &master] { end_later(master); };
    master.on_registered = [this, &plan] { begin(plan); };
    master.on_granted = [this, &plan](const Grant& grant) { granted(plan, grant); };
    master.on_ended = [this, &plan](const ContainerEnded& ended, const Grant& grant) {
        if (grant.key.ask == 2 && ended.exit.success()) {
            --plan.pieces_left;
            plan.progressed = scene_.stage().now();
        }
        state_pieces(plan);
        maybe_finish(plan);
    };
}

// A master that takes its time to end after its finish is acknowledged.
void Masters::end_later(const MasterScript& master) {
    const auto& attempts = scene_.world.manager().store().attempts;
    const auto it = attempts.find(master.attempt());
    if (master.lingers && it != attempts.end() && it->second.master_container.has_value()) {
        scene_.stage().timeline.after(
            milliseconds(scene_.prng().between(10, 8000)),
            [this, id = *it->second.master_container] { scene_.world.end_process(id, 0); });
    }
}

void Masters::begin(Plan& plan) {
    if (std::exchange(plan.begun, true)) {
        return;
    }
    plan.progressed = scene_.stage().now();
    state_pool(plan);
    state_pieces(plan);
    state_extra(plan);
    maybe_finish(plan);
}

void Masters::be_modest(Plan& plan) {
    if (plan.modest || !plan.begun || !plan.master->alive() ||
        scene_.stage().now() - plan.progressed < kPatienceOfMasters) {
        return;
    }
    plan.modest = true;
    plan.pool_seen = true;
    state_pool(plan);
    state_extra(plan);
    maybe_finish(plan);
}

void Masters::state_pool(Plan& plan) {
    if (plan.job->pool > 0) {
        Ask ask;
        ask.id = 1;
        ask.generation = plan.generation;
        ask.launch_template = 1;
        ask.size = {512, 1};
        ask.count = plan.modest ? 0 : plan.job->pool;
        ask.hold = plan.job->hold;
        ask.priority = 1;
        if (scene_.prng().chance(1, 3)) {
            ask.nodes = {{"n1"}, {"n2"}};
        }
        constrain_pool(*plan.job, ask);
        plan.master->ask(ask);
    }
}

void Masters::state_pieces(Plan& plan) {
    if (plan.job->pieces > 0) {
        Ask ask;
        ask.id = 2;
        ask.launch_template = 1;
        ask.size = {512, 1, {{"gpu", plan.job->gpus}}};
        ask.count = std::clamp(plan.pieces_left, 0, kParallel);
        ask.priority = 2;
        if (plan.job->racks) {
            ask.racks = {"/a"};
        }
        constrain_pieces(*plan.job, ask);
        plan.master->ask(ask);
    }
}

// Refused while no node with the label has been seen, and then it does without.
void Masters::state_extra(Plan& plan) {
    if (plan.job->extra) {
        Ask ask;
        ask.id = 3;
        ask.launch_template = 1;
        ask.size = {512, 1};
        ask.count = plan.modest ? 0 : 1;
        ask.priority = 3;
        ask.label = "ssd";
        plan.master->ask(ask);
    }
}

void Masters::granted(Plan& plan, const Grant& grant) {
    if (grant.key.ask != 3) {  // the extra one comes again and again, and leads nowhere
        plan.progressed = scene_.stage().now();
    }
    if (grant.key.ask != 1) {
        return;
    }
    if (!plan.begun) {  // left by the attempt before
        plan.generation = std::max(plan.generation, grant.key.generation);
    }
    if (plan.job->hold) {
        plan.master->start_held(grant.container);
    }
    const bool first = !std::exchange(plan.pool_seen, true);
    if (first && plan.job->new_generation) {
        scene_.stage().timeline.after(seconds(1), [this, &plan] {
            if (plan.master->alive()) {
                ++plan.generation;
                state_pool(plan);
            }
        });
    } else if (scene_.prng().chance(1, 10)) {
        plan.master->release(grant.container);
    }
    maybe_finish(plan);
}

void Masters::maybe_finish(Plan& plan) {
    const bool pool_done = plan.job->pool == 0 || plan.pool_seen;
    if (plan.pieces_left > 0 || !pool_done || std::exchange(plan.finishing, true)) {
        return;
    }
    scene_.stage().timeline.after(milliseconds(scene_.prng().between(10, 3000)), [&plan] {
        if (plan.master->alive()) {
            plan.master->finish(FinalStatus::Succeeded);
        }
    });
}

void Masters::watch() {
    for (Plan& plan : plans_) {
        watch_excess(plan);
        be_modest(plan);
    }
}

// In the quiet phase nobody has more than was asked for.
void Masters::watch_excess(Plan& plan) {
    const TimePoint now = scene_.stage().now();
    const bool quiet = now > scene_.stage().faults.end + seconds(15);
    bool excess = false;
    if (quiet && plan.master->alive() && plan.master->registered()) {
        std::map<std::int32_t, std::int32_t> live;
        for (const auto& [id, grant] : plan.master->containers()) {
            ++live[grant.key.ask];
        }
        for (const auto& [id, ask] : plan.master->asks()) {
            excess = excess || live[id] > ask.count;
        }
    }
    if (!excess) {
        plan.in_excess_since = TimePoint::never();
    } else if (plan.in_excess_since == TimePoint::never()) {
        plan.in_excess_since = now;
    } else if (now - plan.in_excess_since > seconds(8)) {
        scene_.stage().violate("more containers than asked for: " +
                               to_string(plan.master->attempt()));
    }
}

}  // namespace heddle::rm::test
