#pragma once

// The entry of a program: heddle::init in the first line of main, then a Context.

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "client/api/accumulator.h"
#include "client/api/broadcast.h"
#include "client/api/checkpoint.h"
#include "client/api/face.h"
#include "client/api/files.h"
#include "client/api/graph.h"
#include "client/api/listener.h"
#include "client/api/partition_jobs.h"
#include "client/api/range.h"
#include "client/api/rdd.h"
#include "client/api/shared_files.h"
#include "client/api/status_tracker.h"
#include "client/driver/job_runner.h"

namespace heddle {

// Where the tree or prefix that a program was built against has its programs: HeddleConfig.cmake
// says it. local-cluster looks there last for `executor`, after the program's own folder and
// HEDDLE_HOME.
#ifdef HEDDLE_PROGRAMS
constexpr const char* kPrograms = HEDDLE_PROGRAMS;
#else
constexpr const char* kPrograms = "";
#endif

/// The first statement of main. In a process that was started by a person it returns and the
/// program is the driver. In one that was started as an executor it serves tasks and ends the
/// process.
void init(int argc, char** argv, const char* programs = kPrograms);

struct ContextOptions {
    std::string application_name;  // empty: the program's file name
    // "local", "local[2]", "local[*]", "local-cluster[2,1,512]", "heddle://host:8088". Empty: the
    // environment's HEDDLE_MASTER, which `rmctl submit` sets, else local[*].
    std::string master;
    std::map<std::string, std::string> settings;
};

class Context {
public:
    /// Throws UsageError when init was not called or there is no such master, Exception when the
    /// master cannot be reached.
    explicit Context(ContextOptions options = {});
    /// With a runner of one's own, as tests have.
    explicit Context(std::unique_ptr<driver::JobRunner> runner);
    /// Stops.
    ~Context();
    Context(const Context&) = delete;
    Context& operator=(const Context&) = delete;

    /// An RDD of the values, in `slices` partitions (0: default_parallelism). Views are copied.
    template <typename T>
    Rdd<T> parallelize(const std::vector<T>& values, std::int32_t slices = 0,
                       api::Callsite at = api::Callsite::here()) {
        const std::size_t count = slice_count(slices);
        std::vector<rdd::Bytes> partitions;
        for (std::size_t i = 0; i < count; ++i) {
            const std::size_t begin = values.size() * i / count;
            const std::size_t end = values.size() * (i + 1) / count;
            rdd::ByteWriter out;
            out.count(end - begin);
            for (std::size_t at_row = begin; at_row < end; ++at_row) {
                api::encode_value<T>(values[at_row], out);
            }
            partitions.push_back(out.take());
        }
        return Rdd<T>(
            api::make_parallelize(session(), std::move(partitions), api::record_type<T>(), at));
    }

    /// start, start + step, ... up to but without `end`.
    template <typename T = std::int64_t>
    Rdd<T> range(T start, T end, T step = 1, std::int32_t slices = 0,
                 api::Callsite at = api::Callsite::here()) {
        static_assert(std::is_integral_v<T>, "heddle: a range is of whole numbers");
        using Op = api::FlatMapOperator<api::RangePart<T>, T, api::ExpandRange<T>>;
        return parallelize(api::range_parts(start, end, step, slice_count(slices)),
                           static_cast<std::int32_t>(slice_count(slices)), at)
            .template narrow<Op, T>("range", api::ExpandRange<T>{}, false, at);
    }
    /// Without partitions.
    template <typename T>
    Rdd<T> empty_rdd(api::Callsite at = api::Callsite::here()) {
        return Rdd<T>(api::make_parallelize(session(), {}, api::record_type<T>(), at));
    }
    /// The partitions of all, one after the other.
    template <typename T>
    Rdd<T> union_(const std::vector<Rdd<T>>& rdds, api::Callsite at = api::Callsite::here()) {
        std::vector<api::NodePtr> parents;
        for (const Rdd<T>& rdd : rdds) {
            parents.push_back(rdd.handle());
        }
        return parents.empty() ? empty_rdd<T>(at) : Rdd<T>(api::make_union(parents, at));
    }

