#pragma once

// Requests to file systems that speak HTTP, by libcurl. Redirects are answers like others.

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"

namespace heddle::fs {

// Signed as AWS's version 4 wants it. libcurl signs the path and the query as they are in the URL:
// they have to be in canonical form (url_query).
struct Signing {
    std::string region;
    std::string access_key;
    std::string secret_key;
    std::string session_token;  // may be empty
};

struct HttpRequest {
    std::string method = "GET";
    std::string url;
    std::vector<std::string> headers;  // "name: value"
    std::string_view body{};
    const Signing* signing = nullptr;
    std::uint64_t answer_bytes = UINT64_MAX;  // a longer answer is an error
    bool once = false;                        // not to be repeated: it may have been carried out
};

struct HttpAnswer {
    int status = 0;
    std::map<std::string, std::string> headers;  // names in lower case
    std::string body;

    /// Empty: no such header.
    std::string_view header(const std::string& name) const;
};

struct HttpRules {
    int attempts = 5;                // of a request, at least 1
    int connect_seconds = 10;        // to reach a server
    int idle_seconds = 30;           // without a byte in either direction
    int backoff_milliseconds = 100;  // before the second attempt; doubled for each further one
};

/// Of send(): nobody answered.
bool is_no_answer(ErrorCode code);

/// 2xx.
bool is_good(int status);

/// What an answer may have in any case: room for an error's words.
inline constexpr std::uint64_t kErrorBytes = std::uint64_t{64} << 10;

/// For any number of threads. Connections are kept for the next request.
class HttpClient {
public:
    explicit HttpClient(const HttpRules& rules);
    ~HttpClient();
    HttpClient(const HttpClient&) = delete;
    HttpClient& operator=(const HttpClient&) = delete;

    /// Asks again, after a while, what gets no answer or one that asks for patience (429, 500, 502,
    /// 503, 504); such an answer is returned when the attempts are used up. `what`: for messages,
    /// without secrets. Errors: Unavailable, Timeout, Cancelled (interrupt.h), ResourceExhausted,
    /// InvalidArgument (the URL).
    Result<HttpAnswer> send(const HttpRequest& request, const std::string& what);

private:
    struct Pool;
    HttpRules rules_;
    std::unique_ptr<Pool> pool_;
};

/// All but letters, digits and "-._~" as %XX; '/' stays in paths.
std::string encode_url(std::string_view text, bool path);
std::string decode_url(std::string_view text);

/// "a=1&b=" sorted by name: the canonical form.
std::string url_query(const std::map<std::string, std::string>& parameters);

}  // namespace heddle::fs
