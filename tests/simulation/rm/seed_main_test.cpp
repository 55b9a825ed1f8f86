// Two runs of one seed that leave different traces are seen, and named.

#include "tests/support/seeds/seed_main.h"

#include <gtest/gtest.h>

#include <array>

namespace heddle::test {
namespace {

int run_one(const std::function<SeedRun(std::uint64_t)>& run) {
    std::array<std::string, 3> words{"simulation", "--count", "1"};
    std::array<char*, 3> argv{words[0].data(), words[1].data(), words[2].data()};
    return seed_main(3, argv.data(), {"simulation", {{"", run}}});
}

TEST(SeedMain, SeesTwoRunsThatDiffer) {
    std::uint64_t runs = 0;
    EXPECT_EQ(run_one([&](std::uint64_t) { return SeedRun{"", ++runs, "", {}}; }), 1);
    EXPECT_EQ(runs, 2U);
    EXPECT_EQ(run_one([](std::uint64_t seed) { return SeedRun{"", seed, "", {}}; }), 0);
    EXPECT_EQ(run_one([](std::uint64_t) { return SeedRun{"wrong", 1, "", {}}; }), 1);
}

}  // namespace
}  // namespace heddle::test
