// Plans: bytes both ways, whatever the bytes are, and cutting them into stages.
#include "common/rdd/plan.h"

#include <gtest/gtest.h>

#include "common/base/prng.h"

namespace heddle::rdd {
namespace {

RddNode source(int id, int partitions) {
    RddNode node;
    node.id.value = id;
    node.name = "source";
    node.callsite = "main.cpp:" + std::to_string(id);
    node.op.kind = OperatorKind::Builtin;
    node.op.name = "parallelize";
    node.partitions = partitions;
    for (int i = 0; i < partitions; ++i) {
        node.sources.push_back({"payload " + std::to_string(i), {"node-" + std::to_string(i % 2)}});
    }
    return node;
}

Dependency edge(DependencyKind kind, int parent) {
    Dependency dependency;
    dependency.kind = kind;
    dependency.parent.value = parent;
    return dependency;
}

// 0: source of 2, 1: source of 1, 2: union of both, 3: map, 4: shuffled into 4.
Plan sample() {
    Plan plan;
    plan.nodes = {source(0, 2), source(1, 1)};
    RddNode both;
    both.id.value = 2;
    both.partitions = 3;
    Dependency first = edge(DependencyKind::Range, 0);
    first.length = 2;
    Dependency second = edge(DependencyKind::Range, 1);
    second.out_start = 2;
    second.length = 1;
    both.dependencies = {first, second};
    RddNode map;
    map.id.value = 3;
    map.partitions = 3;
    map.op.kind = OperatorKind::Registered;
    map.op.ordinal = 17;
    map.op.payload = std::string("\0fields", 7);
    map.dependencies = {edge(DependencyKind::OneToOne, 2)};
    map.storage = kMemoryAndDisk;
    map.barrier = true;
    RddNode reduced;
    reduced.id.value = 4;
    reduced.partitions = 4;
    Dependency shuffle = edge(DependencyKind::Shuffle, 3);
    shuffle.shuffle.value = 9;
    shuffle.partitioner.kind = PartitionerKind::Hash;
    shuffle.partitioner.partitions = 4;
    reduced.dependencies = {shuffle};
    reduced.partitioner = shuffle.partitioner;
    reduced.determinism = Determinism::Unordered;
    plan.nodes.insert(plan.nodes.end(), {both, map, reduced});
    return plan;
}

TEST(Plan, ComesBackFromItsBytes) {
    const Plan plan = sample();
    ASSERT_TRUE(check(plan).ok()) << check(plan).error().message;
    const auto copy = decode_plan(encode(plan));
    ASSERT_TRUE(copy.ok()) << copy.error().message;
    EXPECT_EQ(copy->nodes, plan.nodes);
    const StagePlan stage = shuffle_stage(plan, plan.nodes[4].dependencies[0]);
    const auto stage_copy = decode_stage_plan(encode(stage));
    ASSERT_TRUE(stage_copy.ok()) << stage_copy.error().message;
    EXPECT_EQ(*stage_copy, stage);
}

TEST(Plan, StageStopsAtShufflesAndCarriesNoSources) {
    const Plan plan = sample();
    const StagePlan map_stage = shuffle_stage(plan, plan.nodes[4].dependencies[0]);
    EXPECT_EQ(map_stage.root.value, 3);
    EXPECT_EQ(map_stage.nodes.size(), 4U);
    for (const RddNode& node : map_stage.nodes) {
        EXPECT_TRUE(node.sources.empty());
    }
    const StagePlan last = result_stage(plan, RddId{4}, {});
    EXPECT_EQ(last.nodes.size(), 1U);
}

TEST(Plan, TaskGetsOnlyTheSourcesBelowItsPartition) {
    const Plan plan = sample();
    const auto second = task_sources(plan, RddId{3}, 1);
    ASSERT_EQ(second.size(), 1U);
    EXPECT_EQ(second[0], (TaskSource{RddId{0}, 1, "payload 1"}));
    const auto third = task_sources(plan, RddId{3}, 2);
    ASSERT_EQ(third.size(), 1U);
    EXPECT_EQ(third[0].rdd.value, 1);
    EXPECT_EQ(preferred_hosts(plan, RddId{3}, 1), std::vector<std::string>{"node-1"});
    EXPECT_TRUE(task_sources(plan, RddId{4}, 0).empty());
}

// 0: source of 3, 1: source of 2, 2: their product, row by row.
Plan product() {
    Plan plan;
    plan.nodes = {source(0, 3), source(1, 2)};
    RddNode both;
    both.id.value = 2;
    both.partitions = 6;
    Dependency column = edge(DependencyKind::Strided, 1);
    column.length = 6;
    column.modulo = 2;
    Dependency row = edge(DependencyKind::Strided, 0);
    row.length = 6;
    row.divide = 2;
    row.modulo = 3;
    both.dependencies = {column, row};
    plan.nodes.push_back(both);
    return plan;
}

TEST(Plan, StridesReachEachPartitionAndNoneThatIsNotThere) {
    const Plan plan = product();
    ASSERT_TRUE(check(plan).ok()) << check(plan).error().message;
    const auto copy = decode_plan(encode(plan));
    ASSERT_TRUE(copy.ok()) << copy.error().message;
    EXPECT_EQ(copy->nodes, plan.nodes);
    const auto sources = task_sources(plan, RddId{2}, 3);
    ASSERT_EQ(sources.size(), 2U);
    EXPECT_EQ(sources[0], (TaskSource{RddId{1}, 1, "payload 1"}));
    EXPECT_EQ(sources[1], (TaskSource{RddId{0}, 1, "payload 1"}));
    const auto broken = [](auto change) {
        Plan changed = product();
        change(changed.nodes[2].dependencies[1]);
        return !check(changed).ok() && !decode_plan(encode(changed)).ok();
    };
    EXPECT_FALSE(broken([](Dependency&) {}));
    EXPECT_TRUE(broken([](Dependency& d) {
        d.divide = 1;
        d.modulo = 6;
    }));
    EXPECT_TRUE(broken([](Dependency& d) { d.divide = 0; }));
    EXPECT_TRUE(broken([](Dependency& d) { d.modulo = 0; }));
    EXPECT_TRUE(broken([](Dependency& d) { d.stride = 2; }));
    EXPECT_TRUE(broken([](Dependency& d) { d.in_start = 1; }));
    EXPECT_TRUE(broken([](Dependency& d) { d.length = 7; }));
    EXPECT_TRUE(broken([](Dependency& d) { d.stride = INT32_MAX; }));
}

TEST(Plan, CheckRefusesWhatTheRuntimeReliesOn) {
    const auto broken = [](auto change) {
        Plan plan = sample();
        change(plan);
        return !check(plan).ok() && !decode_plan(encode(plan)).ok();
    };
    EXPECT_TRUE(broken([](Plan& p) { p.nodes[3].dependencies[0].parent.value = 3; }));
    EXPECT_TRUE(broken([](Plan& p) { p.nodes.erase(p.nodes.begin()); }));
    EXPECT_TRUE(broken([](Plan& p) { p.nodes[3].partitions = 2; }));
    EXPECT_TRUE(broken([](Plan& p) { p.nodes[2].dependencies[1].length = INT32_MAX; }));
    EXPECT_TRUE(broken([](Plan& p) { p.nodes[0].sources.pop_back(); }));
    EXPECT_TRUE(broken([](Plan& p) { p.nodes[4].partitions = 3; }));
    EXPECT_TRUE(broken([](Plan& p) { std::swap(p.nodes[0], p.nodes[1]); }));
}

TEST(Plan, DecodingSurvivesAnyBytes) {
    const Bytes good = encode(sample());
    for (std::size_t cut = 0; cut < good.size(); ++cut) {
        EXPECT_FALSE(decode_plan(good.substr(0, cut)).ok()) << cut;
    }
    EXPECT_FALSE(decode_plan(good + "x").ok());
    Prng prng(7);
    for (int round = 0; round < 5000; ++round) {
        Bytes bad = good;
        for (int flips = 0; flips < 3; ++flips) {
            bad[prng.below(bad.size())] = static_cast<char>(prng.next());
        }
        if (const auto plan = decode_plan(bad)) {  // a change in a name or payload may pass
            EXPECT_TRUE(check(*plan).ok());
        }
    }
}

TEST(Bytes, CountsUseAsFewBytesAsTheyCanAndNeverLie) {
    for (const std::uint64_t value : {std::uint64_t{0}, std::uint64_t{127}, std::uint64_t{128},
                                      std::uint64_t{1} << 35, UINT64_MAX}) {
        ByteWriter out;
        out.count(value);
        const Bytes bytes = out.take();
        ByteReader in(bytes);
        EXPECT_EQ(in.count(), value);
        EXPECT_TRUE(in.status("count").ok());
    }
    ByteReader endless("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff");
    endless.count();
    EXPECT_TRUE(endless.failed());
    ByteReader forged("\xff\xff\xff\x7f");
    EXPECT_EQ(forged.count_of(8), 0U);
    EXPECT_TRUE(forged.failed());
}

}  // namespace
}  // namespace heddle::rdd
