#pragma once

// Where a node agent keeps what: one directory, known to people and scripts.
//
//   agent, epoch, lock
//   state/<container>/          record, and the shim's files
//   work/<application>/<container>/    the container's work directory
//   logs/<application>/<container>/    stdout, stderr and what else it writes to LOG_DIRS
//   cache/<sha256>              artifacts; cache/used/<sha256>: the time of the last use
//   damaged-<container>         its record, when it could not be read at a start of the agent

#include <string>

#include "common/base/ids.h"
#include "common/base/result.h"

namespace heddle::node {

struct NodePaths {
    std::string root;

    std::string epoch_file() const { return root + "/epoch"; }
    std::string agent_file() const { return root + "/agent"; }
    std::string lock_file() const { return root + "/lock"; }
    std::string state_root() const { return root + "/state"; }
    std::string work_root() const { return root + "/work"; }
    std::string logs_root() const { return root + "/logs"; }
    std::string cache() const { return root + "/cache"; }

    std::string state(const ContainerId& id) const { return state_root() + "/" + to_string(id); }
    std::string work(const ContainerId& id) const { return work_root() + "/" + below(id); }
    std::string logs(const ContainerId& id) const { return logs_root() + "/" + below(id); }
    /// "<application>/<container>"
    static std::string below(const ContainerId& id) {
        return to_string(id.attempt.application) + "/" + to_string(id);
    }
};

/// The file whose time is the last use of an artifact.
inline std::string used_file(const std::string& cache, const std::string& digest) {
    return cache + "/used/" + digest;
}

/// Makes the directory and all its parents, 0700 for what is new. Errors: Internal with the path.
Status make_directories(const std::string& path);

/// Removes a tree without following links, and its parent if that is empty then. What cannot be
/// removed stays.
void remove_tree(const std::string& path);

}  // namespace heddle::node
