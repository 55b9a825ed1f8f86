#pragma once

// Files that containers need, by content: <cache>/<sha256>, fetched once however many containers
// ask at the same time, verified, never changed. A container gets a link, not a copy.
//
// Sources: "heddle:sha256/<hex>" from the manager's REST, "http://...", "file:/path". A source
// without a digest is not cached: "file:" is linked where it is, "http:" fetched for each
// container.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/model/container.h"
#include "common/net/address.h"
#include "common/net/event_loop.h"
#include "common/net/http_client.h"
#include "nodeagent/shell/worker.h"

namespace heddle::node {

class ArtifactCache {
public:
    struct Options {
        std::string directory;
        net::Endpoint manager;  // its REST
        /// The cluster's token, read for each request: it may be renewed.
        std::function<Result<std::string>()> token;
    };
    /// `path`: a file that stays; `owned`: it was fetched for this caller, who moves it away.
    struct Fetched {
        std::string path;
        bool owned = false;
    };
    using Done = std::function<void(Result<Fetched>)>;

    ArtifactCache(net::EventLoop& loop, Options options);
    ~ArtifactCache();

    /// Removes what an earlier process left half fetched. Blocks; before the loop runs.
    Status begin();

    /// `done` is called on the loop thread, later or at once. Errors: InvalidArgument for a source
    /// that is malformed, Unsupported for https, DataLoss when the digest or size differs, else why
    /// it could not be fetched; the message names the artifact.
    void fetch(const Artifact& artifact, Done done);

private:
    struct Flight {
        std::vector<Done> waiting;
        net::HttpExchangePtr exchange;
    };

    void start(const std::string& key, const Artifact& artifact, const std::string& digest);
    void download(const std::string& key, const Artifact& artifact, const std::string& digest);
    void copy(const std::string& key, const Artifact& artifact, const std::string& digest);
    void downloaded(const std::string& key, const Artifact& artifact, const std::string& digest,
                    Result<net::Download> result);
    void finish(const std::string& key, Result<Fetched> result);
    std::string temporary();

    net::EventLoop& loop_;
    Options options_;
    std::map<std::string, Flight> flights_;  // by digest, or by a number when there is none
    std::uint64_t next_ = 0;
    // Shared with callbacks of the loop and of the worker, which do nothing once it is false.
    std::shared_ptr<bool> alive_;
    Worker worker_;
};

}  // namespace heddle::node
