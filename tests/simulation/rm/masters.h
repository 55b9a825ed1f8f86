#pragma once

// What masters and the processes they start do in a random run.

#include <cstdint>
#include <deque>
#include <vector>

#include "tests/simulation/rm/jobs.h"
#include "tests/simulation/rm/scene.h"

namespace heddle::rm::test {

/// What one attempt's master has in mind.
struct Plan {
    const Job* job = nullptr;
    MasterScript* master = nullptr;
    std::int32_t pieces_left = 0;
    bool pool_seen = false;
    bool begun = false;
    bool finishing = false;
    std::int32_t generation = 0;
    TimePoint in_excess_since = TimePoint::never();
    TimePoint progressed;  // something was granted, or a piece was done
    bool modest = false;   // asks for pieces alone
};

class Masters {
public:
    Masters(Scene scene, const Jobs& jobs) : scene_(scene), jobs_(jobs) {}

    void lead(MasterScript& master);
    /// A process that is no master: a command, a piece of work, or a member of a pool.
    void work(const ContainerStart& start);
    /// All processes of that kind that ever began.
    const std::vector<ContainerId>& workers() const { return workers_; }
    /// What must hold of every master, and what it does about having waited too long.
    void watch();

private:
    void end_later(const MasterScript& master);
    void begin(Plan& plan);
    void be_modest(Plan& plan);
    void state_pool(Plan& plan);
    void state_pieces(Plan& plan);
    void state_extra(Plan& plan);
    void granted(Plan& plan, const Grant& grant);
    void maybe_finish(Plan& plan);
    void watch_excess(Plan& plan);

    Scene scene_;
    const Jobs& jobs_;
    std::deque<Plan> plans_;  // addresses are stable
    std::vector<ContainerId> workers_;
};

}  // namespace heddle::rm::test