    /// The lines of text files. `path`: a file, a folder, a glob, or several separated by commas.
    /// Relative paths begin in the driver's working folder; in a container of the cluster they are
    /// refused. Lines are views that live as long as the task.
    Rdd<std::string_view> text_file(std::string_view path, std::int32_t splits_min = 0,
                                    api::Callsite at = api::Callsite::here());
    /// Records that end with `delimiter` or with the file, in at least `splits_min` partitions
    /// where the files are large enough. Any number of partitions gives the same records.
    Rdd<std::string_view> text_records(std::string_view path, std::string_view delimiter,
                                       std::int32_t splits_min = 0,
                                       api::Callsite at = api::Callsite::here());

    /// Paths and contents of files, each a record however long. Files are not divided.
    template <typename Path>
    Rdd<std::pair<std::string_view, std::string_view>> whole_text_files(
        const Path& path, std::int32_t splits_min = 0, api::Callsite at = api::Callsite::here()) {
        return whole_files("whole_text_files", path, splits_min, at);
    }
    /// The same: bytes are text to C++.
    template <typename Path>
    Rdd<std::pair<std::string_view, std::string_view>> binary_files(
        const Path& path, std::int32_t splits_min = 0, api::Callsite at = api::Callsite::here()) {
        return whole_files("binary_files", path, splits_min, at);
    }
    /// Records of `length` bytes each.
    Rdd<std::string_view> binary_records(std::string_view path, std::uint64_t length,
                                         std::int32_t splits_min = 0,
                                         api::Callsite at = api::Callsite::here());
    /// What save_as_object_file wrote of records of type T. A partition per file, or fewer.
    template <typename T>
    Rdd<T> object_file(std::string_view path, api::Callsite at = api::Callsite::here()) {
        using F = api::ReadObjects<T>;
        return Rdd<std::string_view>(
                   api::make_whole_files(session(), "object_file", path, kSplitsMax, at))
            .template narrow<api::FlatMapOperator<std::string_view, T, F>, T>("object_file", F{},
                                                                              false, at);
    }

    /// Throws the UsageError with which save_as_text_file(path) would refuse: the path exists, or
    /// its parent does not or cannot be written. For programs that compute long before they save.
    void check_output(std::string_view path) const;

    /// Sums that tasks add to and the driver reads: see accumulator.h. A name shows them in the
    /// pages of the stages that add to them.
    Accumulator<Sum<std::int64_t>> long_accumulator(std::string name = {}) {
        return accumulator(Sum<std::int64_t>{}, std::move(name));
    }
    Accumulator<Sum<double>> double_accumulator(std::string name = {}) {
        return accumulator(Sum<double>{}, std::move(name));
    }
    template <typename T>
    Accumulator<Collection<T>> collection_accumulator(std::string name = {}) {
        return accumulator(Collection<T>{}, std::move(name));
    }
    /// `shape` says what adding is: see accumulator.h.
    template <typename Shape>
    Accumulator<Shape> accumulator(Shape shape, std::string name = {}) {
        return Accumulator<Shape>(session()->runner->accumulators(), std::move(shape),
                                  std::move(name));
    }

    /// A value that functions read in executors: see broadcast.h.
    template <typename T>
    Broadcast<T> broadcast(T value) {
        rdd::ByteWriter out;
        api::encode_value(value, out);
        return Broadcast<T>(api::make_broadcast(session(), out.take()),
                            std::make_shared<const T>(std::move(value)));
    }

    /// Where checkpoint() writes: a folder that driver and executors share, in which this
    /// application makes one of its own. It stays when the application ends.
    void set_checkpoint_dir(std::string_view path);
    /// Nothing: none was set.
    std::optional<std::string> get_checkpoint_dir() const;
    /// The records of a checkpoint that this or another application has written: what
    /// get_checkpoint_file() said there.
    template <typename T>
    Rdd<T> checkpoint_file(std::string_view path, api::Callsite at = api::Callsite::here()) {
        return Rdd<T>(
            api::read_checkpoint(session(), path, api::record_type<T>(), api::face_of<T>(), at));
    }

