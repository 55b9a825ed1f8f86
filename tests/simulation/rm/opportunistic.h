#pragma once

// Opportunistic containers in a random run: some masters ask for them beside their work, have some
// promoted and demoted, and give them back after a while. Draws from numbers of its own.

#include <cstdint>

#include "tests/simulation/rm/scene.h"

namespace heddle::rm::test {

constexpr std::int32_t kOpportunisticAsk = 8;  // and the next one

class Opportunistic {
public:
    Opportunistic(Scene scene, std::uint64_t seed);

    /// Some masters ask for opportunistic containers, some time after they have registered.
    void lead(MasterScript& master);
    /// When the run is over nothing waits on a node. That what runs there delays nobody is checked
    /// all the time, by the nodes (check_room) and by the books (check_waiting).
    void check_end() const;

private:
    void ask(MasterScript& master);
    void change(MasterScript& master);
    void give_back(MasterScript& master);

    Scene scene_;
    Prng prng_;
};

}  // namespace heddle::rm::test
