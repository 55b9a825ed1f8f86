#pragma once

// Attributes that operators set: in some runs nodes get others while jobs run that insist on some,
// and none after the faults. Draws from numbers of its own.

#include <cstdint>
#include <string>
#include <vector>

#include "tests/simulation/rm/scene.h"

namespace heddle::rm::test {

class CentralAttributes {
public:
    CentralAttributes(Scene scene, std::uint64_t seed) : scene_(scene), prng_(seed ^ kOwn) {}

    void add(const std::string& node) { nodes_.push_back({node}); }
    /// Draws when they are changed, and to what.
    void draw();
    /// What nodes say of themselves holds again, and it stays so.
    void heal();

private:
    static constexpr std::uint64_t kOwn = 0x61747472;

    void change(const ChangeAttributes& what);
    void take_all(const NodeId& node);

    Scene scene_;
    Prng prng_;
    std::vector<NodeId> nodes_;
    bool healed_ = false;
};

}  // namespace heddle::rm::test
