#include "tests/simulation/rm/random_run.h"

#include <string>

#include "tests/simulation/rm/central_attributes.h"
#include "tests/simulation/rm/chaos.h"
#include "tests/simulation/rm/checks.h"
#include "tests/simulation/rm/constraints.h"
#include "tests/simulation/rm/created_queues.h"
#include "tests/simulation/rm/gangs.h"
#include "tests/simulation/rm/inside.h"
#include "tests/simulation/rm/jobs.h"
#include "tests/simulation/rm/labels.h"
#include "tests/simulation/rm/masters.h"
#include "tests/simulation/rm/operator.h"
#include "tests/simulation/rm/opportunistic.h"
#include "tests/simulation/rm/racks.h"
#include "tests/simulation/rm/random_config.h"
#include "tests/simulation/rm/resizes.h"
#include "tests/simulation/rm/scene.h"
#include "tests/simulation/rm/submit_access.h"

namespace heddle::rm::test {
namespace {

constexpr Duration kPatience = seconds(240);  // after the faults, for everything to finish

// What is drawn from the stage's numbers is drawn in a fixed order: a new draw in between gives
// every seed another run. What a feature draws for itself comes from a Prng of its own.
class RandomRun {
public:
    RandomRun(std::uint64_t seed, const Config& config)
        : world_(seed, config),
          scene_{world_, config.scheduler.preemption.enabled, config.scheduler.queues.size() > 2,
                 creates_queues(config.scheduler), has_lists(config.scheduler)},
          jobs_(scene_),
          masters_(scene_, jobs_),
          operator_(scene_, config.scheduler),
          chaos_(scene_, jobs_, masters_),
          preemption_(scene_),
          gangs_(scene_, seed),
          labels_(scene_, seed),
          opportunistic_(scene_, seed),
          racks_(scene_, seed),
          inside_(scene_, seed, config.scheduler.preemption),
          resizes_(scene_, seed),
          attributes_(scene_, seed) {
        draw_faults(world_.stage());
        if (scene_.lists) {
            world_.manager().also_look = check_submit_access;
        }
        world_.on_master = [this](MasterScript& master) {
            masters_.lead(master);
            gangs_.lead(master);
            labels_.lead(master);
            opportunistic_.lead(master);
            inside_.lead(master);
            resizes_.lead(master);
        };
        world_.on_worker = [this](const ContainerStart& start) { masters_.work(start); };
        world_.on_stopped = [this](const ContainerId& id) { check_stop(scene_, id); };
    }

    RunResult run() {
        begin();
        world_.run_for(kFaults);
        chaos_.heal();
        racks_.heal();
        attributes_.heal();
        if (scene_.queues) {
            operator_.open_all_queues();
        }
        const TimePoint end = stage().now() + kPatience;
        while (stage().now() < end && stage().violation.empty() && !jobs_.all_over()) {
            world_.run_for(seconds(1));
        }
        world_.run_for(seconds(20));  // what is still on its way
        if (stage().violation.empty()) {
            check_end(scene_, jobs_);
            gangs_.check_end();
            opportunistic_.check_end();
            check_created_are_gone(scene_);
        }
        return {stage().violation,
                stage().trace.digest(),
                stage().timeline.steps(),
                stage().trace.tail(),
                static_cast<std::int64_t>(world_.manager().life()),
                stage().now().microseconds / 1000,
                static_cast<std::int64_t>(preemption_.seen()),
                world_.ground().displaced,
                inside_.seen(),
                inside_.given(),
                resizes_.changed()};
    }

private:
    Stage& stage() { return world_.stage(); }

    void begin() {
        world_.manager().start();
        add_nodes();
        jobs_.draw();
        inside_.draw(jobs_);
        chaos_.draw();
        operator_.draw();
        racks_.draw();
        attributes_.draw();
        chaos_.keep_manager_up();
        watch();
    }

    void add_nodes() {
        const auto nodes = scene_.prng().between(2, scene_.tight ? 2 : 4);
        for (std::int64_t i = 1; i <= nodes; ++i) {
            // Never less than what is asked for: an ask beyond the nodes seen so far is refused.
            const Resource total{
                8192, scene_.tight ? 5 : 8, {{"gpu", scene_.prng().between(2, 3)}}};
            const std::string rack = i % 2 == 0 ? "/a" : "/b";
            racks_.add("n" + std::to_string(i), rack);
            attributes_.add("n" + std::to_string(i));
            world_.add_node("n" + std::to_string(i), total, rack, labels_.label_of(i),
                            random_attributes(i));
        }
    }

    // What must hold all the time, looked at twice a second.
    void watch() {
        stage().timeline.after(milliseconds(500), [this] { watch(); });
        if (const View* view = world_.manager().view(); view != nullptr) {
            preemption_.look(*view);
            labels_.look(*view);
            inside_.look(*view);
            check_acknowledged(scene_, *view, jobs_);
        }
        masters_.watch();
        resizes_.watch();
    }

    World world_;
    Scene scene_;
    Jobs jobs_;
    Masters masters_;
    Operator operator_;
    Chaos chaos_;
    PreemptionCheck preemption_;
    Gangs gangs_;
    Labels labels_;
    Opportunistic opportunistic_;
    Racks racks_;
    InsideCheck inside_;
    Resizes resizes_;
    CentralAttributes attributes_;
};

}  // namespace

RunResult random_run(std::uint64_t seed, Defect defect, Feature off) {
    Config config = random_config(seed, defect);
    config.feature_off = off;
    return RandomRun(seed, config).run();
}

}  // namespace heddle::rm::test