    /// Runs function(std::span<const T>), or function(TaskContext, std::span<const T>), on each of
    /// the partitions (nothing: all of them) and gives back what it returned, in the order in which
    /// they are named. Throws JobFailed; UsageError when a partition is not there.
    template <typename T, typename F>
    auto run_job(const Rdd<T>& rdd, F function,
                 const std::optional<std::vector<std::int32_t>>& partitions = {},
                 api::Callsite at = api::Callsite::here()) const {
        api::require_session(rdd.handle(), *session(), "run_job");
        return api::values_of_partitions<T, F>(
            rdd, std::move(function), api::wanted_partitions(rdd.handle(), "run_job", partitions),
            "run_job", at,
            [at](const api::NodePtr& node, rdd::OperatorRef action,
                 const std::vector<rdd::Partition>& wanted) {
                return api::run_job(node, std::move(action), wanted, at, "run_job");
            });
    }
    /// The same without waiting: see future_action.h.
    template <typename T, typename F>
    auto submit_job(const Rdd<T>& rdd, F function,
                    const std::optional<std::vector<std::int32_t>>& partitions = {},
                    api::Callsite at = api::Callsite::here()) const {
        api::require_session(rdd.handle(), *session(), "submit_job");
        using U = api::PartitionValue<T, F>;
        using Values = api::JobValues<U>;
        return api::start_action<Values>(
            rdd.handle(), [rdd, function, at,
                           wanted = api::wanted_partitions(rdd.handle(), "submit_job", partitions)](
                              api::AsyncRun& jobs) {
                return api::values_of_partitions<T, F>(
                    rdd, function, wanted, "submit_job", at,
                    [&jobs, at](const api::NodePtr& node, rdd::OperatorRef action,
                                const std::vector<rdd::Partition>& once) {
                        return jobs.run(node, std::move(action), once, at, "submit_job");
                    });
            });
    }

    /// A file for tasks, which find it by its name: FilesOnTasks::get("cities.csv"). `path` may be
    /// local, or begin with s3:// or hdfs://; with `recursive` also a folder and all in it. The
    /// file is read now: what becomes of it later means nothing. Stages that begin from now on have
    /// it. Throws UsageError.
    void add_file(std::string_view path, bool recursive = false);
    /// The paths that were added.
    std::vector<std::string> list_files() const;

    /// Hears of all jobs from now on; see listener.h. Ends with remove_listener or stop(), which
    /// tells what it has not been told yet.
    void add_listener(std::shared_ptr<Listener> listener);
    /// Returns when no call to it is under way.
    void remove_listener(const std::shared_ptr<Listener>& listener);

    // What this thread says of the jobs that it runs from now on; other threads have their own.
    /// Spark's names; "spark.scheduler.pool" is the pool. Tasks can read all of them
    /// (TaskContext::get_local_property), so a program may have names of its own. Without a value
    /// the property goes.
    void set_local_property(std::string_view name, std::optional<std::string> value);
    std::optional<std::string> get_local_property(std::string_view name) const;
    void set_job_group(std::string_view group, std::string_view description);
    void clear_job_group();
    void set_job_description(std::string_view description);
    /// Throws UsageError for a tag that is empty or has a comma.
    void add_job_tag(const std::string& tag);
    void remove_job_tag(const std::string& tag);
    std::set<std::string> get_job_tags() const;
    void clear_job_tags();

    // Any thread. Actions that wait for these jobs throw JobFailed with code Cancelled and the
    // reason; jobs that are submitted later run.
    void cancel_job_group(std::string_view group, std::string_view reason = {});
    void cancel_jobs_with_tag(std::string_view tag, std::string_view reason = {});
    void cancel_all_jobs();
    void cancel_job(std::int32_t job, std::string_view reason = {});
    /// All jobs that need the stage.
    void cancel_stage(std::int32_t stage, std::string_view reason = {});
    /// Ends one attempt of a task (TaskContext::task_attempt_id, or what a listener was told); its
    /// partition is computed by another one, and it is not held against the task. False: it does
    /// not run.
    bool kill_task_attempt(std::int64_t task_attempt, std::string_view reason = {});
    StatusTracker status_tracker() const;

    std::int32_t default_parallelism() const;
    std::string application_id() const;
    /// Ends the executors. RDDs of this context cannot run jobs any more.
    void stop();

private:
    static constexpr std::int32_t kSplitsMax = INT32_MAX;

    template <typename Name>
    Rdd<std::pair<std::string_view, std::string_view>> whole_files(const Name& name,
                                                                   std::string_view path,
                                                                   std::int32_t splits_min,
                                                                   api::Callsite at) {
        using F = api::PairUp;
        using Op = api::FlatMapOperator<std::string_view, F::Pair, F>;
        return Rdd<std::string_view>(api::make_whole_files(session(), name, path, splits_min, at))
            .template narrow<Op, F::Pair>(name, F{}, false, at);
    }
    const api::SessionPtr& session() const;
    std::size_t slice_count(std::int32_t slices) const;

    api::SessionPtr session_;
};

}  // namespace heddle
