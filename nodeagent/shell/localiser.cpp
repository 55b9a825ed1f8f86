// Directories, links and secrets of a container.

#include "nodeagent/shell/localiser.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

namespace heddle::node {

namespace {

constexpr std::size_t kNameBytesMax = 255;
constexpr std::size_t kDeletionsMax = 100'000;
constexpr std::size_t kCopiesMax = 10'000;
constexpr int kRoundsMax = 3;  // of a container whose artifacts are found changed

Status check_name(const std::string& name) {
    const bool plain = !name.empty() && name.size() <= kNameBytesMax && name != "." &&
                       name != ".." && std::none_of(name.begin(), name.end(), [](char c) {
                           return c == '/' || static_cast<unsigned char>(c) < ' ';
                       });
    if (!plain) {
        return Error{ErrorCode::InvalidArgument,
                     "'" + name +
                         "' is not a plain file name; artifacts and secrets go into the "
                         "work directory itself"};
    }
    return {};
}

Status check_names(const LaunchSpec& spec) {
    std::set<std::string> names;
    const auto check = [&](const std::string& name) -> Status {
        TRY(check_name(name));
        if (!names.insert(name).second) {
            return Error{ErrorCode::InvalidArgument,
                         "two artifacts or secrets have the name '" + name + "'"};
        }
        return {};
    };
    for (const Artifact& artifact : spec.artifacts) {
        TRY(check(artifact.name));
    }
    for (const SecretFile& secret : spec.secrets) {
        TRY(check(secret.name));
    }
    return {};
}

/// Marks the use for the next agent. That it fails is no reason to fail a launch.
void mark_used(const std::string& path) {
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (file >= 0) {
        ::futimens(file, nullptr);
        ::close(file);
    }
}

/// The container's own copy of a cached file; notes the stamp of the contents it has.
Status place_cached(ArtifactCache::Fetched& file, const std::string& used,
                    const std::string& target, mode_t mode) {
    mark_used(used);
    if (file.spare) {
        if (stamp_of(file.spare->path) == file.spare->stamp &&
            ::chmod(file.spare->path.c_str(), mode) == 0 &&
            ::rename(file.spare->path.c_str(), target.c_str()) == 0) {
            file.spare.reset();
            return {};
        }
    }
    return copy_verified(file.path, file.digest, file.stamp, target, mode);
}

Status place_artifact(const Artifact& artifact, ArtifactCache::Fetched& file,
                      const NodePaths& paths, const std::string& target) {
    const mode_t mode = artifact.executable ? 0755 : 0644;
    if (!file.digest.empty()) {
        return place_cached(file, used_file(paths.cache(), file.digest), target, mode);
    }
    if (file.owned) {
        if (::chmod(file.path.c_str(), mode) != 0 ||
            ::rename(file.path.c_str(), target.c_str()) != 0) {
            return errno_error("cannot place '" + artifact.name + "'");
        }
        return {};
    }
    if (artifact.executable && ::access(file.path.c_str(), X_OK) != 0) {
        return copy_file(file.path, target, mode);  // not ours to change
    }
    if (::symlink(file.path.c_str(), target.c_str()) != 0) {
        return errno_error("cannot link '" + artifact.name + "'");
    }
    return {};
}

Status write_secret(const SecretFile& secret, const std::string& path) {
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0) {
        return write_error(path, secret.contents.size());
    }
    errno = ENOSPC;  // when it is written in part
    const ssize_t n = ::write(file, secret.contents.data(), secret.contents.size());
    const bool whole = n == static_cast<ssize_t>(secret.contents.size());
    Status status = whole ? Status{} : Status(write_error(path, secret.contents.size()));
    if (::close(file) != 0 && status) {
        status = write_error(path, secret.contents.size());
    }
    return status;
}

Status make_places(const NodePaths& paths, const ContainerId& id) {
    std::error_code ignored;
    if (::access(paths.work(id).c_str(), F_OK) == 0) {  // of an earlier attempt
        std::filesystem::remove_all(paths.work(id), ignored);
    }
    TRY(make_directories(paths.work(id)));
    TRY(make_directories(paths.logs(id)));
    return make_directories(paths.state(id));
}

}  // namespace

struct Localiser::Job {
    ContainerStart order;
    Done done;
    std::vector<ArtifactCache::Fetched> files;
    std::size_t missing = 0;
    Status how;
    // A file in the cache that is not what it was, or is gone because another job found that.
    std::optional<std::size_t> damaged;
    bool gone = false;
    int rounds = 0;
};

/// Files that were for this container alone and were not placed.
void Localiser::discard(const Job& job) {
    for (const ArtifactCache::Fetched& file : job.files) {
        if (file.owned) {
            ::unlink(file.path.c_str());
        }
        if (file.spare) {
            ::unlink(file.spare->path.c_str());
        }
    }
}

