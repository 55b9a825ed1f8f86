#pragma once

// Files on their way to the cluster: content-addressed, so that what is there is not sent again.

#include <cstdint>
#include <string>
#include <vector>

#include "client/rmctl/options.h"
#include "client/rmctl/server.h"
#include "common/base/result.h"

namespace heddle::rmctl {

struct LocalArtifact {
    std::string path;  // here
    std::string name;  // in the container's work directory
    bool executable = false;
    std::uint64_t size = 0;  // the following are filled in by upload_artifacts
    std::string sha256;
};

struct UploadReport {
    std::uint64_t bytes_sent = 0;
    std::uint64_t bytes_present = 0;  // on the server before
};

/// Computes digests and sends what the server does not have. Errors: NotFound, InvalidArgument
/// (not a regular file), those of the server.
Result<UploadReport> upload_artifacts(const Options& options, Server& server,
                                      std::vector<LocalArtifact>& artifacts);

}  // namespace heddle::rmctl
