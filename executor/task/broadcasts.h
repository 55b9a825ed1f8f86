#pragma once

// Broadcast values in one executor. The decoded value and the chunks it came in are blocks of the
// executor's store like any other: on the budget, evicted when memory is short (chunks to disk),
// and fetched again when a task wants them back. Chunks stay for the other executors.

#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/blocks/block.h"
#include "common/blocks/task_share.h"
#include "common/rdd/broadcast.h"
#include "common/rdd/executor_protocol.h"
#include "common/rdd/scope.h"

namespace heddle::executor {

class TaskEnvironment;  // task_body.h, which includes this

// What all tasks of an executor share. Thread-safe.
class BroadcastDesk {
public:
    /// `folder`: for files that the program has added; made when the first comes, and removed at
    /// the end.
    explicit BroadcastDesk(std::string folder = {}) : folder_(std::move(folder)) {}
    ~BroadcastDesk();
    BroadcastDesk(const BroadcastDesk&) = delete;
    BroadcastDesk& operator=(const BroadcastDesk&) = delete;
    const std::string& files_folder() const { return folder_; }

    /// One task fetches a value; those that want it meanwhile wait for that one.
    void begin(rdd::BroadcastId id);
    void end(rdd::BroadcastId id);

    // Which other executors hold which chunks, as the driver said.
    void hold(const rdd::BroadcastHeld& held);
    void lose(rdd::ExecutorId executor);
    void forget(rdd::BroadcastId id);
    /// One of the holders; none: nobody is known, so the driver is asked. Different executors
    /// choose different ones.
    std::optional<rdd::ExecutorId> holder(rdd::BroadcastId id, std::int64_t chunk,
                                          rdd::ExecutorId self) const;

private:
    using Chunk = std::pair<rdd::BroadcastId, std::int64_t>;
    const std::string folder_;
    mutable std::mutex mutex_;
    std::condition_variable ended_;
    std::set<rdd::BroadcastId> under_way_;
    std::map<Chunk, std::vector<rdd::ExecutorId>> holders_;
};

class TaskBroadcasts final : public rdd::BroadcastReader {
public:
    TaskBroadcasts(TaskEnvironment& environment, rdd::TaskScope& scope, blocks::TaskShare& memory)
        : environment_(environment), scope_(scope), memory_(memory) {}
    Result<std::shared_ptr<const void>> read(const rdd::BroadcastRef& ref,
                                             const rdd::RecordFace& face) override;
    Status bring(const rdd::SharedFile& file) override;
    const std::string& files_folder() const override;

private:
    bool reserve_now(std::int64_t bytes);
    Result<std::shared_ptr<const void>> fetch(const rdd::BroadcastRef& ref,
                                              const rdd::RecordFace& face);
    Status gather(const rdd::BroadcastRef& ref, rdd::Bytes& value);
    Result<blocks::BlockPtr> chunk_of(const rdd::BroadcastRef& ref, std::size_t chunk);

    TaskEnvironment& environment_;
    rdd::TaskScope& scope_;
    blocks::TaskShare& memory_;
};

}  // namespace heddle::executor
