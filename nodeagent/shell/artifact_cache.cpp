// Fetching artifacts into the cache.

#include "nodeagent/shell/artifact_cache.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/net/digest.h"
#include "nodeagent/shell/node_paths.h"

namespace heddle::node {

namespace {

constexpr std::string_view kHeddle = "heddle:sha256/";
constexpr std::string_view kFile = "file:";
constexpr std::string_view kHttp = "http://";
constexpr std::size_t kCopiesMax = 10'000;
constexpr Duration kPause = milliseconds(200);  // before the manager is asked again

/// What a cached file takes, with its spare.
std::uint64_t footprint(std::uint64_t size) {
    return size < kLargeFileBytes ? size : 2 * size;
}

Error about(const Artifact& artifact, const Error& error) {
    const std::string size =
        artifact.size == 0 ? "" : " (" + std::to_string(artifact.size) + " bytes)";
    return Error{error.code, "artifact '" + artifact.name + "'" + size + " from " +
                                 artifact.source + ": " + error.message};
}

/// "file:/path", "file:///path"
std::string path_of_file_source(const std::string& source) {
    std::string path = source.substr(kFile.size());
    if (path.starts_with("///")) {
        path.erase(0, 2);
    }
    return path;
}

Result<std::string> digest_of(const Artifact& artifact) {
    std::string digest = artifact.sha256;
    if (artifact.source.starts_with(kHeddle)) {
        const std::string named = artifact.source.substr(kHeddle.size());
        if (!digest.empty() && digest != named) {
            return Error{ErrorCode::InvalidArgument, "source and sha256 name different contents"};
        }
        digest = named;
    }
    if (!digest.empty() && !net::is_sha256_hex(digest)) {
        return Error{ErrorCode::InvalidArgument, "'" + digest + "' is not a SHA-256 in hex"};
    }
    return digest;
}

/// Checks the temporary file and makes it the cache's. Blocks.
Result<std::string> adopt(const std::string& temporary, std::uint64_t size, const std::string& hex,
                          const std::string& digest, std::uint64_t size_expected,
                          const std::string& target) {
    Error error;
    if (hex != digest) {
        error = {ErrorCode::DataLoss, "its SHA-256 is " + hex + ", expected " + digest};
    } else if (size_expected != 0 && size != size_expected) {
        error = {ErrorCode::DataLoss, "it has " + std::to_string(size) + " bytes, expected " +
                                          std::to_string(size_expected)};
    } else if (::chmod(temporary.c_str(), 0444) != 0 ||
               ::rename(temporary.c_str(), target.c_str()) != 0) {
        error = errno_error("cannot keep " + target);
    } else {
        return target;
    }
    ::unlink(temporary.c_str());
    return error;
}

WallTime last_use(const std::string& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) != 0
               ? WallTime{}
               : WallTime{std::int64_t{status.st_mtim.tv_sec} * 1000 +
                          status.st_mtim.tv_nsec / 1'000'000};
}

}  // namespace

ArtifactCache::ArtifactCache(net::EventLoop& loop, Options options)
    : loop_(loop),
      options_(std::move(options)),
      alive_(std::make_shared<bool>(true)),
      worker_(kCopiesMax) {}

ArtifactCache::~ArtifactCache() {
    *alive_ = false;
}

Result<std::vector<CachedArtifact>> ArtifactCache::begin() {
    std::error_code error;
    for (const char* name : {"/partial", "/spare"}) {
        std::filesystem::remove_all(options_.directory + name, error);
        TRY(make_directories(options_.directory + name));
    }
    TRY(make_directories(options_.directory + "/used"));
    std::vector<CachedArtifact> found;
    for (const auto& entry : std::filesystem::directory_iterator(options_.directory, error)) {
        const std::string name = entry.path().filename().string();
        const auto stamp = stamp_of(entry.path().string());
        if (net::is_sha256_hex(name) && stamp) {
            found.push_back(
                {name, footprint(stamp->size), last_use(used_file(options_.directory, name))});
        }
    }
    return found;
}

ArtifactCache::Fetched ArtifactCache::keep(const std::string& digest,
                                           std::optional<FileStamp> stamp) {
    Fetched file;
    file.path = options_.directory + "/" + digest;
    file.digest = digest;
    file.stamp = stamp;
    kept_[digest].stamp = stamp;
    options_.on_event(ArtifactCached{digest, footprint(stamp ? stamp->size : 0)});
    return file;
}

