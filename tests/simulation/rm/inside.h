#pragma once

// Preemption inside queues in a random run: applications of several users and priorities share the
// queues of a cluster with little room, and what is taken from one for the other is checked. Draws
// from numbers of its own.

#include <map>
#include <string>
#include <tuple>

#include "tests/simulation/rm/jobs.h"
#include "tests/simulation/rm/scene.h"

namespace heddle::rm::test {

class InsideCheck {
public:
    InsideCheck(Scene scene, std::uint64_t seed, const PreemptionConfig& preemption)
        : scene_(scene), prng_(seed ^ 0x696e7369ULL), preemption_(preemption) {}

    /// Gives the jobs users and priorities.
    void draw(Jobs& jobs);
    /// Some masters give something back when they are told that they are to lose a container.
    void lead(MasterScript& master);
    /// Nobody gives what is within his limit, nobody gets more than his, and what was taken for one
    /// is not taken from him again for the one that gave it.
    void look(const View& view);
    std::int64_t seen() const { return seen_; }
    std::int64_t given() const { return given_; }

private:
    using Pair = std::tuple<std::string, ApplicationId, ApplicationId>;  // label, gave, got

    void answer(MasterScript& master, const PreemptionNotice& notice);
    void check_standing(const PreemptionRecord& record);
    void check_to_and_fro(const PreemptionRecord& record);

    Scene scene_;
    Prng prng_;
    PreemptionConfig preemption_;
    std::int64_t last_ = 0;  // record that was looked at
    std::int64_t seen_ = 0;
    std::int64_t given_ = 0;                  // back instead of what was to be taken
    std::map<Pair, PreemptionRecord> taken_;  // the last one of each
};

}  // namespace heddle::rm::test
