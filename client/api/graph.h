#pragma once

// The lineage as the program builds it: untyped nodes that Rdd<T> hands around, and how they become
// plans and jobs. All that need not know the record type is here and compiled once.

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
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

class AsyncRun;  // future_action.h

// What all RDDs of one context share. Owned by the context and by every node, so that an Rdd that
// outlives its Context fails with a message and not with a crash.
struct Session {
    std::uint64_t serial = 0;                   // of this process, from 1
    std::unique_ptr<driver::JobRunner> runner;  // null: stopped
    std::unique_ptr<fs::FileSystem> files;
    std::atomic<std::int32_t> next_rdd{0};
    std::atomic<std::int32_t> next_shuffle{0};
    std::string checkpoint_folder;  // of this application; empty: none was set
    std::mutex lineage;      // guards the links between nodes, which checkpoints cut while jobs run
    std::mutex async_mutex;  // guards what follows
    std::vector<std::shared_ptr<AsyncRun>> async_runs;  // shared with their futures
    bool async_closed = false;                          // the context ends
    std::mutex shared_files_mutex;                      // guards what follows
    std::vector<rdd::SharedFile> shared_files;          // added by the program
    std::map<std::string, std::string> shared_paths;    // by the name of the file
};
using SessionPtr = std::shared_ptr<Session>;

/// A path of the program as a whole path: executors have other working folders. Throws UsageError
/// where relative paths mean nothing, naming the operation.
std::string whole_path(const Session& session, std::string_view operation, std::string_view path);

}  // namespace heddle::api

namespace heddle {

// An edge of the lineage. Spark's Dependency.
struct RddDependency {
    std::int32_t rdd = 0;  // its id
    std::string name;
    bool shuffle = false;  // else a partition reads a few known ones
};

// How the output of a shuffle is partitioned: a number of partitions, for which keys are hashed
// (0: chosen by the operation), or exactly as another RDD is. Two RDDs with equal partitionings are
// joined without a shuffle.
struct Partitioning {
    std::int32_t partitions = 0;
    std::optional<rdd::Partitioner> exact{};

    // NOLINTNEXTLINE(google-explicit-constructor): a number is what callers mostly have
    Partitioning(std::int32_t count = 0) : partitions(count) {}
    explicit Partitioning(rdd::Partitioner partitioner)
        : partitions(partitioner.partitions), exact(std::move(partitioner)) {}

    friend bool operator==(const Partitioning&, const Partitioning&) = default;
};

}  // namespace heddle

namespace heddle::api {

/// The files that a path of the program means. Throws UsageError where relative paths mean nothing.
Result<std::vector<fs::FileInfo>> expand_input(const Session& session, std::string_view operation,
                                               std::string_view path);

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
    // Of the files that it comes from without a shuffle, where nobody has said how many partitions.
    std::optional<std::uint64_t> input_bytes{};
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
                     rdd::RecordType record, const Partitioning& by, Callsite at);
/// The same where the map side makes records of another type, by `create`. A parent that is
/// partitioned that way already needs nothing but `create`.
NodePtr make_aggregate(const NodePtr& parent, std::string_view name, rdd::OperatorRef create,
                       rdd::OperatorRef merge, rdd::RecordType record, const Partitioning& by,
                       Callsite at);
/// make_aggregate where everything is sent as it is, and `create` makes the records behind the
/// shuffle.
NodePtr make_uncombined(const NodePtr& parent, std::string_view name, rdd::OperatorRef create,
                        rdd::RecordType record, const Partitioning& by, Callsite at);
/// Brings equal keys of all parents together: a join, groups. Parents that are partitioned that way
/// already are not shuffled.
NodePtr make_cogroup(const std::vector<NodePtr>& parents, std::string_view name,
                     rdd::OperatorRef op, rdd::RecordType record, const Partitioning& by,
                     Callsite at);
/// The parent itself when it is partitioned that way.
NodePtr make_partitioned(const NodePtr& parent, std::string_view name, const Partitioning& by,
                         Callsite at);
/// Partitioned, then sorted by key within each partition.
NodePtr make_sorted_partitions(const NodePtr& parent, const Partitioning& by, bool ascending,
                               Callsite at);
/// Partition i of every parent meets in partition i. Throws UsageError when they have different
/// numbers of partitions.
NodePtr make_zipped(const std::vector<NodePtr>& parents, std::string_view name, rdd::OperatorRef op,
                    rdd::RecordType record, Callsite at);
/// Every partition of `left` with every partition of `right`; the operator's input 0 is the right.
NodePtr make_cartesian(const NodePtr& left, const NodePtr& right, rdd::OperatorRef op,
                       rdd::RecordType record, Callsite at);
/// At most `partitions` partitions, of partitions that lie on the same machine where it is known
/// where they lie, else of neighbours; nothing is shuffled.
NodePtr make_coalesce(const NodePtr& parent, std::int32_t partitions, Callsite at);
/// As the groups say, which name the parent's partitions, each at most once. Throws UsageError.
NodePtr make_grouped(const NodePtr& parent, const std::vector<std::vector<std::int32_t>>& groups,
                     Callsite at);
