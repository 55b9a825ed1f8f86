// Environment and variables of a container.

#include "nodeagent/shell/expansion.h"

namespace heddle::node {

namespace {

bool starts_at(std::string_view text, std::size_t at, std::string_view what) {
    return text.substr(at, what.size()) == what;
}

}  // namespace

std::string expand(std::string_view text, const Environment& environment,
                   std::string_view log_dir) {
    constexpr std::string_view kLogDir = "<LOG_DIR>";
    constexpr std::string_view kPathSeparator = "<CPS>";
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end =
            starts_at(text, at, "{{") ? text.find("}}", at + 2) : std::string_view::npos;
        if (end != std::string_view::npos) {
            const auto it = environment.find(std::string(text.substr(at + 2, end - at - 2)));
            out += it == environment.end() ? "" : it->second;
            at = end + 2;
        } else if (starts_at(text, at, kLogDir)) {
            out += log_dir;
            at += kLogDir.size();
        } else if (starts_at(text, at, kPathSeparator)) {
            out += ':';
            at += kPathSeparator.size();
        } else {
            out += text[at++];
        }
    }
    return out;
}

Environment container_environment(const LaunchSpec& spec, const ContainerPlace& place) {
    const Environment fixed{
        {"CONTAINER_ID", place.container},
        {"NM_HOST", place.host},
        {"NM_HTTP_PORT", std::to_string(place.http_port)},
        {"LOCAL_DIRS", place.work_dir},
        {"LOG_DIRS", place.log_dir},
        {"PWD", place.work_dir},
        {"USER", place.user},
        {"LOGNAME", place.user},
    };
    Environment known = spec.environment;
    known.insert({"HOME", place.work_dir});
    known.insert({"LANG", "C.UTF-8"});
    known.insert({"PATH", place.node_path});
    known["PATH"] = place.programs_dir + ":" + known["PATH"];
    for (const auto& [name, value] : fixed) {
        known[name] = value;
    }
    Environment environment = fixed;
    for (const auto& [name, value] : known) {
        if (!fixed.contains(name)) {
            environment[name] = expand(value, known, place.log_dir);
        }
    }
    return environment;
}

}  // namespace heddle::node