Localiser::Localiser(net::EventLoop& loop, NodePaths paths, ArtifactCache& cache)
    : loop_(loop),
      paths_(std::move(paths)),
      cache_(cache),
      alive_(std::make_shared<bool>(true)),
      cleaner_(kDeletionsMax),
      copier_(kCopiesMax) {}

Localiser::~Localiser() {
    *alive_ = false;
}

void Localiser::localise(const ContainerStart& order, Done done) {
    auto job = std::make_shared<Job>();  // shared by the callbacks of its artifacts
    job->order = order;
    job->done = std::move(done);
    under_way_.insert(order.container);
    begin(job);
}

void Localiser::begin(const std::shared_ptr<Job>& job) {
    const ContainerStart& order = job->order;
    const auto& artifacts = order.spec.artifacts;
    ++job->rounds;
    job->damaged.reset();
    job->how = check_names(order.spec);
    if (!job->how) {
        finish(job, job->how);
        return;
    }
    job->files.assign(artifacts.size(), {});
    job->missing = artifacts.size();
    if (artifacts.empty()) {
        place(job);
        return;
    }
    for (std::size_t i = 0; i < artifacts.size(); ++i) {
        cache_.fetch(artifacts[i],
                     [this, alive = alive_, job, i](Result<ArtifactCache::Fetched> result) {
                         if (*alive) {
                             fetched(job, i, std::move(result));
                         }
                     });
    }
}

void Localiser::fetched(const std::shared_ptr<Job>& job, std::size_t index,
                        Result<ArtifactCache::Fetched> result) {
    if (result) {
        job->files[index] = std::move(result).value();
    } else if (job->how) {
        job->how = result.error();
    }
    if (--job->missing > 0) {
        return;
    }
    if (job->how) {
        place(job);
        return;
    }
    discard(*job);
    finish(job, job->how);
}

void Localiser::place(const std::shared_ptr<Job>& job) {
    const auto work = [paths = paths_, job] {
        const ContainerId& id = job->order.container;
        const LaunchSpec& spec = job->order.spec;
        const auto all = [&]() -> Status {
            TRY(make_places(paths, id));
            for (std::size_t i = 0; i < spec.artifacts.size(); ++i) {
                const Status status = place_artifact(spec.artifacts[i], job->files[i], paths,
                                                     paths.work(id) + "/" + spec.artifacts[i].name);
                if (!status) {
                    const ErrorCode code = status.error().code;
                    const bool cached = !job->files[i].digest.empty();
                    job->gone = code == ErrorCode::NotFound;
                    if (cached && (code == ErrorCode::DataLoss || job->gone)) {
                        job->damaged = i;
                    }
                    return Error{status.error().code, "artifact '" + spec.artifacts[i].name +
                                                          "': " + status.error().message};
                }
            }
            for (const SecretFile& secret : spec.secrets) {
                TRY(write_secret(secret, paths.work(id) + "/" + secret.name));
            }
            return {};
        };
        job->how = all();
    };
    const auto after = [this, alive = alive_, job] {
        if (*alive) {
            placed(job);
        }
    };
    // Copying a large file takes its time; what has its copies ready does not stand behind it.
    const bool copies = std::any_of(job->files.begin(), job->files.end(), [](const auto& file) {
        const bool small = file.stamp && file.stamp->size < kLargeFileBytes;
        return !file.digest.empty() && !file.spare && !small;
    });
    if (!copies || !copier_.submit([this, work, after] {
            work();
            loop_.post(after);
        })) {
        loop_.run_blocking(work, after);
    }
}

void Localiser::placed(const std::shared_ptr<Job>& job) {
    discard(*job);
    if (job->damaged) {
        const ArtifactCache::Fetched& file = job->files[*job->damaged];
        if (!job->gone && file.stamp) {
            cache_.damaged(file.digest, *file.stamp);
        }
        if (job->rounds < kRoundsMax) {
            begin(job);
            return;
        }
    }
    for (const ArtifactCache::Fetched& file : job->files) {
        if (job->how && !file.digest.empty()) {
            cache_.placed(file);
        }
    }
    finish(job, job->how);
}

void Localiser::finish(const std::shared_ptr<Job>& job, Status how) {
    const ContainerId id = job->order.container;
    under_way_.erase(id);
    if (to_remove_.erase(id) > 0) {
        remove_work(id);
    }
    job->done(std::move(how));
}

void Localiser::remove_work(const ContainerId& id) {
    if (under_way_.contains(id)) {
        to_remove_.insert(id);
        return;
    }
    cleaner_.submit([path = paths_.work(id)] { remove_tree(path); });
}

void Localiser::remove_logs(const ContainerId& id) {
    cleaner_.submit([path = paths_.logs(id)] { remove_tree(path); });
}

}  // namespace heddle::node
