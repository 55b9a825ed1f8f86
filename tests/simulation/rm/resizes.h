#pragma once

// Other sizes in a random run: masters wish now and then that one of their containers grows or
// shrinks, some of them for what cannot be. Draws from numbers of its own.

#include <cstdint>
#include <map>
#include <optional>

#include "tests/simulation/rm/scene.h"

namespace heddle::rm::test {

class Resizes {
public:
    Resizes(Scene scene, std::uint64_t seed) : scene_(scene), prng_(seed ^ 0x73697a65ULL) {}

    void lead(MasterScript& master);
    /// In the quiet phase what a master knows of its containers' sizes is what the books say.
    void watch();
    /// Changes that masters have heard of.
    std::int64_t changed() const { return changed_; }

private:
    void wish(MasterScript& master);
    void wish_soon(MasterScript& master);
    bool agrees(const MasterScript& master) const;

    Scene scene_;
    Prng prng_;
    std::map<AttemptId, MasterScript*> masters_;
    std::map<AttemptId, TimePoint> disagree_since_;
    std::int64_t changed_ = 0;
};

}  // namespace heddle::rm::test
