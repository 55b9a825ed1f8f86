#include "resourcemanager/shell/artifact_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <memory>

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

Result<net::HttpResponse> ArtifactStore::find(std::string_view digest) const {
    if (!net::is_sha256_hex(digest)) {
        return not_a_digest(digest);
    }
    if (!size_of(path_of(digest))) {
        return Error{ErrorCode::NotFound, "no artifact " + std::string(digest)};
    }
    net::HttpResponse response;
    response.headers = {{"Content-Type", "application/octet-stream"}};
    response.body = net::FileRange{path_of(digest)};
    return response;
}

}  // namespace heddle::rm
