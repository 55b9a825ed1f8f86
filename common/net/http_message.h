#pragma once

// What HTTP requests and responses are made of, for server and client.

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "common/net/address.h"

namespace heddle::net {

/// Header fields in order of arrival. Names compare without case.
class Headers {
public:
    using Field = std::pair<std::string, std::string>;

    Headers() = default;
    Headers(std::initializer_list<Field> fields) : fields_(fields) {}

    void add(std::string name, std::string value) {
        fields_.emplace_back(std::move(name), std::move(value));
    }
    /// Replaces every field of that name.
    void set(std::string_view name, std::string value);
    bool has(std::string_view name) const { return find(name) != nullptr; }
    /// The first value, or nullptr.
    const std::string* find(std::string_view name) const;
    /// The first value, or empty.
    std::string_view get(std::string_view name) const;
    /// The value of one cookie of the Cookie fields, or nothing.
    std::optional<std::string> cookie(std::string_view name) const;

    auto begin() const { return fields_.begin(); }
    auto end() const { return fields_.end(); }
    std::size_t size() const { return fields_.size(); }

private:
    std::vector<Field> fields_;
};

/// A request body that went to a file instead of memory.
struct Upload {
    std::string path;
    std::uint64_t size = 0;
    std::string sha256;  // lower-case hex of the bytes written
};

struct HttpRequest {
    std::string method;  // as sent: "GET", "HEAD", "PUT", ...
    std::string target;  // as sent, for messages
    std::string path;    // decoded, "/" and the segments joined
    std::vector<std::string>
        segments;  // decoded; no empty one, none with '/', '\', NUL, control, ".", ".."
    std::vector<std::pair<std::string, std::string>> query;  // decoded, in order
    Headers headers;
    std::string body;              // empty when it went to a file
    std::optional<Upload> upload;  // set when admit() chose BodyToFile
    Peer peer;
    bool wants_web_socket = false;  // a well-formed upgrade request

    /// The first query value of that name, or nullptr.
    const std::string* find_query(std::string_view name) const;
    /// True for GET and HEAD.
    bool reads_only() const { return method == "GET" || method == "HEAD"; }
};

/// Part of a regular file. The server opens it when it answers; a file that cannot be opened is a
/// 404.
struct FileRange {
    std::string path;
    std::uint64_t offset = 0;
    std::uint64_t length = UINT64_MAX;  // cut at the end of the file
};

/// Part of a file that is already open, for files found beneath a root by descriptor. The server
/// owns and closes the descriptor.
struct DescriptorRange {
    std::shared_ptr<const int> descriptor;  // shared with the response only; closed by its deleter
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
};

struct HttpResponse {
    int status = 200;
    Headers headers;  // without Content-Length, Transfer-Encoding, Connection and Date: the server
                      // writes them
    std::variant<std::string, std::shared_ptr<const std::string>, FileRange, DescriptorRange> body;

    static HttpResponse text(int status, std::string body) {
        return {
            status,
            {{"Content-Type", "text/plain; charset=utf-8"}, {"X-Content-Type-Options", "nosniff"}},
            std::move(body)};
    }
    static HttpResponse json(int status, std::string body) {
        return {status,
                {{"Content-Type", "application/json; charset=utf-8"},
                 {"X-Content-Type-Options", "nosniff"}},
                std::move(body)};
    }
};

/// "Not Found" for 404; "Unknown" for a status without a standard phrase.
std::string_view reason_phrase(int status);

/// Percent-encodes everything but unreserved characters, for one segment or one query value.
std::string percent_encode(std::string_view text);

}  // namespace heddle::net
