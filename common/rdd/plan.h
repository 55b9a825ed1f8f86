#pragma once

// The lineage of a job without any C++ type: what the driver schedules, what is sent to executors
// once per stage, and what the block store and the shuffle know of the data. A node is an RDD; its
// operator is named, never pointed to, and carries its function's fields as bytes.
//
// Nodes are immutable once they are in a plan. Ids are given by the context that defines the RDDs;
// parents always come before children in `Plan::nodes`.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "common/rdd/broadcast.h"
#include "common/rdd/bytes.h"
#include "common/rdd/ids.h"

namespace heddle::rdd {

// Where the code of an operator is. Registered: in the program, found by the order of registration
// (common/rdd/registry.h). Builtin: in every executor, by name and version. Python: a pickled
// function in the payload, run by a Python worker.
enum class OperatorKind : std::uint8_t { None, Registered, Builtin, Python };

struct OperatorRef {
    OperatorKind kind = OperatorKind::None;
    std::uint32_t ordinal = 0;    // Registered
    std::uint64_t type_hash = 0;  // Registered: of the type's name, checked at look-up
    std::string name;             // Builtin: its name. Otherwise what people see: "map", "filter"
    std::uint32_t version = 0;    // Builtin
    Bytes payload;                // the fields of the function, or whatever the builtin wants

    friend bool operator==(const OperatorRef&, const OperatorRef&) = default;
};

// How the records of an RDD look in memory: names a RecordFace. Only what touches records asks.
struct RecordType {
    OperatorKind kind = OperatorKind::None;  // Registered or Builtin; None: the node has no records
    std::uint32_t ordinal = 0;
    std::uint64_t type_hash = 0;
    std::string name;  // Builtin: "text"

    friend bool operator==(const RecordType&, const RecordType&) = default;
};

// Which output partition a record goes to. Two RDDs with equal partitioners keep equal keys in
// partitions of equal index, so joining them needs no shuffle.
enum class PartitionerKind : std::uint8_t {
    None,
    Hash,        // of the key
    Range,       // payload: the record type's name, then upper bounds of all but the last, counted
    RoundRobin,  // by position, from a start that depends on the map partition only
    Supplied,    // the producer sends partition ids (Python)
    Function,    // of the key, by the program's own function; payload: its OperatorRef
};

struct Partitioner {
    PartitionerKind kind = PartitionerKind::None;
    std::int32_t partitions = 0;
    bool ascending = true;  // Range
    Bytes payload;

    friend bool operator==(const Partitioner&, const Partitioner&) = default;
};

enum class DependencyKind : std::uint8_t {
    OneToOne,  // child partition i reads parent partition i
    Range,  // child partitions [out_start, out_start + length) read parent from in_start on (union)
    Shuffle,  // every child partition reads from every parent partition
    Strided,  // child partition out_start + k reads in_start + (k / divide % modulo) * stride, for
              // k below length: every fourth partition (coalesce), or rows and columns (cartesian)
};

// One edge to a parent. The shuffle fields are used by Shuffle only: the map side runs `combine`
// (if any) over the parent's records, partitions what comes out, and writes blocks of `record`.
struct Dependency {
    DependencyKind kind = DependencyKind::OneToOne;
    RddId parent;

    std::int32_t out_start = 0;  // Range, Strided
    std::int32_t in_start = 0;
    std::int32_t length = 0;
    std::int32_t divide = 1;  // Strided
    std::int32_t modulo = 1;
    std::int32_t stride = 1;

    ShuffleId shuffle;        // Shuffle
    Partitioner partitioner;  // Shuffle: of the child; `partitions` is the number of reducers
    OperatorRef combine;      // Shuffle: map-side combine, or None
    RecordType record;        // Shuffle: of the blocks

    friend bool operator==(const Dependency&, const Dependency&) = default;
};

/// The parent partition that child partition `partition` reads through a narrow dependency, if any.
/// Requires a dependency that is not Shuffle.
std::optional<Partition> parent_partition(const Dependency& dependency, Partition partition);

struct StorageLevel {
    bool memory = false;
    bool disk = false;
    bool deserialized = false;  // typed records read in place; else encoded bytes
    std::uint8_t replicas = 1;  // executors that are to hold a partition, at most kReplicasMax
    bool off_heap = false;      // of the API only: there is no heap here that memory could be off

