#include "client/rmctl/artifacts.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstring>

#include "client/rmctl/terminal.h"
#include "common/base/strings.h"
#include "common/net/digest.h"

namespace heddle::rmctl {
namespace {

Result<std::uint64_t> size_of_file(const std::string& path) {
    struct stat info {};
    if (stat(path.c_str(), &info) != 0) {
        return Error{errno == ENOENT ? ErrorCode::NotFound : ErrorCode::Internal,
                     "cannot read '" + path + "': " + strerror(errno)};
    }
    if (!S_ISREG(info.st_mode)) {
        return Error{ErrorCode::InvalidArgument, "'" + path + "' is no regular file"};
    }
    return static_cast<std::uint64_t>(info.st_size);
}

}  // namespace

Result<UploadReport> upload_artifacts(const Options& options, Server& server,
                                      std::vector<LocalArtifact>& artifacts) {
    UploadReport report;
    Progress progress(options.quiet);
    for (LocalArtifact& artifact : artifacts) {
        TRY(artifact.size, size_of_file(artifact.path));
        TRY(artifact.sha256, net::sha256_of_file(artifact.path));
        const std::string target = "/heddle/v1/artifacts/" + artifact.sha256;
        TRY(const bool present, server.exists(target));
        if (present) {
            report.bytes_present += artifact.size;
            continue;
        }
        progress.show("uploading " + artifact.name + " (" +
                      human_bytes(static_cast<std::int64_t>(artifact.size)) + ")");
        TRY(server.upload(target, artifact.path));
        report.bytes_sent += artifact.size;
    }
    return report;
}

}  // namespace heddle::rmctl
