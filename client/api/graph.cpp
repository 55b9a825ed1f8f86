// Building nodes: partitions, partitioners, shuffles, determinism.
#include "client/api/graph.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <optional>
#include <set>

#include "client/api/errors.h"
#include "client/api/graph_nodes.h"
#include "client/api/input_places.h"
#include "common/fs/compression.h"
#include "common/rdd/builtins.h"
#include "common/rdd/hash.h"
#include "common/rdd/registry.h"
#include "common/rdd/text_split.h"

namespace heddle::api {

using rdd::Dependency;
using rdd::DependencyKind;
using rdd::Determinism;
using rdd::Partitioner;
using rdd::PartitionerKind;

namespace {

std::string callsite_text(Callsite at) {
    const std::string_view path(at.file);
    const std::string_view name = path.substr(path.rfind('/') + 1);
    return name.empty() ? std::string() : std::string(name) + ":" + std::to_string(at.line);
}

Determinism worst(const std::vector<NodePtr>& parents) {
    Determinism level = Determinism::Determinate;
    for (const NodePtr& parent : parents) {
        level = std::max(level, parent->node.determinism);
    }
    return level;
}

}  // namespace

NodePtr make_node(const std::vector<NodePtr>& parents, std::string_view name, Callsite at) {
    CHECK(!parents.empty());
    auto node = std::make_shared<Node>(parents.front()->session, std::string(name), at);
    node->parents = parents;
    node->node.determinism = worst(parents);
    for (const NodePtr& parent : parents) {
        if (parent->session != node->session) {
            throw UsageError(ErrorCode::InvalidArgument,
                             "RDDs of two contexts cannot be combined: " + parent->node.name);
        }
        if (parent->error && !node->error) {
            node->error = parent->error;
        }
    }
    return node;
}

Dependency one_to_one(const NodePtr& parent) {
    Dependency dependency;
    dependency.kind = DependencyKind::OneToOne;
    dependency.parent = parent->node.id;
    return dependency;
}

namespace {

Dependency shuffle_of(const NodePtr& parent, Partitioner partitioner) {
    Dependency dependency;
    dependency.kind = DependencyKind::Shuffle;
    dependency.parent = parent->node.id;
    dependency.shuffle.value = parent->session->next_shuffle++;
    dependency.partitioner = std::move(partitioner);
    dependency.record = parent->node.record;
    return dependency;
}

// Tables of keys give their keys in an order that depends on what had to spill, so on what else
// ran.
void order_by_memory(Node& node) {
    node.node.determinism = std::max(node.node.determinism, Determinism::Unordered);
}

// What a shuffle of this parent gives when it runs twice. Reducers read in map order, so the order
// of a determinate parent's records is kept; an unordered parent stays unordered.
void set_shuffled(Node& node, Partitioner partitioner) {
    node.node.partitions = partitioner.partitions;
    if (partitioner.kind == PartitionerKind::RoundRobin) {
        // Positions decide: records in another order go to other partitions.
        if (node.node.determinism == Determinism::Unordered) {
            node.node.determinism = Determinism::Indeterminate;
        }
    } else {
        node.node.partitioner = std::move(partitioner);
    }
}

Partitioner hash_partitioner(std::int32_t partitions) {
    Partitioner partitioner;
    partitioner.kind = PartitionerKind::Hash;
    partitioner.partitions = partitions;
    return partitioner;
}

void require_partitions(std::int32_t partitions, std::string_view operation) {
    if (partitions < 0) {
        throw UsageError(
            ErrorCode::InvalidArgument,
            std::string(operation) + ": the number of partitions is " + std::to_string(partitions));
    }
}

// Where relative paths of the program begin. Throws UsageError when `relative` is there and that
// would be a folder of the container's own.
std::string working_folder(const Session& session, std::string_view operation,
                           const std::optional<std::string>& relative) {
    if (relative && session.runner->in_container()) {
        throw UsageError(
            ErrorCode::InvalidArgument,
            std::string(operation) + ": '" + *relative +
                "' is a relative path, and this program runs in a container of the cluster, whose "
                "working folder goes with it; give a whole path, such as /data/" +
                *relative + ", to a place that all nodes see");
    }
    std::error_code code;
    const std::filesystem::path folder = std::filesystem::current_path(code);
    if (relative && code) {
        throw UsageError(ErrorCode::NotFound, std::string(operation) + ": '" + *relative +
                                                  "' is a relative path, and the working folder "
                                                  "is gone");
    }
    return folder.string();
}

bool keyed(const std::optional<Partitioner>& partitioner) {
    return partitioner && (partitioner->kind == PartitionerKind::Hash ||
                           partitioner->kind == PartitionerKind::Range ||
                           partitioner->kind == PartitionerKind::Function);
}

// How many reduce partitions there are where nobody says. As many as the largest parent has, unless
// that comes from many small files: with as many partitions as files, each file would write a few
// records to each partition. Never fewer than there are slots for.
std::int32_t fitting_partitions(const std::vector<NodePtr>& parents, std::int32_t most) {
    constexpr std::uint64_t kInputBytes = 1U << 20U;  // for one reduce partition
    constexpr std::int32_t kLeast = 64;
    const auto& runner = parents.front()->session->runner;
    if (runner == nullptr) {
        return most;
    }
    if (runner->parallelism_asked() > 0) {
        return runner->parallelism_asked();
    }
    std::uint64_t bytes = 0;
    for (const NodePtr& parent : parents) {
        if (!parent->input_bytes) {
            return most;
        }
        bytes += *parent->input_bytes;
    }
    const std::uint64_t by_size = bytes / kInputBytes + 1;
    const std::int32_t least = std::max(kLeast, runner->default_parallelism());
    return std::cmp_greater(by_size, most)
               ? most
               : std::min(most, std::max(static_cast<std::int32_t>(by_size), least));
}

// What `by` means for an operation on these parents. Nothing asked: an existing partitioning saves
// a shuffle, and the one with the most partitions wins. Bounds of ranges are records of one type,
// so a range serves only where every parent has it.
Partitioner choose_partitioner(const std::vector<NodePtr>& parents, const Partitioning& by,
                               std::string_view operation) {
    if (by.exact) {
        return *by.exact;
    }
    require_partitions(by.partitions, operation);
    if (by.partitions != 0) {
        return hash_partitioner(by.partitions);
    }
    const Partitioner* found = nullptr;
    std::int32_t most = 1;
    for (const NodePtr& parent : parents) {
        most = std::max(most, parent->node.partitions);
        const auto& own = parent->node.partitioner;
        const bool usable =
            keyed(own) && (own->kind != PartitionerKind::Range ||
                           std::all_of(parents.begin(), parents.end(), [&](const NodePtr& other) {
                               return other->node.partitioner == own;
                           }));
        if (usable && (found == nullptr || own->partitions > found->partitions)) {
            found = &*own;
        }
    }
    return found != nullptr ? *found : hash_partitioner(fitting_partitions(parents, most));
}

bool partitioned_by(const NodePtr& parent, const Partitioner& partitioner) {
    return parent->node.partitioner && *parent->node.partitioner == partitioner;
}

}  // namespace

Node::Node(SessionPtr owner, std::string name, Callsite at) : session(std::move(owner)) {
    node.id.value = session->next_rdd++;
    node.name = std::move(name);
    node.callsite = callsite_text(at);
}

Node::~Node() {
    if (session->runner == nullptr) {
        return;
    }
    for (const Dependency& dependency : node.dependencies) {
        if (dependency.kind == DependencyKind::Shuffle) {
            session->runner->release_shuffle(dependency.shuffle);
        }
    }
    if (!node.storage.is_none()) {
        session->runner->unpersist(node.id, false);
    }
}

std::string whole_path(const Session& session, std::string_view operation, std::string_view path) {
    if (const std::string full = fs::in_full(path); !full.empty()) {
        throw UsageError(ErrorCode::InvalidArgument, std::string(operation) + ": '" +
                                                         std::string(path) +
                                                         "' is a local path; write '" + full + "'");
    }
    std::optional<std::string> relative;
    if (fs::is_relative(path)) {
        relative = path;
    }
    return fs::absolute(path, working_folder(session, operation, relative));
}

Result<std::vector<fs::FileInfo>> expand_input(const Session& session, std::string_view operation,
                                               std::string_view path) {
    return fs::expand(*session.files, path,
                      working_folder(session, operation, fs::first_relative(path)));
}

NodePtr make_parallelize(const SessionPtr& session, std::vector<rdd::Bytes> partitions,
                         rdd::RecordType record, Callsite at) {
    auto node = std::make_shared<Node>(session, "parallelize", at);
    node->node.op = rdd::builtin_operator(rdd::builtin::kParallelize);
    node->node.record = std::move(record);
    node->node.partitions = static_cast<std::int32_t>(partitions.size());
    for (rdd::Bytes& bytes : partitions) {
        node->node.sources.push_back({std::move(bytes), {}});
    }
    return node;
}

NodePtr make_text(const SessionPtr& session, std::string_view path, std::string_view delimiter,
                  bool lines, std::int32_t splits_min, Callsite at) {
    if (delimiter.empty()) {
        throw UsageError(ErrorCode::InvalidArgument, "text_records: the delimiter is empty");
    }
    auto node = std::make_shared<Node>(session, lines ? "text_file" : "text_records", at);
    node->node.op = rdd::builtin_operator(rdd::builtin::kTextRecords);
    node->node.record = rdd::text_record();
    const std::int32_t wanted =
        splits_min > 0 ? splits_min : std::min(session->runner->default_parallelism(), 2);
    auto files = expand_input(*session, node->node.name, path);
    if (!files) {
        node->error = files.error();  // as in Spark, a missing file fails the first action
        return node;
    }
    if (splits_min == 0) {
        node->input_bytes = 0;
    }
    std::vector<rdd::TextFile> listed;
    std::map<std::string, InputPlaces> places;
    bool answers = true;
    for (const fs::FileInfo& file : *files) {
        listed.push_back({file.path, file.size, file.version, file.block_size,
                          fs::codec_of(file.path) != fs::Codec::None});
        places.try_emplace(file.path, *session->files, file, answers);
        if (node->input_bytes) {
            *node->input_bytes += file.size;
        }
    }
    for (const rdd::TextSplit& split :
         rdd::cut_text(listed, std::string(delimiter), lines, wanted)) {
        node->node.sources.push_back(
            {rdd::encode(split), places.at(split.path).hosts(split.begin, split.end)});
    }
    node->node.partitions = static_cast<std::int32_t>(node->node.sources.size());
    return node;
}

NodePtr make_narrow(const NodePtr& parent, std::string_view name, rdd::OperatorRef op,
                    rdd::RecordType record, bool keeps_partitioner, Callsite at) {
    NodePtr node = make_node({parent}, name, at);
    node->node.op = std::move(op);
    node->node.record = std::move(record);
    node->node.partitions = parent->node.partitions;
    node->input_bytes = parent->input_bytes;
    node->node.dependencies.push_back(one_to_one(parent));
    if (keeps_partitioner) {
        node->node.partitioner = parent->node.partitioner;
    }
    return node;
}

NodePtr make_union(const std::vector<NodePtr>& parents, Callsite at) {
    NodePtr node = make_node(parents, "union", at);
    node->node.record = parents.front()->node.record;
    // Parents that are partitioned alike stay so: partition i is theirs, one after the other.
    const auto& partitioner = parents.front()->node.partitioner;
    const bool alike =
        partitioner && std::all_of(parents.begin(), parents.end(), [&](const auto& p) {
            return p->node.partitioner == partitioner;
        });
    if (alike) {
        node->node.partitions = parents.front()->node.partitions;
        node->node.partitioner = partitioner;
        for (const NodePtr& parent : parents) {
            node->node.dependencies.push_back(one_to_one(parent));
        }
        return node;
    }
    for (const NodePtr& parent : parents) {
        Dependency dependency;
        dependency.kind = DependencyKind::Range;
        dependency.parent = parent->node.id;
        dependency.out_start = node->node.partitions;
        dependency.length = parent->node.partitions;
        node->node.partitions += parent->node.partitions;
        node->node.dependencies.push_back(dependency);
    }
    return node;
}

NodePtr make_combine(const NodePtr& parent, std::string_view name, rdd::OperatorRef op,
                     rdd::RecordType record, const Partitioning& by, Callsite at) {
    rdd::OperatorRef create = op;
    return make_aggregate(parent, name, std::move(create), std::move(op), std::move(record), by,
                          at);
}

namespace {

// `merge`: of what `create` has combined before the shuffle; none: `create` takes what comes out of
// it.
NodePtr make_by_key(const NodePtr& parent, std::string_view name, rdd::OperatorRef create,
                    std::optional<rdd::OperatorRef> merge, rdd::RecordType record,
                    const Partitioning& by, Callsite at) {
    Partitioner partitioner = choose_partitioner({parent}, by, name);
    if (partitioned_by(parent, partitioner)) {
        NodePtr narrow = make_narrow(parent, name, std::move(create), std::move(record), true, at);
        order_by_memory(*narrow);
        return narrow;
    }
    NodePtr node = make_node({parent}, name, at);
    Dependency dependency = shuffle_of(parent, std::move(partitioner));
    if (merge) {
        dependency.combine = std::move(create);
        dependency.record = record;
    }
    node->node.op = merge ? std::move(*merge) : std::move(create);
    node->node.record = std::move(record);
    set_shuffled(*node, dependency.partitioner);
    order_by_memory(*node);
    node->node.dependencies.push_back(std::move(dependency));
    return node;
}

}  // namespace

NodePtr make_aggregate(const NodePtr& parent, std::string_view name, rdd::OperatorRef create,
                       rdd::OperatorRef merge, rdd::RecordType record, const Partitioning& by,
                       Callsite at) {
    return make_by_key(parent, name, std::move(create), std::move(merge), std::move(record), by,
                       at);
}

NodePtr make_uncombined(const NodePtr& parent, std::string_view name, rdd::OperatorRef create,
                        rdd::RecordType record, const Partitioning& by, Callsite at) {
    return make_by_key(parent, name, std::move(create), std::nullopt, std::move(record), by, at);
}

NodePtr make_cogroup(const std::vector<NodePtr>& parents, std::string_view name,
                     rdd::OperatorRef op, rdd::RecordType record, const Partitioning& by,
                     Callsite at) {
    NodePtr node = make_node(parents, name, at);
    Partitioner partitioner = choose_partitioner(parents, by, name);
    for (const NodePtr& parent : parents) {
        node->node.dependencies.push_back(partitioned_by(parent, partitioner)
                                              ? one_to_one(parent)
                                              : shuffle_of(parent, partitioner));
    }
    node->node.op = std::move(op);
    node->node.record = std::move(record);
    set_shuffled(*node, std::move(partitioner));
    order_by_memory(*node);
    return node;
}

NodePtr make_partitioned(const NodePtr& parent, std::string_view name, const Partitioning& by,
                         Callsite at) {
    Partitioner partitioner = choose_partitioner({parent}, by, name);
    if (partitioned_by(parent, partitioner)) {
        return parent;
    }
    NodePtr node = make_node({parent}, name, at);
    node->node.record = parent->node.record;
    set_shuffled(*node, partitioner);
    node->node.dependencies.push_back(shuffle_of(parent, std::move(partitioner)));
    return node;
}

NodePtr make_sorted_partitions(const NodePtr& parent, const Partitioning& by, bool ascending,
                               Callsite at) {
    constexpr std::string_view kName = "repartition_and_sort_within_partitions";
    rdd::ByteWriter payload;
    payload.number<std::uint8_t>(ascending ? 1 : 0);
    rdd::OperatorRef sort = rdd::builtin_operator(rdd::builtin::kSort, payload.take());
    Partitioner partitioner = choose_partitioner({parent}, by, kName);
    if (partitioned_by(parent, partitioner)) {
        return make_narrow(parent, kName, std::move(sort), parent->node.record, true, at);
    }
    NodePtr node = make_node({parent}, kName, at);
    node->node.op = std::move(sort);
    node->node.record = parent->node.record;
    set_shuffled(*node, partitioner);
    node->node.dependencies.push_back(shuffle_of(parent, std::move(partitioner)));
    return node;
}

NodePtr make_zipped(const std::vector<NodePtr>& parents, std::string_view name, rdd::OperatorRef op,
                    rdd::RecordType record, Callsite at) {
    NodePtr node = make_node(parents, name, at);
    node->node.op = std::move(op);
    node->node.record = std::move(record);
    node->node.partitions = parents.front()->node.partitions;
    for (const NodePtr& parent : parents) {
        if (!node->error && parent->node.partitions != node->node.partitions) {
            throw UsageError(
                ErrorCode::InvalidArgument,
                std::string(name) + ": can only zip RDDs with the same number of partitions: " +
                    parents.front()->node.name + " has " + std::to_string(node->node.partitions) +
                    " and " + parent->node.name + " has " +
                    std::to_string(parent->node.partitions));
        }
        node->node.dependencies.push_back(one_to_one(parent));
    }
    depend_on_order(node);
    return node;
}

NodePtr make_cartesian(const NodePtr& left, const NodePtr& right, rdd::OperatorRef op,
                       rdd::RecordType record, Callsite at) {
    NodePtr node = make_node({right, left}, "cartesian", at);
    const std::int64_t rows = left->node.partitions;
    const std::int64_t columns = right->node.partitions;
    if (rows * columns > INT32_MAX) {
        throw UsageError(ErrorCode::InvalidArgument,
                         "cartesian: " + std::to_string(rows) + " by " + std::to_string(columns) +
                             " partitions are too many; coalesce one of the RDDs first");
    }
    node->node.op = std::move(op);
    node->node.record = std::move(record);
    node->node.partitions = static_cast<std::int32_t>(rows * columns);
    Dependency column;
    column.kind = DependencyKind::Strided;
    column.parent = right->node.id;
    column.length = node->node.partitions;
    column.modulo = std::max(right->node.partitions, 1);
    Dependency row = column;
    row.parent = left->node.id;
    row.divide = column.modulo;
    row.modulo = std::max(left->node.partitions, 1);
    node->node.dependencies = {column, row};
    return node;
}

std::vector<RddDependency> dependencies_of(const NodePtr& node) {
    std::vector<RddDependency> all;
    const std::lock_guard lock(node->session->lineage);
    for (std::size_t i = 0; i < node->parents.size(); ++i) {
        const rdd::RddNode& parent = node->parents[i]->node;
        const bool known = std::ranges::any_of(
            all, [&](const RddDependency& one) { return one.rdd == parent.id.value; });
        if (!known) {
            all.push_back({parent.id.value, parent.name,
                           node->node.dependencies[i].kind == DependencyKind::Shuffle});
        }
    }
    return all;
}

std::vector<std::vector<std::string>> hosts_of_partitions(const NodePtr& node) {
    std::vector<std::vector<std::string>> hosts(static_cast<std::size_t>(node->node.partitions));
    const rdd::Plan plan = make_plan(node);
    const bool placed = std::ranges::any_of(plan.nodes, [](const rdd::RddNode& one) {
        return std::ranges::any_of(
            one.sources, [](const rdd::SourcePartition& source) { return !source.hosts.empty(); });
    });
    for (std::size_t i = 0; placed && i < hosts.size(); ++i) {
        hosts[i] = rdd::preferred_hosts(plan, node->node.id, static_cast<rdd::Partition>(i));
    }
    return hosts;
}

std::vector<std::int32_t> tree_rounds(std::int32_t partitions, int depth) {
    if (depth < 1) {
        throw UsageError(
            ErrorCode::InvalidArgument,
            "the depth of a tree is " + std::to_string(depth) + "; it has to be 1 or more");
    }
    const auto scale = static_cast<std::int32_t>(
        std::max(std::ceil(std::pow(std::max(partitions, 1), 1.0 / depth)), 2.0));
    std::vector<std::int32_t> rounds;
    // As Spark: a round that would not save as many merges as it starts tasks is left out.
    while (partitions > scale + (partitions + scale - 1) / scale) {
        partitions /= scale;
        rounds.push_back(partitions);
    }
    return rounds;
}

void depend_on_order(const NodePtr& node) {
    if (node->node.determinism == Determinism::Unordered) {
        node->node.determinism = Determinism::Indeterminate;
    }
}

Partitioner function_partitioner(rdd::OperatorRef function, std::int32_t partitions) {
    if (partitions <= 0) {
        throw UsageError(ErrorCode::InvalidArgument, "a partitioner: the number of partitions is " +
                                                         std::to_string(partitions) +
                                                         "; it has to be positive");
    }
    Partitioner partitioner;
    partitioner.kind = PartitionerKind::Function;
    partitioner.partitions = partitions;
    rdd::ByteWriter payload;
    write(payload, function);
    partitioner.payload = payload.take();
    return partitioner;
}

std::optional<rdd::Partition> partition_of_key(const Node& node, const void* key,
                                               std::uint64_t hash) {
    const auto& partitioner = node.node.partitioner;
    if (partitioner && partitioner->kind == PartitionerKind::Hash) {
        return static_cast<rdd::Partition>(
            rdd::partition_of(hash, static_cast<std::uint32_t>(partitioner->partitions)));
    }
    if (!partitioner || partitioner->kind != PartitionerKind::Function) {
        return std::nullopt;
    }
    rdd::ByteReader in(partitioner->payload);
    rdd::OperatorRef op;
    read(in, op);
    const auto entry = rdd::find_registered(op);
    CHECK(entry && (*entry)->make_key_partition != nullptr);  // it was made here
    std::int64_t found = -1;
    try {
        found = (*entry)->make_key_partition(op.payload)->of(key);
    } catch (...) {
        return std::nullopt;  // one that works in tasks only: it may read a broadcast variable
    }
    if (found < 0 || found >= partitioner->partitions) {
        return std::nullopt;  // no record has this key, or the job that looks will say so
    }
    return static_cast<rdd::Partition>(found);
}

NodePtr make_repartition(const NodePtr& parent, std::int32_t partitions, Callsite at) {
    if (partitions <= 0) {
        throw UsageError(ErrorCode::InvalidArgument,
                         "repartition: the number of partitions is " + std::to_string(partitions));
    }
    NodePtr node = make_node({parent}, "repartition", at);
    Partitioner partitioner;
    partitioner.kind = PartitionerKind::RoundRobin;
    partitioner.partitions = partitions;
    node->node.record = parent->node.record;
    set_shuffled(*node, partitioner);
    node->node.dependencies.push_back(shuffle_of(parent, std::move(partitioner)));
    return node;
}

Partitioner range_partitioner(const NodePtr& parent, std::string_view operation, bool ascending,
                              std::int32_t partitions, const BoundsOf& bounds_of, Callsite at) {
    constexpr std::uint64_t kSamplesPerPartition = 20;  // of the output, as in Spark
    constexpr std::uint64_t kSampleLimit = 1'000'000;
    require_partitions(partitions, operation);
    Partitioner partitioner;
    partitioner.kind = PartitionerKind::Range;
    partitioner.partitions = partitions != 0 ? partitions : std::max(parent->node.partitions, 1);
    partitioner.ascending = ascending;
    rdd::ByteWriter none;
    none.text({});
    none.count(0);
    partitioner.payload = none.take();
    if (partitioner.partitions > 1 && !parent->error && parent->node.partitions > 0) {
        const std::uint64_t wanted =
            std::min(kSamplesPerPartition * static_cast<std::uint64_t>(partitioner.partitions),
                     kSampleLimit);
        const auto inputs = static_cast<std::uint64_t>(parent->node.partitions);
        rdd::ByteWriter payload;
        payload.number<std::uint64_t>((3 * wanted + inputs - 1) / inputs);
        payload.number<std::uint64_t>(static_cast<std::uint64_t>(parent->node.id.value));
        const auto samples = run_plain_job(
            parent, rdd::builtin_operator(rdd::builtin::kSample, payload.take()), at, operation);
        partitioner.payload = bounds_of(samples, partitioner.partitions);
    }
    return partitioner;
}

NodePtr make_sort(const NodePtr& parent, bool ascending, std::int32_t partitions,
                  const BoundsOf& bounds_of, Callsite at) {
    NodePtr node = make_node({parent}, "sort_by_key", at);
    Partitioner partitioner =
        range_partitioner(parent, "sort_by_key", ascending, partitions, bounds_of, at);
    rdd::ByteWriter payload;
    payload.number<std::uint8_t>(ascending ? 1 : 0);
    node->node.op = rdd::builtin_operator(rdd::builtin::kSort, payload.take());
    node->node.record = parent->node.record;
    set_shuffled(*node, partitioner);
    node->node.dependencies.push_back(shuffle_of(parent, std::move(partitioner)));
    return node;
}

void require_defined(const NodePtr& node) {
    if (node->error) {
        throw UsageError(node->error->code, node->error->message);
    }
}

namespace {

void collect_nodes(const NodePtr& node, std::set<std::int32_t>& seen,
                   std::vector<const Node*>& out) {
    if (!seen.insert(node->node.id.value).second) {
        return;
    }
    for (const NodePtr& parent : node->parents) {
        collect_nodes(parent, seen, out);
    }
    out.push_back(node.get());
}

}  // namespace

rdd::Plan make_plan(const NodePtr& root) {
    const std::lock_guard lock(root->session->lineage);
    std::set<std::int32_t> seen;
    std::vector<const Node*> nodes;
    collect_nodes(root, seen, nodes);
    std::sort(nodes.begin(), nodes.end(),
              [](const Node* a, const Node* b) { return a->node.id < b->node.id; });
    rdd::Plan plan;
    plan.nodes.reserve(nodes.size());
    for (const Node* node : nodes) {
        plan.nodes.push_back(node->node);
    }
    return plan;
}

}  // namespace heddle::api
