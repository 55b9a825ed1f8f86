#include "tests/simulation/rm/constraints.h"

#include <array>

namespace heddle::rm::test {
namespace {

// A first one has to find a place when nobody else is there.
constexpr std::array kOfPools = {
    "or(in,node,all/piece:java=11)",
    "or(in,rack,not-self/pool:notin,rack,all/pool)",
    "notin,node,pool",
    "and(notin,node,not-self/pool:java!=8)",
    "or(in,node,app-tag/odd/piece:java=11)",
    "cardinality,rack,all/pool,0,3",
    "or(cardinality,node,all/pool,1,4:notin,rack,all/pool)",
    "dor(in,node,all/piece@300ms:notin,rack,all/pool@500ms:java!=9)",
};
// Never of an odd job: its own pool may hold every node.
constexpr const char* kNotBesideOddPools = "notin,node,app-tag/odd/pool";
constexpr std::array kOfPieces = {
    "notin,node,piece",
    "cardinality,node,all/piece,0,2",
    "cardinality,rack,all/piece,0,3",
    "java=11",
    "and(java!=8:cardinality,node,piece,0,2)",
    "or(in,node,pool:notin,rack,not-self/piece)",
    "dor(in,node,pool@200ms:and(notin,node,piece:java=11)@1s:java!=7)",
    kNotBesideOddPools,
};

}  // namespace

std::map<std::string, std::string> random_attributes(std::int64_t node) {
    return {{"java", node % 2 == 0 ? "8" : "11"}, {"os", "linux"}};
}

void draw_constraints(const Scene& scene, Job& job) {
    Prng copy = scene.prng();
    Prng prng(copy.next() ^ 0x74616773ULL);
    if (!prng.chance(1, 2)) {
        return;
    }
    job.pool_constraint = kOfPools[prng.below(kOfPools.size())];
    job.pieces_constraint = kOfPieces[prng.below(kOfPieces.size())];
    if (prng.chance(1, 2) && job.pieces_constraint != kNotBesideOddPools) {
        job.submission.tags = {"odd"};
    }
}

void constrain_pool(const Job& job, Ask& ask) {
    if (!job.pool_constraint.empty()) {
        ask.tags = {"pool"};
        ask.constraint = job.pool_constraint;
    }
}

void constrain_pieces(const Job& job, Ask& ask) {
    if (!job.pieces_constraint.empty()) {
        ask.tags = {"piece"};
        ask.constraint = job.pieces_constraint;
    }
}

}  // namespace heddle::rm::test
