#include "resourcemanager/simulator/json_stream.h"

#include <algorithm>

namespace heddle::simulator {
namespace {

constexpr wire::JsonLimits kLimits = {std::size_t{1} << 30, 64, 50'000'000};

// One past the object that begins at `begin`; npos if it does not end.
std::size_t end_of_object(std::string_view text, std::size_t begin) {
    int depth = 0;
    bool quoted = false;
    for (std::size_t i = begin; i < text.size(); ++i) {
        const char c = text[i];
        if (quoted) {
            i += c == '\\' ? 1 : 0;
            quoted = c != '"';
        } else if (c == '"') {
            quoted = true;
        } else if (c == '{' || c == '[') {
            ++depth;
        } else if ((c == '}' || c == ']') && --depth == 0) {
            return i + 1;
        }
    }
    return std::string_view::npos;
}

}  // namespace

Error at_line(std::size_t line, const std::string& what) {
    return {ErrorCode::InvalidArgument, "line " + std::to_string(line) + ": " + what};
}

Status each_object(std::string_view text, const std::function<Status(const wire::Json&)>& take) {
    std::size_t line = 1;
    for (std::size_t i = 0; i < text.size();) {
        const char c = text[i];
        if (c == '\n') {
            ++line;
        }
        if (c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '[' || c == ']' || c == ',') {
            ++i;
            continue;
        }
        if (c != '{') {
            return at_line(line, "expected a JSON object ('{'), found '" + std::string(1, c) + "'");
        }
        const std::size_t end = end_of_object(text, i);
        if (end == std::string_view::npos) {
            return at_line(line, "the JSON object that begins here does not end");
        }
        const std::string_view object = text.substr(i, end - i);
        const Result<wire::Json> json = wire::parse_json(object, kLimits);
        if (!json.ok()) {
            return at_line(line, "in the JSON object that begins here, " + json.error().message);
        }
        if (const Status taken = take(*json); !taken) {
            return at_line(line, taken.error().message);
        }
        line += static_cast<std::size_t>(std::count(object.begin(), object.end(), '\n'));
        i = end;
    }
    return {};
}

}  // namespace heddle::simulator
