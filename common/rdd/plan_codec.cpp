// Plans as bytes. Field order is the format; kRuntimeVersion in registry.h changes with it.
#include "common/rdd/plan.h"

namespace heddle::rdd {

Status check_stage(const StagePlan& stage);  // plan.cpp

void write(ByteWriter& out, const OperatorRef& op) {
    out.number(op.kind);
    out.number(op.ordinal);
    out.number(op.type_hash);
    out.text(op.name);
    out.number(op.version);
    out.text(op.payload);
}

void read(ByteReader& in, OperatorRef& op) {
    op.kind = in.enumerator(OperatorKind::Python);
    op.ordinal = in.number<std::uint32_t>();
    op.type_hash = in.number<std::uint64_t>();
    op.name = in.text();
    op.version = in.number<std::uint32_t>();
    op.payload = in.text();
}

void write(ByteWriter& out, const RecordType& type) {
    out.number(type.kind);
    out.number(type.ordinal);
    out.number(type.type_hash);
    out.text(type.name);
}

void read(ByteReader& in, RecordType& type) {
    type.kind = in.enumerator(OperatorKind::Python);
    type.ordinal = in.number<std::uint32_t>();
    type.type_hash = in.number<std::uint64_t>();
    type.name = in.text();
}

void write(ByteWriter& out, const StorageLevel& level) {
    out.number<std::uint8_t>(level.memory ? 1 : 0);
    out.number<std::uint8_t>(level.disk ? 1 : 0);
    out.number<std::uint8_t>(level.deserialized ? 1 : 0);
    out.number(level.replicas);
}

void read(ByteReader& in, StorageLevel& level) {
    level.memory = in.boolean();
    level.disk = in.boolean();
    level.deserialized = in.boolean();
    level.replicas = in.number<std::uint8_t>();
}

namespace {

void write(ByteWriter& out, const Partitioner& partitioner) {
    out.number(partitioner.kind);
    out.number(partitioner.partitions);
    out.number<std::uint8_t>(partitioner.ascending ? 1 : 0);
    out.text(partitioner.payload);
}

void read(ByteReader& in, Partitioner& partitioner) {
    partitioner.kind = in.enumerator(PartitionerKind::Function);
    partitioner.partitions = in.number<std::int32_t>();
    partitioner.ascending = in.boolean();
    partitioner.payload = in.text();
}

void write(ByteWriter& out, const Dependency& dependency) {
    out.number(dependency.kind);
    out.number(dependency.parent.value);
    if (dependency.kind == DependencyKind::Range || dependency.kind == DependencyKind::Strided) {
        out.number(dependency.out_start);
        out.number(dependency.in_start);
        out.number(dependency.length);
    }
    if (dependency.kind == DependencyKind::Strided) {
        out.number(dependency.divide);
        out.number(dependency.modulo);
        out.number(dependency.stride);
    }
    if (dependency.kind == DependencyKind::Shuffle) {
        out.number(dependency.shuffle.value);
        write(out, dependency.partitioner);
        write(out, dependency.combine);
        write(out, dependency.record);
    }
}

void read(ByteReader& in, Dependency& dependency) {
    dependency.kind = in.enumerator(DependencyKind::Strided);
    dependency.parent.value = in.number<std::int32_t>();
    if (dependency.kind == DependencyKind::Range || dependency.kind == DependencyKind::Strided) {
        dependency.out_start = in.number<std::int32_t>();
        dependency.in_start = in.number<std::int32_t>();
        dependency.length = in.number<std::int32_t>();
    }
    if (dependency.kind == DependencyKind::Strided) {
        dependency.divide = in.number<std::int32_t>();
        dependency.modulo = in.number<std::int32_t>();
        dependency.stride = in.number<std::int32_t>();
    }
    if (dependency.kind == DependencyKind::Shuffle) {
        dependency.shuffle.value = in.number<std::int32_t>();
        read(in, dependency.partitioner);
        read(in, dependency.combine);
        read(in, dependency.record);
    }
}

void write(ByteWriter& out, const SourcePartition& source) {
    out.text(source.payload);
    out.count(source.hosts.size());
    for (const std::string& host : source.hosts) {
        out.text(host);
    }
}

void read(ByteReader& in, SourcePartition& source) {
    source.payload = in.text();
    source.hosts.resize(in.count_of(1));
    for (std::string& host : source.hosts) {
        host = in.text();
    }
}

void write(ByteWriter& out, const RddNode& node) {
    out.number(node.id.value);
    out.text(node.name);
    out.text(node.callsite);
    write(out, node.op);
    write(out, node.record);
    out.count(node.dependencies.size());
    for (const Dependency& dependency : node.dependencies) {
        write(out, dependency);
    }
    out.number(node.partitions);
    out.number<std::uint8_t>(node.partitioner ? 1 : 0);
    if (node.partitioner) {
        write(out, *node.partitioner);
    }
    write(out, node.storage);
    out.number(node.determinism);
    out.count(node.sources.size());
    for (const SourcePartition& source : node.sources) {
        write(out, source);
    }
    out.number<std::uint8_t>(node.barrier ? 1 : 0);
    out.number(node.task_cpus);
}

void read(ByteReader& in, RddNode& node) {
    node.id.value = in.number<std::int32_t>();
    node.name = in.text();
    node.callsite = in.text();
    read(in, node.op);
    read(in, node.record);
    node.dependencies.resize(in.count_of(5));
    for (Dependency& dependency : node.dependencies) {
        read(in, dependency);
    }
    node.partitions = in.number<std::int32_t>();
    if (in.boolean()) {
        read(in, node.partitioner.emplace());
    }
    read(in, node.storage);
    node.determinism = in.enumerator(Determinism::Indeterminate);
    node.sources.resize(in.count_of(2));
    for (SourcePartition& source : node.sources) {
        read(in, source);
    }
    node.barrier = in.boolean();
    node.task_cpus = in.number<std::int32_t>();
}

void write(ByteWriter& out, const std::vector<RddNode>& nodes) {
    out.count(nodes.size());
    for (const RddNode& node : nodes) {
        write(out, node);
    }
}

void read(ByteReader& in, std::vector<RddNode>& nodes) {
    nodes.resize(in.count_of(32));  // less than the fixed fields of a node take
    for (RddNode& node : nodes) {
        read(in, node);
    }
}

}  // namespace

Bytes encode(const Plan& plan) {
    ByteWriter out;
    write(out, plan.nodes);
    return out.take();
}

Result<Plan> decode_plan(std::string_view bytes) {
    ByteReader in(bytes);
    Plan plan;
    read(in, plan.nodes);
    TRY(in.status("plan"));
    TRY(check(plan));
    return plan;
}

Bytes encode(const StagePlan& stage) {
    ByteWriter out;
    out.number(stage.root.value);
    out.number(stage.output);
    write(out, stage.shuffle);
    write(out, stage.action);
    write(out, stage.nodes);
    out.count(stage.properties.size());
    for (const auto& [name, value] : stage.properties) {
        out.text(name);
        out.text(value);
    }
    out.number(stage.task_cpus);
    out.count(stage.files.size());
    for (const SharedFile& file : stage.files) {
        out.text(file.name);
        out.text(file.path);
        out.number(file.content.id.value);
        out.number(file.content.bytes);
        out.number(file.content.chunk_bytes);
    }
    return out.take();
}

Result<StagePlan> decode_stage_plan(std::string_view bytes) {
    ByteReader in(bytes);
    StagePlan stage;
    stage.root.value = in.number<std::int32_t>();
    stage.output = in.enumerator(StagePlan::Output::Result);
    read(in, stage.shuffle);
    read(in, stage.action);
    read(in, stage.nodes);
    for (std::size_t left = in.count_of(2); left > 0 && !in.failed(); --left) {
        const std::string name(in.text());
        stage.properties[name] = in.text();
    }
    stage.task_cpus = in.number<std::int32_t>();
    stage.files.resize(in.count_of(26));  // two empty texts and three numbers
    for (SharedFile& file : stage.files) {
        file.name = in.text();
        file.path = in.text();
        file.content.id.value = in.number<std::int64_t>();
        file.content.bytes = in.number<std::uint64_t>();
        file.content.chunk_bytes = in.number<std::uint64_t>();
    }
    TRY(in.status("stage plan"));
    TRY(check_stage(stage));
    return stage;
}

}  // namespace heddle::rdd
