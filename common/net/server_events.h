#pragma once

// Server-sent events (text/event-stream): writing one, and reading them from pieces of a body. Also
// the same for plain lines.

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace heddle::net {

struct ServerEvent {
    std::string name;  // empty: "message"
    std::string data;  // lines separated by \n
    std::string id;    // empty: none
};

/// The event as it goes over the wire. Line breaks in name and id are left out.
std::string format_event(const ServerEvent& event);

/// A comment line that keeps a quiet stream alive.
inline constexpr std::string_view kEventStreamPing = ":\n\n";

class EventStreamReader {
public:
    explicit EventStreamReader(std::function<void(ServerEvent)> on_event);
    void feed(std::string_view bytes);

private:
    void on_line(std::string_view line);

    std::function<void(ServerEvent)> on_event_;
    std::string partial_;
    ServerEvent event_;
    bool has_data_ = false;
};

class LineReader {
public:
    /// `on_line` gets lines without their end.
    explicit LineReader(std::function<void(std::string_view)> on_line);
    void feed(std::string_view bytes);
    /// The last line, if it has no end.
    void finish();

private:
    std::function<void(std::string_view)> on_line_;
    std::string partial_;
};

}  // namespace heddle::net
