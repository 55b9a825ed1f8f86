#pragma once

// What must hold of a random run as a whole; what masters and hosts see is checked by them.

#include <set>

#include "tests/simulation/rm/jobs.h"
#include "tests/simulation/rm/scene.h"

namespace heddle::rm::test {

/// A container starts only where its ask's label allows it.
void check_label(const Scene& scene, const ContainerStart& start);
/// Whose finish is on disk ends by itself, within the patience for that.
void check_stop(const Scene& scene, const ContainerId& id);
/// What was acknowledged is found by every later read.
void check_acknowledged(const Scene& scene, const View& view, const Jobs& jobs);
/// When the run is over: everything finished, and nothing is left.
void check_end(const Scene& scene, const Jobs& jobs);

/// Of what was taken back: nobody fell below what is owed to it, and no round took more than it
/// may.
class PreemptionCheck {
public:
    explicit PreemptionCheck(Scene scene) : scene_(scene) {}

    void look(const View& view);
    std::size_t seen() const { return seen_.size(); }

private:
    void check_budget(const View& view);

    Scene scene_;
    std::set<ContainerId> seen_;
};

}  // namespace heddle::rm::test
