// Running jobs, and the actions that need no record type.
#include <algorithm>
#include <numeric>
#include <set>

#include "client/api/checkpoint.h"
#include "client/api/errors.h"
#include "client/api/future_action.h"
#include "client/api/graph.h"
#include "client/api/job_control.h"
#include "client/api/output_end.h"
#include "client/api/partition_jobs.h"
#include "common/base/check.h"
#include "common/base/log.h"
#include "common/rdd/builtins.h"
#include "common/rdd/save_target.h"
#include "common/rdd/scope.h"

namespace heddle::api {

using rdd::Bytes;
using rdd::Partition;

namespace {

driver::JobRunner& runner_of(const NodePtr& node) {
    if (node->session->runner == nullptr) {
        throw UsageError(
            ErrorCode::Conflict,
            "the context of RDD " + std::to_string(node->node.id.value) + " has been stopped");
    }
    return *node->session->runner;
}

void throw_if(const Status& status) {
    if (!status) {
        throw UsageError(status.error().code, status.error().message);
    }
}

// Throws UsageError unless the folder that is to hold `target` is there.
void require_parent(const Session& session, const std::string& what, const std::string& target) {
    const std::string folder = fs::parent_of(target);
    const auto parent = session.files->stat(folder);
    if (!parent && parent.error().code != ErrorCode::NotFound &&
        parent.error().code != ErrorCode::Internal) {
        throw UsageError(parent.error().code, what + parent.error().message);
    }
    if (!parent) {
        throw UsageError(ErrorCode::NotFound,
                         what + "folder '" + folder + "' does not exist; create it first");
    }
    if (!parent->folder) {
        throw UsageError(ErrorCode::InvalidArgument,
                         what + "'" + folder + "' is a file, not a folder that could hold '" +
                             target.substr(target.rfind('/') + 1) + "'");
    }
}

// The whole path of an output that can be made: nothing is there and its parent is a folder. Throws
// UsageError.
std::string new_output(const Session& session, std::string_view operation, std::string_view path) {
    const std::string what = std::string(operation) + ": ";
    std::string target = whole_path(session, operation, path);
    while (target.size() > 1 && target.ends_with('/')) {
        target.pop_back();
    }
    const auto there = session.files->stat(target);
    if (there) {
        throw UsageError(ErrorCode::AlreadyExists, what + "output path '" + target +
                                                       "' already exists; remove it or choose "
                                                       "another");
    }
    if (const ErrorCode code = there.error().code; code != ErrorCode::NotFound &&
                                                   code != ErrorCode::Internal &&
                                                   code != ErrorCode::PermissionDenied) {
        throw UsageError(code, what + there.error().message);
    }
    if (session.files->has_folders(target)) {
        require_parent(session, what, target);
    }
    return target;
}

// "collect at main.cpp:42"
std::string place_of(std::string_view operation, Callsite at) {
    const std::string_view file(at.file);
    return std::string(operation) + " at " + std::string(file.substr(file.rfind('/') + 1)) + ":" +
           std::to_string(at.line);
}

}  // namespace

void throw_user_failure(std::string_view operation, Callsite at, const rdd::RecordFace& face,
                        const void* row) {
    rdd::TaskFailure failure = rdd::user_failure(place_of(operation, at), &face, row);
    const std::string message =
        "the driver failed to merge what the tasks answered: " + rdd::describe(failure);
    throw JobFailed(ErrorCode::Internal, message, -1, std::move(failure));
}

std::uint64_t records_in(std::string_view answer) {
    rdd::ByteReader in(answer);
    return in.count();
}

namespace {

std::vector<Bytes> run_on(const NodePtr& root, rdd::OperatorRef action,
                          const std::vector<Partition>& partitions, Callsite at,
                          std::string_view operation, const JobWatch& watch = {}) {
    require_defined(root);
    driver::JobRunner& runner = runner_of(root);
    driver::JobRequest request;
    request.plan = make_plan(root);
    throw_if(rdd::check(request.plan));
    request.rdd = root->node.id;
    request.description = place_of(operation.empty() ? action.name : operation, at);
    request.properties = job_properties(*root->session);
    request.action = std::move(action);
    request.partitions = partitions;

    std::vector<std::size_t> slot_of(static_cast<std::size_t>(root->node.partitions), SIZE_MAX);
    for (std::size_t i = 0; i < partitions.size(); ++i) {
        slot_of[static_cast<std::size_t>(partitions[i])] = i;
    }
    std::vector<Bytes> answers(partitions.size());
    request.on_result = [&](Partition partition, Bytes value) -> Status {
        const auto index = static_cast<std::size_t>(partition);
        CHECK(partition >= 0 && index < slot_of.size() && slot_of[index] != SIZE_MAX);
        if (watch.answered) {
            watch.answered(value);
        }
        answers[slot_of[index]] = std::move(value);
        return {};
    };
    if (partitions.empty()) {
        return answers;
    }
    const rdd::JobId job = runner.submit(std::move(request));
    if (watch.submitted) {
        watch.submitted(job);
    }
    if (const auto failure = runner.wait(job)) {
        throw JobFailed(failure->code, failure->message, failure->partition, failure->cause);
    }
    return answers;
}

}  // namespace

std::vector<Bytes> run_job(const NodePtr& root, rdd::OperatorRef action,
                           const std::vector<Partition>& partitions, Callsite at,
                           std::string_view operation) {
    std::vector<Bytes> answers = run_on(root, std::move(action), partitions, at, operation);
    write_checkpoints(root, at);
    return answers;
}

std::vector<Bytes> run_job(const NodePtr& root, rdd::OperatorRef action, Callsite at,
                           std::string_view operation) {
    return run_job(root, std::move(action), all_partitions(root), at, operation);
}

std::vector<Bytes> run_plain_job(const NodePtr& root, rdd::OperatorRef action,
                                 const std::vector<Partition>& partitions, Callsite at,
                                 std::string_view operation) {
    return run_on(root, std::move(action), partitions, at, operation);
}

std::vector<Bytes> run_plain_job(const NodePtr& root, rdd::OperatorRef action, Callsite at,
                                 std::string_view operation) {
    return run_on(root, std::move(action), all_partitions(root), at, operation);
}

std::vector<Bytes> run_watched_job(const NodePtr& root, rdd::OperatorRef action,
                                   const std::vector<Partition>& partitions, Callsite at,
                                   std::string_view operation, const JobWatch& watch) {
    return run_on(root, std::move(action), partitions, at, operation, watch);
}

std::vector<Partition> wanted_partitions(
    const NodePtr& root, std::string_view operation,
    const std::optional<std::vector<std::int32_t>>& partitions) {
    require_defined(root);
    if (!partitions) {
        return all_partitions(root);
    }
    for (const Partition partition : *partitions) {
        if (partition < 0 || partition >= root->node.partitions) {
            throw UsageError(ErrorCode::InvalidArgument,
                             std::string(operation) + ": RDD " +
                                 std::to_string(root->node.id.value) + " has " +
                                 std::to_string(root->node.partitions) +
                                 " partitions, from 0 on, and none with the number " +
                                 std::to_string(partition));
        }
    }
    return *partitions;
}

std::vector<Partition> each_once(std::vector<Partition> partitions) {
    std::sort(partitions.begin(), partitions.end());
    partitions.erase(std::unique(partitions.begin(), partitions.end()), partitions.end());
    return partitions;
}

void require_session(const NodePtr& root, const Session& session, std::string_view operation) {
    if (root->session.get() != &session) {
        throw UsageError(ErrorCode::InvalidArgument,
                         std::string(operation) + ": RDD " + std::to_string(root->node.id.value) +
                             " is of another context; run its jobs there");
    }
}

std::vector<std::uint64_t> run_starts(const NodePtr& root, Callsite at) {
    require_defined(root);
    std::vector<std::uint64_t> starts{0};
    if (root->node.partitions > 1) {
        std::vector<Partition> but_last = all_partitions(root);
        but_last.pop_back();
        for (const Bytes& answer : run_plain_job(root, rdd::builtin_operator(rdd::builtin::kCount),
                                                 but_last, at, "zip_with_index")) {
            rdd::ByteReader in(answer);
            starts.push_back(starts.back() + in.number<std::uint64_t>());
        }
    }
    return starts;
}

std::uint64_t run_count(const NodePtr& root, Callsite at) {
    std::uint64_t sum = 0;
    for (const Bytes& answer : run_job(root, rdd::builtin_operator(rdd::builtin::kCount), at)) {
        rdd::ByteReader in(answer);
        sum += in.number<std::uint64_t>();
    }
    return sum;
}

std::vector<Bytes> run_take(const NodePtr& root, std::uint64_t limit, Callsite at) {
    return take_by(root, limit,
                   [&](rdd::OperatorRef action, const std::vector<Partition>& partitions) {
                       return run_job(root, std::move(action), partitions, at);
                   });
}

std::vector<Bytes> take_by(const NodePtr& root, std::uint64_t limit, const RunPartitions& run) {
    require_defined(root);
    std::vector<Bytes> answers;
    std::uint64_t taken = 0;
    Partition scanned = 0;
    while (taken < limit && scanned < root->node.partitions) {
        std::int64_t next = 1;
        if (scanned > 0) {
            // Nothing so far: four times as many. Else half as many again as the density suggests.
            const std::int64_t most = std::int64_t{scanned} * 4;
            next = taken == 0
                       ? most
                       : std::min<std::int64_t>(
                             static_cast<std::int64_t>(1.5 * static_cast<double>(limit) * scanned /
                                                       static_cast<double>(taken)) -
                                 scanned,
                             most);
            next = std::max<std::int64_t>(next, 1);
        }
        const auto end = static_cast<Partition>(
            std::min<std::int64_t>(std::int64_t{scanned} + next, root->node.partitions));
        std::vector<Partition> partitions(static_cast<std::size_t>(end - scanned));
        std::iota(partitions.begin(), partitions.end(), scanned);
        rdd::ByteWriter payload;
        payload.number<std::uint64_t>(limit - taken);
        for (Bytes& answer :
             run(rdd::builtin_operator(rdd::builtin::kTake, payload.take()), partitions)) {
            taken += records_in(answer);
            answers.push_back(std::move(answer));
        }
        scanned = end;
    }
    return answers;
}

void run_save_text(const NodePtr& root, std::string_view operation, const std::string& path,
                   const std::string& suffix, Callsite at) {
    require_defined(root);
    fs::FileSystem& files = *root->session->files;
    const std::string application = runner_of(root).application_id();  // or it is stopped
    const std::string target = new_output(*root->session, operation, path);
    const auto place = files.begin_output(
        target, output_owner(application + "-rdd" + std::to_string(root->node.id.value)));
    throw_if(place ? Status() : Status(place.error()));
    OutputEnd end(files, *place);
    const bool text = operation == "save_as_text_file";
    const auto winners = run_watched_job(
        root,
        rdd::builtin_operator(text ? rdd::builtin::kSaveText : rdd::builtin::kSaveBytes,
                              rdd::encode(rdd::SaveTarget{*place, suffix})),
        all_partitions(root), at, text ? std::string_view() : operation,
        {{}, [&end](const Bytes& token) { end.add(token); }});
    write_checkpoints(root, at);
    std::vector<fs::OutputPart> parts;
    for (std::size_t i = 0; i < winners.size(); ++i) {
        parts.push_back({rdd::part_name(static_cast<Partition>(i)) + suffix, winners[i]});
    }
    throw_if(files.commit_output(*place, target, parts, {"_SUCCESS", ""}));
    end.committed();
}

void check_output(const Session& session, std::string_view path) {
    const std::string target = new_output(session, "check_output", path);
    // Whether an output can begin there is best seen by beginning one.
    const auto place = session.files->begin_output(
        target, output_owner(session.runner->application_id() + "-check"));
    throw_if(place ? Status() : Status(place.error()));
    const OutputEnd end(*session.files, *place);
}

namespace {

// What is kept instead of what was asked for.
rdd::StorageLevel kept_level(const NodePtr& node, rdd::StorageLevel level) {
    const std::string name = "RDD " + std::to_string(node->node.id.value);
    if (level.replicas < 1 || level.replicas > rdd::kReplicasMax) {
        throw UsageError(ErrorCode::InvalidArgument,
                         "persist: " + name + " with " + std::to_string(level.replicas) +
                             " replicas; from 1 to " + std::to_string(rdd::kReplicasMax) +
                             " are possible");
    }
    if (level.off_heap) {
        log::warning("OFF_HEAP is MEMORY_AND_DISK_SER here: executors have no heap beside it",
                     {{"rdd", name}});
        level.off_heap = false;
    }
    return level;
}

}  // namespace

void persist(const NodePtr& node, const rdd::StorageLevel& wanted) {
    const rdd::StorageLevel level = kept_level(node, wanted);
    if (!node->node.storage.is_none() && node->node.storage != level) {
        throw UsageError(ErrorCode::Conflict,
                         "persist: RDD " + std::to_string(node->node.id.value) +
                             " has a storage level already (" + describe(node->node.storage) +
                             "); unpersist it first");
    }
    node->node.storage = level;
}

void unpersist(const NodePtr& node, bool blocking) {
    if (!node->node.storage.is_none()) {
        node->node.storage = rdd::kStorageNone;
        if (node->session->runner != nullptr) {
            node->session->runner->unpersist(node->node.id, blocking);
        }
    }
}

void clean_shuffles(const NodePtr& root) {
    driver::JobRunner& runner = runner_of(root);
    std::set<rdd::ShuffleId> shuffles;
    {
        const std::lock_guard lock(root->session->lineage);
        std::set<const Node*> seen;
        std::vector<NodePtr> open = {root};
        while (!open.empty()) {
            const NodePtr node = std::move(open.back());
            open.pop_back();
            if (!seen.insert(node.get()).second ||
                (node != root && !node->node.storage.is_none())) {
                continue;
            }
            for (const rdd::Dependency& dependency : node->node.dependencies) {
                if (dependency.kind == rdd::DependencyKind::Shuffle) {
                    shuffles.insert(dependency.shuffle);
                }
            }
            open.insert(open.end(), node->parents.begin(), node->parents.end());
        }
    }
    for (const rdd::ShuffleId shuffle : shuffles) {
        runner.release_shuffle(shuffle);
    }
}

}  // namespace heddle::api
