#pragma once

// Makes a container's directories: work with its artifacts and secrets, logs, state.

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/model/container.h"
#include "common/net/event_loop.h"
#include "nodeagent/shell/artifact_cache.h"
#include "nodeagent/shell/node_paths.h"

namespace heddle::node {

class Localiser {
public:
    using Done = std::function<void(Status)>;

    Localiser(net::EventLoop& loop, NodePaths paths, ArtifactCache& cache);
    ~Localiser();

    /// `done` is called on the loop thread. What is there already, from an earlier attempt, is made
    /// anew. Errors: InvalidArgument for names that are not plain file names, those of
    /// ArtifactCache, ResourceExhausted with path and bytes for a full disk, Internal with path and
    /// reason.
    void localise(const ContainerStart& order, Done done);

    /// Removes the work directory, once nothing is being put into it any more. Does not wait.
    void remove_work(const ContainerId& id);
    /// Removes the logs.
    void remove_logs(const ContainerId& id);

private:
    struct Job;
    static void discard(const Job& job);
    void begin(const std::shared_ptr<Job>& job);
    void fetched(const std::shared_ptr<Job>& job, std::size_t index,
                 Result<ArtifactCache::Fetched> result);
    void place(const std::shared_ptr<Job>& job);
    void placed(const std::shared_ptr<Job>& job);
    void finish(const std::shared_ptr<Job>& job, Status how);

    net::EventLoop& loop_;
    NodePaths paths_;
    ArtifactCache& cache_;
    std::set<ContainerId> under_way_;
    std::set<ContainerId> to_remove_;  // work directories of those that ended while under way
    std::shared_ptr<bool> alive_;      // shared with callbacks, which do nothing once it is false
    Worker cleaner_;
    Worker copier_;
};

}  // namespace heddle::node
