// Everything that two HTTP implementations may read differently is refused here, so that no request
// can mean one thing to us and another to something in front of us.

#include "common/net/http_syntax.h"

#include <algorithm>
#include <optional>

#include "common/base/strings.h"

namespace heddle::net {

namespace {

bool is_token_char(char c) {
    constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kOthers.find(c) != std::string_view::npos;
}

bool is_token(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, is_token_char);
}

bool is_digits(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

bool is_control(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
}

Refusal bad(std::string why) {
    return {400, std::move(why)};
}

// What the fields that frame a message were seen to be.
struct Framing {
    int hosts = 0;
    int lengths = 0;
    int encodings = 0;
};

Refusal check_request_line(std::string_view line, bool& http_1_0) {
    const std::size_t first = line.find(' ');
    const std::size_t last = line.rfind(' ');
    if (first == std::string_view::npos || first == last) {
        return bad("the request line is not 'method target version'");
    }
    const std::string_view method = line.substr(0, first);
    const std::string_view target = line.substr(first + 1, last - first - 1);
    const std::string_view version = line.substr(last + 1);
    constexpr std::size_t kMethodLimit = 20;
    if (!is_token(method) || method.size() > kMethodLimit) {
        return bad("bad method");
    }
    if (version != "HTTP/1.1" && version != "HTTP/1.0") {
        return {505, "only HTTP/1.1 and HTTP/1.0 are spoken here"};
    }
    http_1_0 = version == "HTTP/1.0";
    const bool visible = std::ranges::all_of(target, [](char c) { return c > 0x20 && c < 0x7f; });
    if (!target.starts_with('/') || !visible || target.find('#') != std::string_view::npos) {
        return bad("the target is not a path");
    }
    return {};
}

Refusal check_field(std::string_view line, bool http_1_0, Framing& framing) {
    if (line.front() == ' ' || line.front() == '\t') {
        return bad("a header field continues on a second line");
    }
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) {
        return bad("bad header field name");
    }
    const std::string name = to_lower(line.substr(0, colon));
    const std::string_view value = trim(line.substr(colon + 1));
    if (std::ranges::any_of(value, [](char c) { return is_control(c) && c != '\t'; })) {
        return bad("control character in header field '" + name + "'");
    }
    if (name == "host") {
        ++framing.hosts;
        if (value.empty() || value.find_first_of(" \t/@?#,\\") != std::string_view::npos) {
            return bad("bad Host");
        }
    } else if (name == "content-length") {
        ++framing.lengths;
        constexpr std::size_t kDigitsLimit = 18;  // stays below 2^63
        if (!is_digits(value) || value.size() > kDigitsLimit) {
            return bad("Content-Length is not a number");
        }
    } else if (name == "transfer-encoding") {
        ++framing.encodings;
        if (http_1_0 || to_lower(value) != "chunked") {
            return bad("Transfer-Encoding is not exactly 'chunked' of HTTP/1.1");
        }
    }
    return {};
}

Refusal check_framing(const Framing& framing) {
    if (framing.hosts != 1) {
        return bad("there is not exactly one Host");
    }
    if (framing.lengths > 1 || framing.encodings > 1) {
        return bad("Content-Length or Transfer-Encoding is repeated");
    }
    if (framing.lengths == 1 && framing.encodings == 1) {
        return bad("both Content-Length and Transfer-Encoding");
    }
    return {};
}

std::optional<int> hex_value(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    if (c >= 'A' && c <= 'F') {
        return c - 'A' + 10;
    }
    return std::nullopt;
}

// Percent-decodes; nothing for a bad escape. `plus_is_space` as in queries.
std::optional<std::string> decode(std::string_view text, bool plus_is_space) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] == '%') {
            const auto high = at + 2 < text.size() ? hex_value(text[at + 1]) : std::nullopt;
            const auto low = high ? hex_value(text[at + 2]) : std::nullopt;
            if (!low) {
                return std::nullopt;
            }
            out += static_cast<char>(*high * 16 + *low);
            at += 2;
        } else {
            out += plus_is_space && text[at] == '+' ? ' ' : text[at];
        }
    }
    return out;
}

Error bad_target(std::string_view why) {
    return Error{ErrorCode::InvalidArgument, std::string(why)};
}

Status add_segment(std::string_view raw, Target& target) {
    const std::optional<std::string> segment = decode(raw, false);
    if (!segment || !is_valid_utf8(*segment)) {
        return bad_target("bad percent encoding in the path");
    }
    const bool unsafe = std::ranges::any_of(
        *segment, [](char c) { return c == '/' || c == '\\' || is_control(c); });
    if (unsafe || segment->empty() || *segment == "." || *segment == "..") {
        return bad_target("the path has an empty segment, '.', '..', or an encoded slash");
    }
    target.path += '/';
    target.path += *segment;
    target.segments.push_back(*segment);
    return {};
}

