// Marking, writing and reading checkpoints.
//
// A checkpoint is a folder with a file per partition ("part-00000") and "_checkpoint", which says
// what the records are. It is an output (common/fs/file_system.h) whose mark is "_checkpoint", so
// that it is there complete or is not there.
#include "client/api/checkpoint.h"

#include <algorithm>
#include <functional>
#include <set>
#include <utility>
#include <vector>

#include "client/api/errors.h"
#include "client/api/future_action.h"
#include "client/api/output_end.h"
#include "common/base/random_word.h"
#include "common/rdd/builtins.h"
#include "common/rdd/save_target.h"

namespace heddle::api {

namespace {

constexpr std::string_view kMagic = "heddle checkpoint 1";
constexpr std::uint64_t kMetaBytesMax = std::uint64_t{64} << 20;  // range bounds may be long

void throw_if(const Status& status, const std::string& what) {
    if (!status) {
        throw UsageError(status.error().code, what + ": " + status.error().message);
    }
}

std::string part_path(const std::string& folder, rdd::Partition partition) {
    return folder + "/" + rdd::part_name(partition);
}

rdd::Bytes describe_records(const Node& node) {
    rdd::ByteWriter out;
    out.text(kMagic);
    out.text(node.checkpoint.type);
    out.number(node.node.partitions);
    rdd::Partitioner partitioner = node.node.partitioner.value_or(rdd::Partitioner{});
    if (partitioner.kind == rdd::PartitionerKind::Function) {
        // Another build, which may read this, may deal keys out in another way.
        partitioner = {};
    }
    out.number(partitioner.kind);
    out.number(partitioner.partitions);
    out.number<std::uint8_t>(partitioner.ascending ? 1 : 0);
    out.text(partitioner.payload);
    return out.take();
}

struct Description {
    std::string type;
    std::int32_t partitions = 0;
    rdd::Partitioner partitioner;
};

Result<Description> read_description(std::string_view bytes) {
    rdd::ByteReader in(bytes);
    if (in.text() != kMagic) {
        in.fail();
    }
    Description found;
    found.type = in.text();
    found.partitions = in.number<std::int32_t>();
    found.partitioner.kind = in.enumerator(rdd::PartitionerKind::Supplied);
    found.partitioner.partitions = in.number<std::int32_t>();
    found.partitioner.ascending = in.boolean();
    found.partitioner.payload = in.text();
    if (found.partitions < 0) {
        in.fail();
    }
    TRY(in.status("description of a checkpoint"));
    return found;
}

// The node becomes a source. Shuffles that only it has read go, as with a node that ends.
void cut_lineage(Node& node, std::string_view source, std::vector<rdd::SourcePartition> sources) {
    std::vector<NodePtr> parents;  // end after the lock
    std::vector<rdd::ShuffleId> shuffles;
    {
        const std::lock_guard lock(node.session->lineage);
        for (const rdd::Dependency& dependency : node.node.dependencies) {
            if (dependency.kind == rdd::DependencyKind::Shuffle) {
                shuffles.push_back(dependency.shuffle);
            }
        }
        node.node.dependencies.clear();
        node.node.op = rdd::builtin_operator(source);
        node.node.sources = std::move(sources);
        node.node.determinism = rdd::Determinism::Determinate;
        parents.swap(node.parents);
        node.checkpoint.done = true;
    }
    for (const rdd::ShuffleId shuffle : shuffles) {
        node.session->runner->release_shuffle(shuffle);
    }
}

void write_reliable(const NodePtr& node, Callsite at) {
    fs::FileSystem& files = *node->session->files;
    const std::string target = node->checkpoint.folder;
    const auto place = files.begin_output(target, output_owner("staging"));
    throw_if(place ? Status() : Status(place.error()), "checkpoint");
    OutputEnd end(files, *place);
    const std::vector<rdd::Bytes> winners = run_watched_job(
        node,
        rdd::builtin_operator(rdd::builtin::kSaveCheckpoint,
                              rdd::encode(rdd::SaveTarget{*place, {}})),
        all_partitions(node), at, {}, {{}, [&end](const rdd::Bytes& token) { end.add(token); }});
    std::vector<rdd::SourcePartition> sources;
    std::vector<fs::OutputPart> parts;
    for (std::size_t i = 0; i < winners.size(); ++i) {
        const auto partition = static_cast<rdd::Partition>(i);
        parts.push_back({rdd::part_name(partition), winners[i]});
        sources.push_back({part_path(target, partition), {}});
    }
    throw_if(files.commit_output(*place, target, parts, {"_checkpoint", describe_records(*node)}),
             "checkpoint");
    end.committed();
    cut_lineage(*node, rdd::builtin::kCheckpoint, std::move(sources));
}

void write_local(const NodePtr& node, Callsite at) {
    // Partitions that the first job has not computed, or that were evicted.
    (void)run_plain_job(node, rdd::builtin_operator(rdd::builtin::kDrain), at);
    std::vector<rdd::SourcePartition> sources;
    for (rdd::Partition p = 0; p < node->node.partitions; ++p) {
        sources.push_back({std::to_string(p), {}});
    }
    cut_lineage(*node, rdd::builtin::kLocalCheckpoint, std::move(sources));
}

}  // namespace

void set_checkpoint_dir(Session& session, std::string_view path) {
    const std::string what = "set_checkpoint_dir";
    // Of this driver alone: the application's next attempt begins again.
    const std::string folder = whole_path(session, what, path) + "/" +
                               session.runner->application_id() + "-" + random_word();
    throw_if(session.files->make_folders(folder), what);
    session.checkpoint_folder = folder;
}

void mark_checkpoint(const NodePtr& node, const rdd::RecordFace& face) {
    if (!node->checkpoint.folder.empty()) {
        return;
    }
    const std::string name = "RDD " + std::to_string(node->node.id.value);
    if (node->checkpoint.local) {
        throw UsageError(ErrorCode::Conflict,
                         "checkpoint: " + name + " is marked for a local checkpoint already");
    }
    if (node->session->checkpoint_folder.empty()) {
        throw UsageError(ErrorCode::InvalidArgument,
                         "checkpoint: there is no folder for checkpoints; call "
                         "context.set_checkpoint_dir(path) before");
    }
    node->checkpoint.folder =
        node->session->checkpoint_folder + "/rdd-" + std::to_string(node->node.id.value);
    node->checkpoint.type = face.name;
}

void mark_local_checkpoint(const NodePtr& node) {
    if (!node->checkpoint.folder.empty()) {
        throw UsageError(ErrorCode::Conflict, "local_checkpoint: RDD " +
                                                  std::to_string(node->node.id.value) +
                                                  " is marked for a checkpoint already");
    }
    if (node->node.storage.is_none()) {
        persist(node, rdd::kMemoryAndDisk);
    } else {
        node->node.storage.disk = true;  // evicted from memory, it could not be computed again
    }
    node->checkpoint.local = true;
}

bool is_checkpointed(const NodePtr& node) {
    return node->checkpoint.done;
}

bool is_locally_checkpointed(const NodePtr& node) {
    return node->checkpoint.done && node->checkpoint.local;
}

std::optional<std::string> checkpoint_file(const NodePtr& node) {
    if (!node->checkpoint.done || node->checkpoint.local) {
        return std::nullopt;
    }
    return node->checkpoint.folder;
}

void write_checkpoints(const NodePtr& root, Callsite at) {
    std::vector<NodePtr> marked;
    std::set<const Node*> seen;
    {
        const std::lock_guard lock(root->session->lineage);
        // Children first, as in Spark: what is above a checkpoint need not be written for its sake.
        const std::function<void(const NodePtr&)> walk = [&](const NodePtr& node) {
            if (!seen.insert(node.get()).second) {
                return;
            }
            Node::Checkpoint& checkpoint = node->checkpoint;
            const bool wanted = checkpoint.local || !checkpoint.folder.empty();
            if (wanted && !checkpoint.done && !checkpoint.writing) {
                checkpoint.writing = true;
                marked.push_back(node);
            }
            for (const NodePtr& parent : node->parents) {
                walk(parent);
            }
        };
        walk(root);
    }
    for (const NodePtr& node : marked) {
        try {
            node->checkpoint.local ? write_local(node, at) : write_reliable(node, at);
        } catch (...) {
            for (const NodePtr& other : marked) {
                other->checkpoint.writing = false;
            }
            throw;
        }
        node->checkpoint.writing = false;
    }
}

NodePtr read_checkpoint(const SessionPtr& session, std::string_view path, rdd::RecordType record,
                        const rdd::RecordFace& face, Callsite at) {
    const std::string what = "checkpoint_file";
    const std::string folder = whole_path(*session, what, path);
    auto view = session->files->view(folder + "/_checkpoint", 0, kMetaBytesMax, {});
    throw_if(view ? Status() : Status(view.error()), what + ": '" + folder + "' is no checkpoint");
    const auto found = read_description((*view)->bytes());
    throw_if(found ? Status() : Status(found.error()), what + ": '" + folder + "'");
    if (found->type != face.name) {
        throw UsageError(ErrorCode::InvalidArgument, what + ": '" + folder +
                                                         "' holds records of type " + found->type +
                                                         ", asked for was " + face.name);
    }
    auto node = std::make_shared<Node>(session, what, at);
    node->node.op = rdd::builtin_operator(rdd::builtin::kCheckpoint);
    node->node.record = std::move(record);
    node->node.partitions = found->partitions;
    if (found->partitioner.kind != rdd::PartitionerKind::None) {
        node->node.partitioner = found->partitioner;
    }
    for (rdd::Partition p = 0; p < found->partitions; ++p) {
        const std::string part = part_path(folder, p);
        throw_if(session->files->stat(part) ? Status()
                                            : Status(Error{ErrorCode::NotFound, "no file " + part}),
                 what + ": '" + folder + "' is not complete");
        node->node.sources.push_back({part, {}});
    }
    return node;
}

}  // namespace heddle::api
