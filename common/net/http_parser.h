#pragma once

// An incremental parser of one HTTP message, on Beast's. Requests pass check_request_head() first.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/result.h"
#include "common/net/http_message.h"

namespace heddle::net {

struct MessageHead {
    std::string method;  // of a request
    std::string target;  // of a request
    int status = 0;      // of a response
    int version = 11;    // 10 or 11
    Headers headers;
    bool keep_alive = false;
    bool has_body = false;                        // a length above 0, or chunked, or until the end
    std::optional<std::uint64_t> content_length;  // when there is one
};

class MessageParser {
public:
    enum class Kind { Request, Response };

    /// `on_body` gets the pieces of the body, decoded. `no_body`: for the answer to a HEAD.
    MessageParser(Kind kind, std::function<void(std::string_view)> on_body, bool no_body = false);
    ~MessageParser();

    /// Takes bytes until the head is complete; then, in later calls, until the message is. Returns
    /// how many were taken; the caller keeps the rest and brings it again, with more behind it.
    /// Errors: DataLoss.
    Result<std::size_t> feed(std::string_view bytes);
    /// The peer sends no more. Errors: DataLoss when the message is not complete.
    Status finish();

    bool head_done() const;
    bool done() const;
    const MessageHead& head() const;

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace heddle::net
