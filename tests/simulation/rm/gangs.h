#pragma once

// Large asks and gangs in a random run: some masters ask for them beside their work, and give back
// what they got after a while. Draws from numbers of its own.

#include <map>
#include <string>

#include "tests/simulation/rm/scene.h"

namespace heddle::rm::test {

constexpr std::int32_t kGangAsk = 10;  // and the next one
constexpr std::int32_t kLargeAsk = 12;

class Gangs {
public:
    Gangs(Scene scene, std::uint64_t seed) : scene_(scene), prng_(seed ^ 0x67616e67ULL) {}

    /// Some masters ask for a large container, or for a gang, some time after they have registered.
    void lead(MasterScript& master);
    /// When the run is over nothing is reserved and no gang waits.
    void check_end() const;

private:
    void ask(MasterScript& master);
    void give_back(MasterScript& master);

    Scene scene_;
    Prng prng_;
};

}  // namespace heddle::rm::test
