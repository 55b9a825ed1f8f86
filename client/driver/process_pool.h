#pragma once

// local-cluster: executors are processes that this one starts and ends, all on this machine, each
// with the name of a node of its own unless told otherwise. One that ends by itself is replaced.

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "client/driver/frame_pool.h"

namespace heddle::driver {

struct ProcessPoolOptions {
    std::int32_t executors = 1;
    std::int32_t cores = 1;
    std::int64_t memory = 0;  // bytes, of each executor
    bool by_demand = false;   // none at the start: want() says how many
    std::int32_t nodes = 0;   // names node-1 to node-N in turn; 0: as many as executors
    std::string folder;       // of this driver alone; made here and removed at the end
    std::string programs;     // where to look for `executor` last; may be empty
    std::string application_id;
};

class ProcessPool final : public FramePool {
public:
    explicit ProcessPool(ProcessPoolOptions options);
    ~ProcessPool() override;

    /// Errors: NotFound when there is no `executor` program, with the places looked at.
    Status start(Post post) override;
    void want(std::int32_t count, const std::vector<rdd::ExecutorId>& released,
              bool spare) override;
    void stop(FinalStatus outcome, const std::string& diagnostics) override;
    std::int32_t slots() const override { return options_.executors * options_.cores; }
    std::string application_id() const override { return options_.application_id; }

private:
    struct Process {
        pid_t pid = 0;
        int descriptor = -1;  // pidfd
        net::EventLoop::WatchId watch = 0;
        std::int32_t place = 0;            // which executor of the cluster it is
        std::optional<ExecutorLost> lost;  // its connection has ended; the process will say why
    };

    Status make_folder();
    Result<pid_t> spawn(std::int32_t place, const std::string& name);
    Status begin(std::int32_t place);
    void exited(const std::string& name);
    void fill();
    void joined(const std::string& container) override;
    void gone(const std::string& container, ExecutorLost event, bool explained) override;

    ProcessPoolOptions options_;
    std::string executor_program_;
    std::string own_program_;
    std::map<std::string, Process> processes_;  // by container name; loop thread, or before it
    std::int32_t next_ = 1;
    std::int32_t early_ends_ = 0;  // in a row, of processes that never said hello
    std::int32_t wanted_ = 0;      // processes; places beyond are not filled again
    bool stopping_ = false;
    bool opened_ = false;
};

/// The `executor` program: beside the running one, in the bin folder beside its folder, in
/// HEDDLE_HOME/bin, or in `programs`. Errors: NotFound with the places.
Result<std::string> find_executor_program(const std::string& programs);

/// A new file with mode 0600. Errors: Internal with the path.
Status write_secret(const std::string& path, const std::string& secret);

/// The file of the running program.
std::string running_program();

}  // namespace heddle::driver