/// The numbers of groups in which tree_aggregate merges what `partitions` partitions gave, one
/// after the other. Throws UsageError when depth < 1.
std::vector<std::int32_t> tree_rounds(std::int32_t partitions, int depth);
/// The records that `node` makes depend on the order of its parents' records: an order that a
/// second run may change makes them indeterminate.
void depend_on_order(const NodePtr& node);
NodePtr make_repartition(const NodePtr& parent, std::int32_t partitions, Callsite at);
/// Runs a job that samples the parent, unless there is one partition. `encode_bounds` takes sampled
/// records (each in the form of "collect": one per partition) and answers sorted bounds, encoded.
using BoundsOf =
    std::function<rdd::Bytes(const std::vector<rdd::Bytes>& samples, std::int32_t partitions)>;
NodePtr make_sort(const NodePtr& parent, bool ascending, std::int32_t partitions,
                  const BoundsOf& bounds_of, Callsite at);
/// The partitioner that make_sort would use.
rdd::Partitioner range_partitioner(const NodePtr& parent, std::string_view operation,
                                   bool ascending, std::int32_t partitions,
                                   const BoundsOf& bounds_of, Callsite at);
rdd::Partitioner function_partitioner(rdd::OperatorRef function, std::int32_t partitions);
/// The only partition that can hold a key; nothing when that is not known. `hash` is the key's.
std::optional<rdd::Partition> partition_of_key(const Node& node, const void* key,
                                               std::uint64_t hash);

// ---- running ---------------------------------------------------------------------------------

/// All nodes that `root` is computed from.
rdd::Plan make_plan(const NodePtr& root);

/// Runs `action` on the partitions and answers what it gave for each, in the order of `partitions`.
/// Throws JobFailed, UsageError.
std::vector<rdd::Bytes> run_job(const NodePtr& root, rdd::OperatorRef action,
                                const std::vector<rdd::Partition>& partitions, Callsite at,
                                std::string_view operation = {});
/// On all partitions. `operation`: what people see; empty: the action's name.
std::vector<rdd::Bytes> run_job(const NodePtr& root, rdd::OperatorRef action, Callsite at,
                                std::string_view operation = {});
/// The same, and nothing else: marked checkpoints stay unwritten. For jobs that no action of the
/// program asked for.
std::vector<rdd::Bytes> run_plain_job(const NodePtr& root, rdd::OperatorRef action,
                                      const std::vector<rdd::Partition>& partitions, Callsite at,
                                      std::string_view operation = {});
std::vector<rdd::Bytes> run_plain_job(const NodePtr& root, rdd::OperatorRef action, Callsite at,
                                      std::string_view operation = {});

// What asynchronous actions hear of a job, on the thread that runs it.
struct JobWatch {
    std::function<void(rdd::JobId)> submitted;
    std::function<void(const rdd::Bytes&)> answered;  // null: nobody listens
};
std::vector<rdd::Bytes> run_watched_job(const NodePtr& root, rdd::OperatorRef action,
                                        const std::vector<rdd::Partition>& partitions, Callsite at,
                                        std::string_view operation, const JobWatch& watch);

std::uint64_t run_count(const NodePtr& root, Callsite at);
/// The position of the first record of each partition among all records. Runs a job unless there is
/// at most one partition.
std::vector<std::uint64_t> run_starts(const NodePtr& root, Callsite at);
/// Answers of "take" in the order of partitions, with at least `limit` records in all if there are
/// so many. Scans one partition first, then up to four times as many as before, as Spark does.
std::vector<rdd::Bytes> run_take(const NodePtr& root, std::uint64_t limit, Callsite at);
/// The same by other jobs.
using RunPartitions = std::function<std::vector<rdd::Bytes>(
    rdd::OperatorRef action, const std::vector<rdd::Partition>& partitions)>;
std::vector<rdd::Bytes> take_by(const NodePtr& root, std::uint64_t limit, const RunPartitions& run);
/// `root` has text records. Throws UsageError when the path exists or its parent is no folder.
/// `operation`: save_as_text_file, or another that writes records without ends of lines.
/// `suffix`: of the files' names, which says how they are compressed.
void run_save_text(const NodePtr& root, std::string_view operation, const std::string& path,
                   const std::string& suffix, Callsite at);
/// Throws what run_save_text would throw before its job.
void check_output(const Session& session, std::string_view path);

void persist(const NodePtr& node, const rdd::StorageLevel& level);
void unpersist(const NodePtr& node, bool blocking);
/// Lets go of the map output that `node` and what it is computed from have, down to persisted RDDs.
void clean_shuffles(const NodePtr& node);
/// Each parent once.
std::vector<RddDependency> dependencies_of(const NodePtr& node);
/// Where the records of each partition are, by the name of the machine; empty: nowhere in
/// particular.
std::vector<std::vector<std::string>> hosts_of_partitions(const NodePtr& node);
/// The lineage in Spark's form: a line per RDD, "+-" and a step to the right beyond a shuffle.
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
