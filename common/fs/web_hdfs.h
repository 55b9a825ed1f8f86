#pragma once

// The operations of one name node's REST interface, and what its refusals mean.

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/result.h"
#include "common/fs/file_system.h"
#include "common/fs/http.h"

namespace heddle::fs {

// Any thread. `path` is the part behind the host, "/data/x"; messages name whole paths. Errors:
// NotFound, AlreadyExists, PermissionDenied, Unauthenticated, Unavailable, and those of HttpClient.
class WebHdfs {
public:
    /// `head`: what stands before a path, "hdfs://host:8020". `servers`: "http://host:9870", the
    /// name nodes of which one is active. `http` must outlive it.
    WebHdfs(HttpClient& http, std::string head, std::vector<std::string> servers, std::string user)
        : http_(http),
          head_(std::move(head)),
          servers_(std::move(servers)),
          user_(std::move(user)) {}

    Result<FileInfo> stat(const std::string& path);
    Result<std::vector<FileInfo>> list(const std::string& path);
    Result<std::vector<BlockPlace>> places(const std::string& path, std::uint64_t size);
    /// At most `size` > 0 bytes from `offset` on, and at least one. Requires that the file has
    /// them.
    Result<std::string> read(const std::string& path, std::uint64_t offset, std::uint64_t size);
    /// Replaces what is there.
    Status create(const std::string& path, std::string_view bytes);
    Status append(const std::string& path, std::string_view bytes);
    Status make_folders(const std::string& path);
    /// Errors: AlreadyExists and NotFound, and then nothing has changed.
    Status rename(const std::string& from, const std::string& to);
    Status remove(const std::string& path);

private:
    static constexpr std::uint64_t kAnswerMax = std::uint64_t{64} << 20;

    struct Ask {
        std::string method;
        std::string op;
        std::string path;
        std::map<std::string, std::string> query{};
        bool once = false;
        std::uint64_t answer_bytes = kAnswerMax;
    };
    /// The answer of the active name node; redirects are answers.
    Result<HttpAnswer> send(const Ask& ask);
    /// Follows the name node's redirect to a data node, with the body.
    Result<HttpAnswer> send_data(const Ask& ask, std::string_view body);
    Result<HttpAnswer> accepted(const Ask& ask, Result<HttpAnswer> answer) const;
    std::string what(const Ask& ask) const { return ask.op + " " + head_ + ask.path; }

    HttpClient& http_;
    std::string head_;
    std::vector<std::string> servers_;
    std::string user_;
    std::mutex mutex_;
    std::size_t active_ = 0;
};

}  // namespace heddle::fs