    constexpr bool is_none() const { return !memory && !disk; }
    friend constexpr bool operator==(const StorageLevel&, const StorageLevel&) = default;
};

inline constexpr std::uint8_t kReplicasMax = 39;  // Spark's limit

inline constexpr StorageLevel kStorageNone{};
inline constexpr StorageLevel kMemoryOnly{true, false, true, 1};
inline constexpr StorageLevel kMemoryAndDisk{true, true, true, 1};
inline constexpr StorageLevel kMemoryOnlySer{true, false, false, 1};
inline constexpr StorageLevel kMemoryAndDiskSer{true, true, false, 1};
inline constexpr StorageLevel kDiskOnly{false, true, false, 1};

constexpr StorageLevel replicated(StorageLevel level, std::uint8_t replicas) {
    level.replicas = replicas;
    return level;
}

/// Spark's words: "Disk Memory Deserialized 1x Replicated".
std::string describe(const StorageLevel& level);

// What a second computation of a partition gives. Determinate: the same records in the same order.
// Unordered: the same records. Indeterminate: possibly others, so that everything computed from the
// first run must be computed again.
enum class Determinism : std::uint8_t { Determinate, Unordered, Indeterminate };

// One partition of a source: a split of a file, or the encoded records of `parallelize`. The
// payload travels with the task that reads it and not with the stage.
struct SourcePartition {
    Bytes payload;
    std::vector<std::string> hosts;  // where the data is; empty: nowhere in particular

    friend bool operator==(const SourcePartition&, const SourcePartition&) = default;
};

struct RddNode {
    RddId id;
    std::string name;      // what the user or the operation called it: "reduce_by_key"
    std::string callsite;  // "main.cpp:42"; may be empty
    OperatorRef op;        // None: a union, or records straight from a shuffle
    RecordType record;
    std::vector<Dependency> dependencies;  // empty: a source; several: union, or a join
    std::int32_t partitions = 0;
    std::optional<Partitioner> partitioner;
    StorageLevel storage;
    Determinism determinism = Determinism::Determinate;
    std::vector<SourcePartition> sources;  // one per partition, or empty
    bool barrier = false;  // its tasks wait for each other, so all of them run at the same time
    std::int32_t task_cpus = 0;  // cores that each task of its stage takes; 0: as the context says

    friend bool operator==(const RddNode&, const RddNode&) = default;
};

struct Plan {
    std::vector<RddNode> nodes;  // parents before children; ids unique, not necessarily dense

    /// Null when there is no such node. O(log n): nodes are sorted by id, since parents are older.
    const RddNode* find(RddId id) const;
};

/// Checks what everything else relies on: ids ascending, parents present and older, ranges within
/// both sides, one-to-one parents with as many partitions, sources one per partition.
/// Errors: InvalidArgument with the node.
Status check(const Plan& plan);

// A file that the program has added for its tasks.
struct SharedFile {
    std::string name;  // under which tasks ask for it
    std::string path;  // within the folder of that name; empty: it is a file itself
    BroadcastRef content;

    friend bool operator==(const SharedFile&, const SharedFile&) = default;
};

// One stage as executors need it: the nodes that one task pipelines, down to sources and shuffles,
// and what becomes of the records of `root`. Sources come without partitions.
struct StagePlan {
    enum class Output : std::uint8_t { ShuffleMap, Result };

    RddId root;
    Output output = Output::Result;
    Dependency shuffle;  // ShuffleMap: the dependency that this stage writes for
    OperatorRef action;  // Result: what turns a partition's records into the task's answer
    std::vector<RddNode> nodes;
    std::map<std::string, std::string> properties{};  // local ones of the job that began the stage
    std::int32_t task_cpus = 1;                       // cores that each task takes
    std::vector<SharedFile> files{};                  // those that there were at its begin

    const RddNode* find(RddId id) const;
    friend bool operator==(const StagePlan&, const StagePlan&) = default;
};

/// The stage that computes `dependency.parent` and writes the shuffle. Requires a Shuffle
/// dependency.
StagePlan shuffle_stage(const Plan& plan, const Dependency& dependency);

/// The stage that computes `root` and runs `action` on each partition.
StagePlan result_stage(const Plan& plan, RddId root, OperatorRef action);

// What a task needs of the sources below it.
struct TaskSource {
    RddId rdd;
    Partition partition = 0;
    Bytes payload;

    friend bool operator==(const TaskSource&, const TaskSource&) = default;
};

/// The source partitions that partition `partition` of `root` reads through narrow dependencies, in
/// the order of the nodes. Nodes below a shuffle do not count.
std::vector<TaskSource> task_sources(const Plan& plan, RddId root, Partition partition);

/// Source hosts of the same walk, each once, in the order found.
std::vector<std::string> preferred_hosts(const Plan& plan, RddId root, Partition partition);

/// Decoding checks the plan too. Errors: DataLoss, InvalidArgument.
Bytes encode(const Plan& plan);
Result<Plan> decode_plan(std::string_view bytes);
Bytes encode(const StagePlan& stage);
Result<StagePlan> decode_stage_plan(std::string_view bytes);

// Parts that other messages embed.
void write(ByteWriter& out, const OperatorRef& op);
void read(ByteReader& in, OperatorRef& op);
void write(ByteWriter& out, const RecordType& type);
void read(ByteReader& in, RecordType& type);
void write(ByteWriter& out, const StorageLevel& level);
void read(ByteReader& in, StorageLevel& level);

}  // namespace heddle::rdd
