#pragma once

// The requests that one bucket understands, and what its refusals mean.

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "common/fs/http.h"
#include "common/fs/s3_settings.h"

namespace heddle::fs {

struct S3Object {
    std::string key;
    std::uint64_t size = 0;
    std::string etag;    // as S3 writes it, in quotes
    std::string mark{};  // of the upload that made it; only head() says it
};

// A part of a multipart upload is named by its place in `etags`. `mark` is in the metadata of the
// object, so that it can be told from what another writer made under the same key.
struct S3Upload {
    std::string key;
    std::string id;
    std::string mark;
    std::vector<std::string> etags;
};

// Any thread. Errors name the object as "s3a://bucket/key": NotFound, PermissionDenied,
// Unauthenticated, Conflict, Unavailable, and those of HttpClient.
class S3Bucket {
public:
    /// `http` must outlive it.
    S3Bucket(HttpClient& http, std::string name, S3Place place)
        : http_(http), name_(std::move(name)), place_(std::move(place)) {}

    const S3Place& place() const { return place_; }
    std::string url_of(const std::string& key) const { return "s3a://" + name_ + "/" + key; }

    Result<S3Object> head(const std::string& key);
    /// Bytes [offset, offset + size), cut at the end. `etag`: of the object that is meant; empty:
    /// any. Errors: also Conflict, when it is another one.
    Result<std::string> get(const std::string& key, std::uint64_t offset, std::uint64_t size,
                            const std::string& etag);
    Status put(const std::string& key, std::string_view bytes);
    /// Nothing there is success.
    Status remove(const std::string& key);

    struct Page {
        std::vector<S3Object> objects;
        std::vector<std::string> folders;  // "a/b/", when there is a delimiter
        std::string next;                  // empty: the last page
    };
    /// Errors: also Internal, for an answer that is no list, or one that does not say how it goes
    /// on.
    Result<Page> list(const std::string& prefix, bool folders, int most, const std::string& next);

    Result<S3Upload> begin_upload(const std::string& key);
    Status put_part(S3Upload& upload, std::string_view bytes);
    /// Makes the object visible. May be asked again. Errors: also Conflict, when the upload is gone
    /// and its object is not there.
    Status complete(const S3Upload& upload);
    /// False: the server refuses it, now. Nothing there is success. `again`: it is asked for as
    /// often as any request, rather than once. Errors: there was no answer.
    Result<bool> abort(const S3Upload& upload, bool again = false);

private:
    // Of answers that are not an object: a list of 1000 keys of 1 KiB each, with %XX for each byte.
    static constexpr std::uint64_t kAnswerMax = std::uint64_t{16} << 20;

    struct Ask {
        std::string method;
        std::string key;
        std::map<std::string, std::string> query{};
        std::vector<std::string> headers{};
        std::string_view body{};
        std::uint64_t answer_bytes = kAnswerMax;
        bool once = false;
    };
    Result<HttpAnswer> send(const Ask& ask);
    Error refusal(const Ask& ask, const HttpAnswer& answer) const;

    HttpClient& http_;
    std::string name_;
    S3Place place_;
};

/// A token of one line each: key, id, mark, etags.
std::string encode_upload(const S3Upload& upload);
/// Errors: DataLoss.
Result<S3Upload> decode_upload(std::string_view token);

}  // namespace heddle::fs
