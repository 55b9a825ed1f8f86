// Fault simulation of whole clusters: cluster_simulation (see tests/support/seeds/seed_main.h).

#include "tests/simulation/cluster/cluster_run.h"
#include "tests/support/seeds/seed_main.h"

int main(int argc, char** argv) {
    using heddle::rm::Defect;
    using heddle::test::ClusterDefects;
    heddle::test::Simulation simulation{"cluster_simulation", {}};
    const auto add = [&](const char* name, const ClusterDefects& defects) {
        simulation.variants[name] = [defects](std::uint64_t seed) {
            return heddle::test::run_cluster(seed, defects);
        };
    };
    add("", {});
    add("lost-acknowledgement", {Defect::LostAcknowledgement});
    add("doubled-grant", {Defect::DoubledGrant});
    add("stale-epoch-accepted", {Defect::StaleEpochAccepted});
    add("answer-before-save", {Defect::AnswerBeforeSave});
    add("forgotten-release", {Defect::ForgottenRelease});
    add("increment-instead-of-ask", {Defect::IncrementInsteadOfAsk});
    add("unordered-recompute-ignored", {Defect::None, true, false});
    add("reader-moves-records", {Defect::None, false, true});
    return heddle::test::seed_main(argc, argv, simulation);
}