void ArtifactCache::placed(const Fetched& file) {
    const auto it = kept_.find(file.digest);
    if (it == kept_.end()) {
        return;  // dropped or found damaged meanwhile
    }
    it->second.stamp = file.stamp;
    make_spare(file.digest, it->second);
}

void ArtifactCache::make_spare(const std::string& digest, Kept& kept) {
    if (kept.spare || kept.making_spare || !kept.stamp || kept.stamp->size < kLargeFileBytes) {
        return;
    }
    const std::string from = options_.directory + "/" + digest;
    const std::string to = options_.directory + "/spare/" + std::to_string(++next_);
    kept.making_spare =
        worker_.submit([this, alive = alive_, digest, from, to, known = kept.stamp]() mutable {
            const Status copied = copy_verified(from, digest, known, to, 0400);
            const auto stamp = copied ? stamp_of(to) : std::nullopt;
            loop_.post([this, alive, digest, to, stamp] {
                const auto it = *alive ? kept_.find(digest) : kept_.end();
                if (!*alive || it == kept_.end() || !stamp) {
                    ::unlink(to.c_str());
                } else {
                    it->second.spare = Spare{to, *stamp};
                }
                if (*alive && it != kept_.end()) {
                    it->second.making_spare = false;
                }
            });
        });
}

void ArtifactCache::damaged(const std::string& digest, const FileStamp& stamp) {
    if (stamp_of(options_.directory + "/" + digest) != stamp) {
        return;  // it has been fetched again since
    }
    log::warning("an artifact in the cache was changed; fetching it again", {{"sha256", digest}});
    drop(digest);
    options_.on_event(ArtifactGone{digest});
}

void ArtifactCache::drop(const std::string& digest) {
    const auto it = kept_.find(digest);
    if (it != kept_.end()) {
        if (it->second.spare) {
            ::unlink(it->second.spare->path.c_str());
        }
        kept_.erase(it);
    }
    ::unlink((options_.directory + "/" + digest).c_str());
    ::unlink(used_file(options_.directory, digest).c_str());
}

std::string ArtifactCache::temporary() {
    return options_.directory + "/partial/" + std::to_string(++next_);
}

void ArtifactCache::fetch(const Artifact& artifact, Done done) {
    const auto digest = digest_of(artifact);
    if (!digest) {
        done(about(artifact, digest.error()));
        return;
    }
    struct stat status {};
    if (digest->empty() && artifact.source.starts_with(kFile)) {
        const std::string path = path_of_file_source(artifact.source);
        if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) {
            done(about(artifact, S_ISDIR(status.st_mode)
                                     ? Error{ErrorCode::InvalidArgument, "it is a directory"}
                                     : errno_error("cannot read it")));
            return;
        }
        done(Fetched{path, false, {}});
        return;
    }
    const std::string cached = options_.directory + "/" + *digest;
    if (!digest->empty() && ::stat(cached.c_str(), &status) == 0) {
        Kept& kept = kept_[*digest];
        done(Fetched{cached, false, *digest, kept.stamp, std::exchange(kept.spare, std::nullopt)});
        return;
    }
    const std::string key = digest->empty() ? "#" + std::to_string(++next_) : *digest;
    Flight& flight = flights_[key];
    flight.waiting.push_back(std::move(done));
    if (flight.waiting.size() == 1) {
        start(key, artifact, *digest);
    }
}

void ArtifactCache::start(const std::string& key, const Artifact& artifact,
                          const std::string& digest) {
    const std::string& source = artifact.source;
    if (source.starts_with(kFile)) {
        copy(key, artifact, digest);
    } else if (source.starts_with(kHeddle) || source.starts_with(kHttp)) {
        download(key, artifact, digest);
    } else {
        finish(key, about(artifact, {source.starts_with("https://") ? ErrorCode::Unsupported
                                                                    : ErrorCode::InvalidArgument,
                                     "sources are heddle:sha256/..., file:/... and http://..."}));
    }
}

