#pragma once

// The lineage as the program builds it: untyped nodes that Rdd<T> hands around, and how they become
// plans and jobs. All that need not know the record type is here and compiled once.

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/driver/job_runner.h"
#include "common/base/result.h"
#include "common/fs/file_system.h"
#include "common/rdd/plan.h"
#include "common/rdd/record_face.h"

namespace heddle::api {

// Where in the program an operation was written. As a default argument it names the caller's line.
struct Callsite {
    const char* file = "";
    int line = 0;
    static constexpr Callsite here(const char* file = __builtin_FILE(),
                                   int line = __builtin_LINE()) {
        return {file, line};
    }
};

// What all RDDs of one context share. Owned by the context and by every node, so that an Rdd that
// outlives its Context fails with a message and not with a crash.
struct Session {
    std::unique_ptr<driver::JobRunner> runner;  // null: stopped
    std::unique_ptr<fs::FileSystem> files;
    std::atomic<std::int32_t> next_rdd{0};
    std::atomic<std::int32_t> next_shuffle{0};
    std::string checkpoint_folder;  // of this application; empty: none was set
    std::mutex lineage;  // guards the links between nodes, which checkpoints cut while jobs run
};
using SessionPtr = std::shared_ptr<Session>;

/// A path of the program as a whole path: executors have other working folders. Throws UsageError
/// where relative paths mean nothing, naming the operation.
std::string whole_path(const Session& session, std::string_view operation, std::string_view path);

struct Node;
// Shared by the handles of the program and by the nodes that are computed from it.
using NodePtr = std::shared_ptr<Node>;

struct Node {
    Node(SessionPtr owner, std::string name, Callsite at);
    ~Node();  // releases shuffles and cached partitions
    Node(const Node&) = delete;
    Node& operator=(const Node&) = delete;

    SessionPtr session;
    rdd::RddNode node;
    std::vector<NodePtr> parents;
    // What checkpoint.h knows of it.
    struct Checkpoint {
        std::string folder;  // where it is to be, or is; empty: not wanted
        std::string type;    // of the records
        bool local = false;  // wanted, in the executors' caches
        bool writing = false;
        bool done = false;
    };
    Checkpoint checkpoint;
    std::optional<Error> error;  // known when it was defined, thrown by the first action
};

// ---- building --------------------------------------------------------------------------------

NodePtr make_parallelize(const SessionPtr& session, std::vector<rdd::Bytes> partitions,
                         rdd::RecordType record, Callsite at);
NodePtr make_text(const SessionPtr& session, std::string_view path, std::string_view delimiter,
                  bool lines, std::int32_t splits_min, Callsite at);
NodePtr make_narrow(const NodePtr& parent, std::string_view name, rdd::OperatorRef op,
                    rdd::RecordType record, bool keeps_partitioner, Callsite at);
NodePtr make_union(const std::vector<NodePtr>& parents, Callsite at);
/// Combines on both sides; without a shuffle when the parent is partitioned that way already.
/// `partitions` 0: as the parent.
NodePtr make_combine(const NodePtr& parent, std::string_view name, rdd::OperatorRef op,
                     rdd::RecordType record, std::int32_t partitions, Callsite at);
NodePtr make_join(const NodePtr& left, const NodePtr& right, rdd::OperatorRef op,
                  rdd::RecordType record, std::int32_t partitions, Callsite at);
NodePtr make_repartition(const NodePtr& parent, std::int32_t partitions, Callsite at);
/// Runs a job that samples the parent, unless there is one partition. `encode_bounds` takes sampled
/// records (each in the form of "collect": one per partition) and answers sorted bounds, encoded.
using BoundsOf =
    std::function<rdd::Bytes(const std::vector<rdd::Bytes>& samples, std::int32_t partitions)>;
NodePtr make_sort(const NodePtr& parent, bool ascending, std::int32_t partitions,
                  const BoundsOf& bounds_of, Callsite at);

// ---- running ---------------------------------------------------------------------------------

/// All nodes that `root` is computed from.
rdd::Plan make_plan(const NodePtr& root);

/// Runs `action` on the partitions and answers what it gave for each, in the order of `partitions`.
/// Throws JobFailed, UsageError.
std::vector<rdd::Bytes> run_job(const NodePtr& root, rdd::OperatorRef action,
                                const std::vector<rdd::Partition>& partitions, Callsite at);
/// On all partitions, and nothing else: marked checkpoints stay unwritten.
std::vector<rdd::Bytes> run_plain_job(const NodePtr& root, rdd::OperatorRef action, Callsite at);
/// On all partitions.
std::vector<rdd::Bytes> run_job(const NodePtr& root, rdd::OperatorRef action, Callsite at);

std::uint64_t run_count(const NodePtr& root, Callsite at);
/// Answers of "take" in the order of partitions, with at least `limit` records in all if there are
/// so many. Scans one partition first, then up to four times as many as before, as Spark does.
std::vector<rdd::Bytes> run_take(const NodePtr& root, std::uint64_t limit, Callsite at);
/// `root` has text records. Throws UsageError when the path exists or its parent is no folder.
void run_save_text(const NodePtr& root, const std::string& path, Callsite at);
/// Throws what run_save_text would throw before its job.
void check_output(const Session& session, std::string_view path);

void persist(const NodePtr& node, const rdd::StorageLevel& level);
void unpersist(const NodePtr& node, bool blocking);
std::string debug_string(const NodePtr& root);

/// In a catch block around user code that the driver itself runs over the tasks' answers: throws
/// the JobFailed that the same exception in a task would have led to. `row` may be null.
[[noreturn]] void throw_user_failure(std::string_view operation, Callsite at,
                                     const rdd::RecordFace& face, const void* row);

/// How many records an answer of "collect" begins with.
std::uint64_t records_in(std::string_view answer);

/// Throws the node's own error, if it has one.
void require_defined(const NodePtr& node);

}  // namespace heddle::api