Status add_parameter(std::string_view raw, Target& target) {
    const std::size_t equals = raw.find('=');
    const std::string_view raw_value =
        equals == std::string_view::npos ? std::string_view{} : raw.substr(equals + 1);
    std::optional<std::string> name = decode(raw.substr(0, equals), true);
    std::optional<std::string> value = decode(raw_value, true);
    if (!name || !value || !is_valid_utf8(*name) || !is_valid_utf8(*value) ||
        name->find('\0') != std::string::npos || value->find('\0') != std::string::npos) {
        return bad_target("bad percent encoding in the query");
    }
    target.query.emplace_back(std::move(*name), std::move(*value));
    return {};
}

}  // namespace

Refusal check_request_head(std::string_view head, std::size_t field_limit) {
    if (head.find('\0') != std::string_view::npos) {
        return bad("NUL in the header");
    }
    bool http_1_0 = false;
    Framing framing;
    std::size_t fields = 0;
    for (bool first = true;; first = false) {
        const std::size_t end = head.find('\n');
        if (end == std::string_view::npos || end == 0 || head[end - 1] != '\r') {
            return bad("a line does not end in CR LF");
        }
        const std::string_view line = head.substr(0, end - 1);
        head.remove_prefix(end + 1);
        if (line.find('\r') != std::string_view::npos) {
            return bad("CR within a line");
        }
        if (line.empty()) {
            return first ? bad("the request line is empty") : check_framing(framing);
        }
        if (!first && ++fields > field_limit) {
            return {431, "more than " + std::to_string(field_limit) + " header fields"};
        }
        const Refusal refusal =
            first ? check_request_line(line, http_1_0) : check_field(line, http_1_0, framing);
        if (refusal.refused()) {
            return refusal;
        }
    }
}

Result<Target> parse_target(std::string_view target) {
    Target out;
    const std::size_t question = target.find('?');
    std::string_view path = target.substr(0, question);
    if (!path.starts_with('/')) {
        return bad_target("the target is not a path");
    }
    path.remove_prefix(1);
    if (path.ends_with('/')) {
        path.remove_suffix(1);
    }
    if (!path.empty()) {
        for (const std::string_view segment : split(path, '/')) {
            TRY(add_segment(segment, out));
        }
    } else if (target.starts_with("//")) {
        return bad_target("the path has an empty segment");
    }
    if (out.path.empty()) {
        out.path = "/";
    }
    if (question != std::string_view::npos) {
        for (const std::string_view parameter : split(target.substr(question + 1), '&')) {
            if (!parameter.empty()) {
                TRY(add_parameter(parameter, out));
            }
        }
    }
    return out;
}

bool has_token(std::string_view list, std::string_view token) {
    return std::ranges::any_of(split(list, ','), [&](std::string_view part) {
        return to_lower(trim(part)) == to_lower(token);
    });
}

bool is_web_socket_request(std::string_view method, const Headers& headers) {
    constexpr std::size_t kKeySize = 24;  // 16 bytes in base64
    const std::string_view key = headers.get("Sec-WebSocket-Key");
    return method == "GET" && has_token(headers.get("Connection"), "upgrade") &&
           has_token(headers.get("Upgrade"), "websocket") &&
           headers.get("Sec-WebSocket-Version") == "13" && key.size() == kKeySize &&
           key.ends_with("==") && headers.get("Content-Length").empty() &&
           !headers.has("Transfer-Encoding");
}

bool is_valid_utf8(std::string_view text) {
    std::size_t at = 0;
    while (at < text.size()) {
        const auto lead = static_cast<unsigned char>(text[at]);
        if (lead < 0x80) {
            ++at;
            continue;
        }
        const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
        if (lead < 0xc2 || lead > 0xf4 || text.size() - at < length) {
            return false;
        }
        unsigned code = lead & (0x7fu >> length);
        for (std::size_t next = 1; next < length; ++next) {
            const auto byte = static_cast<unsigned char>(text[at + next]);
            if ((byte & 0xc0) != 0x80) {
                return false;
            }
            code = code << 6 | (byte & 0x3fu);
        }
        const bool overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
        const bool surrogate = code >= 0xd800 && code <= 0xdfff;
        if (overlong || surrogate || code > 0x10ffff) {
            return false;
        }
        at += length;
    }
    return true;
}

}  // namespace heddle::net
