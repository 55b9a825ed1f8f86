#pragma once

// Machines that stand elsewhere than was thought: in some runs the operator writes down other racks
// while jobs run, and the first ones again after the faults, since asks may insist on one.

#include <cstdint>
#include <map>
#include <string>

#include "tests/simulation/rm/scene.h"

namespace heddle::rm::test {

class Racks {
public:
    Racks(Scene scene, std::uint64_t seed) : scene_(scene), prng_(seed ^ kOwn) {}

    /// What a node says of itself.
    void add(const std::string& node, const std::string& rack) { first_[node] = rack; }
    /// Draws when they are changed, and to what.
    void draw();
    /// As it was, and it stays so.
    void heal();

private:
    static constexpr std::uint64_t kOwn = 0x5ac5;

    void change(std::map<std::string, std::string> racks, bool until_taken);

    Scene scene_;
    Prng prng_;
    std::map<std::string, std::string> first_;
    bool healed_ = false;
};

}  // namespace heddle::rm::test
