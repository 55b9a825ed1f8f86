// Lines first, then events made of lines.

#include "common/net/server_events.h"

#include <algorithm>
#include <utility>

namespace heddle::net {

namespace {

std::string one_line(std::string_view text) {
    std::string line(text);
    std::erase_if(line, [](char c) { return c == '\n' || c == '\r' || c == '\0'; });
    return line;
}

// Calls `on_line` for each line that ends in `bytes`, and keeps the rest in `partial`.
template <typename OnLine>
void split_lines(std::string& partial, std::string_view bytes, OnLine on_line) {
    while (!bytes.empty()) {
        const std::size_t end = bytes.find('\n');
        if (end == std::string_view::npos) {
            partial += bytes;
            return;
        }
        std::string joined;
        std::string_view line = bytes.substr(0, end);
        if (!partial.empty()) {
            joined = std::exchange(partial, {});
            joined += line;
            line = joined;
        }
        bytes.remove_prefix(end + 1);
        on_line(line);
    }
}

}  // namespace

std::string format_event(const ServerEvent& event) {
    std::string out;
    if (!event.name.empty()) {
        out += "event: " + one_line(event.name) + "\n";
    }
    if (!event.id.empty()) {
        out += "id: " + one_line(event.id) + "\n";
    }
    std::string_view rest = event.data;
    for (;;) {
        const std::size_t end = rest.find('\n');
        out += "data: ";
        out += one_line(rest.substr(0, end));
        out += '\n';
        if (end == std::string_view::npos) {
            break;
        }
        rest.remove_prefix(end + 1);
    }
    out += '\n';
    return out;
}

EventStreamReader::EventStreamReader(std::function<void(ServerEvent)> on_event)
    : on_event_(std::move(on_event)) {}

void EventStreamReader::feed(std::string_view bytes) {
    split_lines(partial_, bytes, [this](std::string_view line) { on_line(line); });
}

void EventStreamReader::on_line(std::string_view line) {
    if (line.ends_with('\r')) {
        line.remove_suffix(1);
    }
    if (line.empty()) {
        ServerEvent event = std::exchange(event_, {});
        event_.id = event.id;  // an id holds until the next one
        if (std::exchange(has_data_, false)) {
            on_event_(std::move(event));
        }
        return;
    }
    const std::size_t colon = line.find(':');
    const std::string_view name = line.substr(0, colon);
    std::string_view value = colon == std::string_view::npos ? "" : line.substr(colon + 1);
    if (value.starts_with(' ')) {
        value.remove_prefix(1);
    }
    if (name == "data") {
        if (std::exchange(has_data_, true)) {
            event_.data += '\n';
        }
        event_.data += value;
    } else if (name == "event") {
        event_.name = value;
    } else if (name == "id") {
        event_.id = value;
    }
}

LineReader::LineReader(std::function<void(std::string_view)> on_line)
    : on_line_(std::move(on_line)) {}

void LineReader::feed(std::string_view bytes) {
    split_lines(partial_, bytes, on_line_);
}

void LineReader::finish() {
    if (!partial_.empty()) {
        const std::string last = std::exchange(partial_, {});
        on_line_(last);
    }
}

}  // namespace heddle::net
