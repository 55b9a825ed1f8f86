#pragma once

// Uploaded programs and files, under their SHA-256. An upload is streamed to disk, checked, flushed
// and only then visible; what is there already is answered before a byte of it is sent. A file's
// time of change is that of its last use.

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "common/net/event_loop.h"
#include "common/net/http_server.h"
#include "resourcemanager/core/artifact_keep.h"
#include "resourcemanager/core/views.h"

namespace heddle::rm {

class ArtifactStore {
public:
    /// Creates `directory` and empties its place for uploads that were cut off. Errors: Internal.
    static Status prepare(const std::string& directory);

    ArtifactStore(net::EventLoop& loop, std::string directory, std::uint64_t bytes_max)
        : loop_(loop), directory_(std::move(directory)), bytes_max_(bytes_max) {}

    /// What to do with the body of PUT /heddle/v1/artifacts/{digest}: take it to a file, or answer
    /// at once (200 it is there, 400 not a digest).
    net::Admission admit(std::string_view digest);

    /// Checks and keeps what was uploaded for `digest`; answers 201, or 400 when it is another.
    void keep(const std::string& digest, const net::Upload& upload, net::Responder responder);

    /// Removes what nobody needs (core/artifact_keep.h). Looks at the files on the file thread,
    /// decides and takes them out of sight on the loop thread, where uses are noted too, so that
    /// what has been used in between stays. `view` is asked when it decides.
    void collect(const ArtifactLimits& limits, WallTime now,
                 std::function<std::shared_ptr<const View>()> view);

    /// The file of `digest`. Errors: InvalidArgument, NotFound.
    Result<net::HttpResponse> find(std::string_view digest) const;

    /// Bytes taken in uploads since the start; a second upload of the same bytes adds none.
    std::uint64_t bytes_received() const { return bytes_received_.load(); }

private:
    std::string path_of(std::string_view digest) const;
    void remove(const std::vector<StoredArtifact>& artifacts);

    net::EventLoop& loop_;
    std::string directory_;
    std::uint64_t bytes_max_;
    std::atomic<std::uint64_t> uploads_{0};
    std::atomic<std::uint64_t> bytes_received_{0};
};

}  // namespace heddle::rm
