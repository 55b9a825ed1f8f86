#pragma once

// Files that containers need, by content: <cache>/<sha256>, fetched once however many containers
// ask at the same time, and verified. A container gets a copy that is its own (private_copy.h says
// why it is no link). So that a launch does not wait for the copying of a large file, one copy of
// it is always made ahead: it is renamed into the work directory, and the next one is made
// meanwhile.
//
// What stays and what goes is decided in the core (cache_table.h); the last use is the time of the
// empty file used/<sha256>.
//
// Sources: "heddle:sha256/<hex>" from the manager's REST, "http://...", "file:/path". A source
// without a digest is not cached: "file:" is linked where it is, "http:" fetched for each
// container.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/base/time.h"
#include "common/model/container.h"
#include "common/net/address.h"
#include "common/net/event_loop.h"
#include "common/net/http_client.h"
#include "nodeagent/core/event.h"
#include "nodeagent/shell/private_copy.h"
#include "nodeagent/shell/worker.h"

namespace heddle::node {

/// Smaller files are copied as fast as renamed.
constexpr std::uint64_t kLargeFileBytes = 256 * 1024;

/// Longer than a restart of the manager takes, shorter than it waits for a master.
constexpr Duration kManagerPatience = seconds(300);

class ArtifactCache {
public:
    struct Options {
        std::string directory;
        net::Endpoint manager;  // its REST
        /// The cluster's token, read for each request: it may be renewed.
        std::function<Result<std::string>()> token;
        /// Gets ArtifactCached and ArtifactGone, on the loop thread.
        std::function<void(Event)> on_event;
    };
    struct Spare {
        std::string path;
        FileStamp stamp;
    };
    /// `path`: a file that stays; `owned`: it was fetched for this caller, who moves it away.
    struct Fetched {
        std::string path;
        bool owned = false;
        std::string digest;  // empty: not cached
        // Of contents that were verified; none: not yet by this process.
        std::optional<FileStamp> stamp = {};
        std::optional<Spare> spare = {};  // for this caller alone, who moves it away
    };
    using Done = std::function<void(Result<Fetched>)>;

    ArtifactCache(net::EventLoop& loop, Options options);
    ~ArtifactCache();

    /// Removes what an earlier process left half done and finds what it kept. Blocks; before the
    /// loop runs.
    Result<std::vector<CachedArtifact>> begin();

    /// A container has its copy of what fetch() gave. Makes the next spare.
    void placed(const Fetched& file);
    /// Its contents were found changed when it had this stamp: the next fetch() fetches it again,
    /// unless that has happened already.
    void damaged(const std::string& digest, const FileStamp& stamp);
    /// Removes the file, as the core decided.
    void drop(const std::string& digest);

    /// `done` is called on the loop thread, later or at once. Errors: InvalidArgument for a source
    /// that is malformed, Unsupported for https, DataLoss when the digest or size differs, else why
    /// it could not be fetched; the message names the artifact. While the manager is away what
    /// comes from it is asked for again, for kManagerPatience: its restart ends no launch.
    void fetch(const Artifact& artifact, Done done);

private:
    struct Flight {
        std::vector<Done> waiting;
        net::HttpExchangePtr exchange;
        std::optional<TimePoint> away_since;  // the manager
    };

    struct Kept {
        std::optional<FileStamp> stamp;
        std::optional<Spare> spare;
        bool making_spare = false;
    };

    Fetched keep(const std::string& digest, std::optional<FileStamp> stamp);
    void make_spare(const std::string& digest, Kept& kept);
    void start(const std::string& key, const Artifact& artifact, const std::string& digest);
    void download(const std::string& key, const Artifact& artifact, const std::string& digest);
    bool ask_again(const std::string& key, const Artifact& artifact, const std::string& digest,
                   const Result<net::Download>& result);
    void copy(const std::string& key, const Artifact& artifact, const std::string& digest);
    void downloaded(const std::string& key, const Artifact& artifact, const std::string& digest,
                    Result<net::Download> result);
    void finish(const std::string& key, Result<Fetched> result);
    std::string temporary();

    net::EventLoop& loop_;
    Options options_;
    std::map<std::string, Flight> flights_;  // by digest, or by a number when there is none
    std::map<std::string, Kept> kept_;       // by digest; files that this process has used
    std::uint64_t next_ = 0;
    // Shared with callbacks of the loop and of the worker, which do nothing once it is false.
    std::shared_ptr<bool> alive_;
    Worker worker_;
};

}  // namespace heddle::node
