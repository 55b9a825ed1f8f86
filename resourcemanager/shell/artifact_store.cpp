#include "resourcemanager/shell/artifact_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <memory>

#include "common/base/log.h"
#include "common/net/digest.h"
#include "resourcemanager/shell/router.h"

namespace heddle::rm {
namespace {

constexpr const char* kIncoming = "/incoming";

Error not_a_digest(std::string_view text) {
    return {ErrorCode::InvalidArgument,
            "'" + std::string(text) + "' is not a SHA-256 of 64 lower-case hex digits"};
}

net::HttpResponse described(int status, std::string_view digest, std::uint64_t size) {
    return net::HttpResponse::json(status, "{\"sha256\":\"" + std::string(digest) +
                                               "\",\"size\":" + std::to_string(size) + "}");
}

std::optional<std::uint64_t> size_of(const std::string& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) {
        return std::nullopt;
    }
    return static_cast<std::uint64_t>(status.st_size);
}

// What is said to be there is used now: it is not collected before somebody can refer to it.
void touch(const std::string& path) {
    ::utimensat(AT_FDCWD, path.c_str(), nullptr, 0);
}

std::optional<StoredArtifact> stored(const std::string& directory, const std::string& digest) {
    struct stat status {};
    if (!net::is_sha256_hex(digest) || ::stat((directory + "/" + digest).c_str(), &status) != 0 ||
        !S_ISREG(status.st_mode)) {
        return std::nullopt;
    }
    return StoredArtifact{digest,
                          static_cast<std::uint64_t>(status.st_size),
                          {status.st_mtim.tv_sec * 1000 + status.st_mtim.tv_nsec / 1'000'000}};
}

std::vector<StoredArtifact> list(const std::string& directory) {
    std::vector<StoredArtifact> all;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
        if (auto artifact = stored(directory, entry.path().filename().string())) {
            all.push_back(std::move(*artifact));
        }
    }
    return all;
}

Status flush(const std::string& path) {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) {
        return errno_error("cannot open " + path);
    }
    Status status = ::fsync(descriptor) == 0 ? Status() : errno_error("cannot flush " + path);
    ::close(descriptor);
    return status;
}

Status move_into_place(const std::string& from, const std::string& to) {
    TRY(flush(from));
    if (::rename(from.c_str(), to.c_str()) != 0) {
        return errno_error("cannot move an artifact to " + to);
    }
    return flush(std::filesystem::path(to).parent_path());
}

}  // namespace

Status ArtifactStore::prepare(const std::string& directory) {
    std::error_code error;
    std::filesystem::remove_all(directory + kIncoming, error);
    std::filesystem::create_directories(directory + kIncoming, error);
    if (error) {
        return Error{ErrorCode::Internal, "cannot create " + directory + ": " + error.message()};
    }
    return {};
}

std::string ArtifactStore::path_of(std::string_view digest) const {
    return directory_ + "/" + std::string(digest);
}

net::Admission ArtifactStore::admit(std::string_view digest) {
    if (!net::is_sha256_hex(digest)) {
        return error_response(not_a_digest(digest));
    }
    if (const auto size = size_of(path_of(digest))) {
        touch(path_of(digest));
        return described(200, digest, *size);
    }
    const std::uint64_t number = uploads_.fetch_add(1);
    return net::BodyToFile{directory_ + kIncoming + "/" + std::to_string(number), bytes_max_};
}

void ArtifactStore::keep(const std::string& digest, const net::Upload& upload,
                         net::Responder responder) {
    bytes_received_ += upload.size;
    if (upload.sha256 != digest) {
        ::unlink(upload.path.c_str());
        responder.send(error_response(
            {ErrorCode::InvalidArgument, "the bytes sent have SHA-256 " + upload.sha256 + ", not " +
                                             digest + "; nothing was kept"}));
        return;
    }
    // Shared by the work on the file thread and what follows on the loop thread.
    struct Task {
        net::Responder responder;
        Status status;
    };
    auto task = std::make_shared<Task>(Task{std::move(responder), {}});
    loop_.run_blocking([task, from = upload.path,
                        to = path_of(digest)] { task->status = move_into_place(from, to); },
                       [task, digest, size = upload.size] {
                           task->responder.send(task->status.ok()
                                                    ? described(201, digest, size)
                                                    : error_response(task->status.error()));
                       });
}

void ArtifactStore::collect(const ArtifactLimits& limits, WallTime now,
                            std::function<std::shared_ptr<const View>()> view) {
    // Shared by the look on the file thread and the decision on the loop thread.
    auto found = std::make_shared<std::vector<StoredArtifact>>();
    loop_.run_blocking(
        [found, directory = directory_] { *found = list(directory); },
        [this, found, limits, now, view = std::move(view)] {
            if (const auto in_use = artifacts_in_use(*view())) {
                remove(artifacts_to_collect(std::move(*found), *in_use, now, limits));
            }
        });
}

void ArtifactStore::remove(const std::vector<StoredArtifact>& artifacts) {
    std::vector<std::string> gone;
    for (const StoredArtifact& artifact : artifacts) {
        if (stored(directory_, artifact.digest) != artifact) {
            continue;  // used since it was looked at
        }
        const std::string away = directory_ + kIncoming + "/collected-" + artifact.digest;
        if (::rename(path_of(artifact.digest).c_str(), away.c_str()) == 0) {
            gone.push_back(away);
            log::info("artifact removed: nobody needs it",
                      {{"sha256", artifact.digest}, {"bytes", artifact.bytes}});
        }
    }
    if (!gone.empty()) {
        loop_.run_blocking(
            [gone] {
                for (const std::string& path : gone) {
                    ::unlink(path.c_str());
                }
            },
            [] {});
    }
}

Result<net::HttpResponse> ArtifactStore::find(std::string_view digest) const {
    if (!net::is_sha256_hex(digest)) {
        return not_a_digest(digest);
    }
    if (!size_of(path_of(digest))) {
        return Error{ErrorCode::NotFound, "no artifact " + std::string(digest)};
    }
    touch(path_of(digest));
    net::HttpResponse response;
    response.headers = {{"Content-Type", "application/octet-stream"}};
    response.body = net::FileRange{path_of(digest)};
    return response;
}

}  // namespace heddle::rm
