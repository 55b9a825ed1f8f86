#pragma once

// Small plans over text records, made by hand: what the driver schedules needs no typed program.

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "common/rdd/builtins.h"
#include "common/rdd/bytes.h"
#include "common/rdd/plan.h"

namespace heddle::test {

// One list of texts per partition, as parallelize has them.
inline rdd::RddNode text_source(std::int32_t id,
                                const std::vector<std::vector<std::string>>& parts) {
    rdd::RddNode node;
    node.id = rdd::RddId{id};
    node.name = "parallelize";
    node.op = rdd::builtin_operator(rdd::builtin::kParallelize);
    node.record = rdd::text_record();
    node.partitions = static_cast<std::int32_t>(parts.size());
    for (const std::vector<std::string>& part : parts) {
        rdd::ByteWriter out;
        out.count(part.size());
        for (const std::string& text : part) {
            out.text(text);
        }
        node.sources.push_back({out.take(), {}});
    }
    return node;
}

// The parent's records dealt out by hash (or by position) to `partitions` reducers.
inline rdd::RddNode shuffled(std::int32_t id, const rdd::RddNode& parent, std::int32_t shuffle,
                             std::int32_t partitions,
                             rdd::PartitionerKind kind = rdd::PartitionerKind::Hash) {
    rdd::RddNode node;
    node.id = rdd::RddId{id};
    node.name = "repartition";
    node.record = parent.record;
    node.partitions = partitions;
    rdd::Dependency dependency;
    dependency.kind = rdd::DependencyKind::Shuffle;
    dependency.parent = parent.id;
    dependency.shuffle = rdd::ShuffleId{shuffle};
    dependency.partitioner.kind = kind;
    dependency.partitioner.partitions = partitions;
    dependency.record = parent.record;
    node.dependencies.push_back(std::move(dependency));
    return node;
}

// A narrow child that sorts each partition.
inline rdd::RddNode sorted(std::int32_t id, const rdd::RddNode& parent) {
    rdd::RddNode node;
    node.id = rdd::RddId{id};
    node.name = "sort";
    node.op = rdd::builtin_operator(rdd::builtin::kSort, rdd::Bytes(1, '\1'));
    node.record = parent.record;
    node.partitions = parent.partitions;
    rdd::Dependency dependency;
    dependency.parent = parent.id;
    node.dependencies.push_back(std::move(dependency));
    return node;
}

inline rdd::Plan plan_of(std::vector<rdd::RddNode> nodes) {
    return rdd::Plan{std::move(nodes)};
}

inline std::vector<rdd::Partition> all_partitions(const rdd::RddNode& node) {
    std::vector<rdd::Partition> partitions;
    for (rdd::Partition i = 0; i < node.partitions; ++i) {
        partitions.push_back(i);
    }
    return partitions;
}

// What the "collect" action answers, as texts.
inline std::vector<std::string> collected_texts(std::string_view answer) {
    rdd::ByteReader in(answer);
    std::vector<std::string> texts;
    for (std::uint64_t left = in.count(); left > 0 && !in.failed(); --left) {
        texts.emplace_back(in.text());
    }
    return texts;
}

// `parts` partitions of `each` texts, all different: "r-0", "r-1", ...
inline std::vector<std::vector<std::string>> distinct_texts(std::int32_t parts, std::int32_t each) {
    std::vector<std::vector<std::string>> texts(static_cast<std::size_t>(parts));
    std::int32_t next = 0;
    for (std::vector<std::string>& part : texts) {
        for (std::int32_t i = 0; i < each; ++i) {
            part.push_back("r-" + std::to_string(next++));
        }
    }
    return texts;
}

}  // namespace heddle::test
