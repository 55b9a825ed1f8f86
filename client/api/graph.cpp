// Building nodes: partitions, partitioners, shuffles, determinism.
#include "client/api/graph.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "client/api/errors.h"
#include "common/rdd/builtins.h"
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

// A node with parents in the order of its dependencies, which the caller adds.
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

Dependency shuffle_of(const NodePtr& parent, Partitioner partitioner) {
    Dependency dependency;
    dependency.kind = DependencyKind::Shuffle;
    dependency.parent = parent->node.id;
    dependency.shuffle.value = parent->session->next_shuffle++;
    dependency.partitioner = std::move(partitioner);
    dependency.record = parent->node.record;
    return dependency;
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

void require_partitions(std::int32_t partitions, const char* operation) {
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

bool hashed_into(const NodePtr& parent, std::int32_t partitions) {
    const auto& partitioner = parent->node.partitioner;
    return partitioner && partitioner->kind == PartitionerKind::Hash &&
           (partitions == 0 || partitioner->partitions == partitions);
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
    std::optional<std::string> relative;
    if (fs::is_relative(path)) {
        relative = path;
    }
    return fs::absolute(path, working_folder(session, operation, relative));
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
    auto files = fs::expand(*session->files, path,
                            working_folder(*session, node->node.name, fs::first_relative(path)));
    if (!files) {
        node->error = files.error();  // as in Spark, a missing file fails the first action
        return node;
    }
    std::vector<rdd::TextFile> listed;
    for (const fs::FileInfo& file : *files) {
        listed.push_back({file.path, file.size});
    }
    for (const rdd::TextSplit& split :
         rdd::cut_text(listed, std::string(delimiter), lines, wanted)) {
        node->node.sources.push_back({rdd::encode(split), {}});
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
                     rdd::RecordType record, std::int32_t partitions, Callsite at) {
    require_partitions(partitions, "reduce_by_key");
    if (hashed_into(parent, partitions)) {
        return make_narrow(parent, name, std::move(op), std::move(record), true, at);
    }
    NodePtr node = make_node({parent}, name, at);
    const std::int32_t count = partitions != 0 ? partitions : std::max(parent->node.partitions, 1);
    Dependency dependency = shuffle_of(parent, hash_partitioner(count));
    dependency.combine = op;
    node->node.op = std::move(op);
    node->node.record = std::move(record);
    set_shuffled(*node, dependency.partitioner);
    node->node.dependencies.push_back(std::move(dependency));
    return node;
}

NodePtr make_join(const NodePtr& left, const NodePtr& right, rdd::OperatorRef op,
                  rdd::RecordType record, std::int32_t partitions, Callsite at) {
    require_partitions(partitions, "join");
    NodePtr node = make_node({left, right}, "join", at);
    std::int32_t count = partitions;
    if (count == 0) {  // an existing partitioning saves a shuffle; the larger one wins
        const std::int32_t a = hashed_into(left, 0) ? left->node.partitions : 0;
        const std::int32_t b = hashed_into(right, 0) ? right->node.partitions : 0;
        count = std::max(a, b);
        if (count == 0) {
            count = std::max({left->node.partitions, right->node.partitions, 1});
        }
    }
    for (const NodePtr& parent : {left, right}) {
        node->node.dependencies.push_back(hashed_into(parent, count)
                                              ? one_to_one(parent)
                                              : shuffle_of(parent, hash_partitioner(count)));
    }
    node->node.op = std::move(op);
    node->node.record = std::move(record);
    set_shuffled(*node, hash_partitioner(count));
    return node;
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

NodePtr make_sort(const NodePtr& parent, bool ascending, std::int32_t partitions,
                  const BoundsOf& bounds_of, Callsite at) {
    constexpr std::uint64_t kSamplesPerPartition = 20;  // of the output, as in Spark
    constexpr std::uint64_t kSampleLimit = 1'000'000;
    require_partitions(partitions, "sort_by_key");
    NodePtr node = make_node({parent}, "sort_by_key", at);
    Partitioner partitioner;
    partitioner.kind = PartitionerKind::Range;
    partitioner.partitions = partitions != 0 ? partitions : std::max(parent->node.partitions, 1);
    partitioner.ascending = ascending;
    rdd::ByteWriter none;
    none.count(0);
    partitioner.payload = none.take();
    if (partitioner.partitions > 1 && !node->error && parent->node.partitions > 0) {
        const std::uint64_t wanted =
            std::min(kSamplesPerPartition * static_cast<std::uint64_t>(partitioner.partitions),
                     kSampleLimit);
        const auto inputs = static_cast<std::uint64_t>(parent->node.partitions);
        rdd::ByteWriter payload;
        payload.number<std::uint64_t>((3 * wanted + inputs - 1) / inputs);
        payload.number<std::uint64_t>(static_cast<std::uint64_t>(node->node.id.value));
        const auto samples =
            run_job(parent, rdd::builtin_operator(rdd::builtin::kSample, payload.take()), at);
        partitioner.payload = bounds_of(samples, partitioner.partitions);
    }
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

std::string debug_string(const NodePtr& root) {
    std::string text;
    const std::function<void(const NodePtr&, std::size_t)> add = [&](const NodePtr& node,
                                                                     std::size_t depth) {
        text += std::string(depth * 2, ' ') + "(" + std::to_string(node->node.partitions) + ") " +
                node->node.name + " [" + std::to_string(node->node.id.value) + "]";
        if (!node->node.callsite.empty()) {
            text += " at " + node->node.callsite;
        }
        if (!node->node.storage.is_none()) {
            text += " [" + describe(node->node.storage) + "]";
        }
        text += '\n';
        for (std::size_t i = 0; i < node->parents.size(); ++i) {
            const bool shuffle = node->node.dependencies[i].kind == DependencyKind::Shuffle;
            add(node->parents[i], depth + (shuffle ? 2 : 1));
        }
    };
    add(root, 0);
    return text;
}

}  // namespace heddle::api
