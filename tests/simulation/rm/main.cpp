// Fault simulation of the resource manager's and the node agents' cores: rm_simulation (see
// tests/support/seeds/seed_main.h). Defects are those that are planted, and off:FEATURE.

#include "tests/simulation/rm/random_run.h"
#include "tests/support/seeds/seed_main.h"

namespace heddle::rm::test {
namespace {

heddle::test::SeedRun run(std::uint64_t seed, Defect defect, Feature off = Feature::None) {
    const RunResult result = random_run(seed, defect, off);
    return {result.violation,
            result.digest,
            result.tail,
            {{"things happened", static_cast<std::int64_t>(result.steps)},
             {"lives of the manager", result.manager_lives},
             {"virtual s", result.virtual_ms / 1000},
             {"containers preempted", result.preempted},
             {"containers displaced", result.displaced},
             {"inside queues", result.preempted_inside},
             {"given instead", result.given_back},
             {"sizes changed", result.resized}}};
}

}  // namespace
}  // namespace heddle::rm::test

int main(int argc, char** argv) {
    using heddle::rm::Defect;
    heddle::test::Simulation simulation{"rm_simulation", {}};
    const auto add = [&](const char* name, Defect defect) {
        simulation.variants[name] = [defect](std::uint64_t seed) {
            return heddle::rm::test::run(seed, defect);
        };
    };
    add("", Defect::None);
    add("lost-acknowledgement", Defect::LostAcknowledgement);
    add("doubled-grant", Defect::DoubledGrant);
    add("stale-epoch-accepted", Defect::StaleEpochAccepted);
    add("answer-before-save", Defect::AnswerBeforeSave);
    add("forgotten-release", Defect::ForgottenRelease);
    add("increment-instead-of-ask", Defect::IncrementInsteadOfAsk);
    for (const heddle::rm::NamedFeature& known : heddle::rm::kFeatures) {
        simulation.variants["off:" + std::string(known.name)] =
            [off = known.feature](std::uint64_t seed) {
                return heddle::rm::test::run(seed, Defect::None, off);
            };
    }
    add("taken-to-and-fro", Defect::TakenToAndFro);
    return heddle::test::seed_main(argc, argv, simulation);
}