void ArtifactCache::download(const std::string& key, const Artifact& artifact,
                             const std::string& digest) {
    net::Endpoint server = options_.manager;
    net::ClientRequest request;
    if (artifact.source.starts_with(kHeddle)) {
        request.target = "/heddle/v1/artifacts/" + digest;
        const auto token = options_.token();
        if (!token) {
            finish(key, about(artifact, token.error()));
            return;
        }
        request.headers.set("Authorization", "Bearer " + *token);
    } else {
        const std::size_t slash = artifact.source.find('/', kHttp.size());
        const auto parsed = net::Endpoint::parse(artifact.source.substr(0, slash), 80);
        if (!parsed) {
            finish(key, about(artifact, parsed.error()));
            return;
        }
        server = *parsed;
        request.target = slash == std::string::npos ? "/" : artifact.source.substr(slash);
    }
    net::ClientOptions options;
    options.deadline = {};  // large files take their time; silence does not count as progress
    flights_[key].exchange = net::fetch_to_file(
        loop_, server, std::move(request), temporary(), options,
        [this, alive = alive_, key, artifact, digest](Result<net::Download> result) {
            if (*alive) {
                downloaded(key, artifact, digest, std::move(result));
            }
        });
}

void ArtifactCache::downloaded(const std::string& key, const Artifact& artifact,
                               const std::string& digest, Result<net::Download> result) {
    if (ask_again(key, artifact, digest, result)) {
        return;
    }
    if (!result) {
        finish(key, about(artifact, result.error()));
        return;
    }
    const net::Upload& file = result->file;
    if (file.path.empty()) {
        finish(key,
               about(artifact, {ErrorCode::Unavailable,
                                "the server answered " + std::to_string(result->response.status)}));
        return;
    }
    if (digest.empty()) {
        finish(key, Fetched{file.path, true, {}});
        return;
    }
    auto kept = adopt(file.path, file.size, file.sha256, digest, artifact.size,
                      options_.directory + "/" + digest);
    finish(key, kept ? Result<Fetched>(keep(digest, stamp_of(*kept)))
                     : Result<Fetched>(about(artifact, kept.error())));
}

/// Whether the manager is away, and the artifact will be asked for once more. Nobody else has it,
/// and a launch that failed for it would count against its application.
bool ArtifactCache::ask_again(const std::string& key, const Artifact& artifact,
                              const std::string& digest, const Result<net::Download>& result) {
    constexpr int kStarting = 503;
    const bool away = result ? result->response.status == kStarting
                             : result.error().code == ErrorCode::Unavailable ||
                                   result.error().code == ErrorCode::Timeout;
    if (!away || !artifact.source.starts_with(kHeddle)) {
        return false;
    }
    const TimePoint now = monotonic_now();
    TimePoint& since = flights_[key].away_since.emplace(flights_[key].away_since.value_or(now));
    if (now - since > kManagerPatience) {
        return false;
    }
    loop_.post_after(kPause, [this, alive = alive_, key, artifact, digest] {
        if (*alive) {
            download(key, artifact, digest);
        }
    });
    return true;
}

void ArtifactCache::copy(const std::string& key, const Artifact& artifact,
                         const std::string& digest) {
    const std::string to = temporary();
    const std::string target = options_.directory + "/" + digest;
    const bool accepted = worker_.submit([this, alive = alive_, key, artifact, digest, to, target] {
        const auto work = [&]() -> Result<std::string> {
            TRY(copy_file(path_of_file_source(artifact.source), to, 0600));
            TRY(const std::string hex, net::sha256_of_file(to));
            std::error_code error;
            const auto size = std::filesystem::file_size(to, error);
            return adopt(to, size, hex, digest, artifact.size, target);
        };
        auto kept = work();
        const auto stamp = kept ? stamp_of(target) : std::nullopt;
        auto failure = kept ? std::nullopt : std::optional<Error>(about(artifact, kept.error()));
        // The worker ends before the cache does, so `this` is there; the loop may run later.
        loop_.post([this, alive, key, digest, stamp, failure = std::move(failure)] {
            if (*alive) {
                finish(key,
                       failure ? Result<Fetched>(*failure) : Result<Fetched>(keep(digest, stamp)));
            }
        });
    });
    if (!accepted) {
        finish(key, about(artifact, {ErrorCode::ResourceExhausted, "too many copies are waiting"}));
    }
}

void ArtifactCache::finish(const std::string& key, Result<Fetched> result) {
    const auto it = flights_.find(key);
    const std::vector<Done> waiting = std::move(it->second.waiting);
    flights_.erase(it);
    for (const Done& done : waiting) {
        done(result);
    }
}

}  // namespace heddle::node
