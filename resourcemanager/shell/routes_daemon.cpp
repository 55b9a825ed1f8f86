// What every Hadoop daemon tells of itself beside figures: its log files, how much it logs, and its
// metrics under the path that Hadoop has for Prometheus. For operators: none of it is open to
// users.

#include <algorithm>
#include <array>
#include <cctype>

#include "common/base/log.h"
#include "common/base/log_level.h"
#include "common/base/strings.h"
#include "resourcemanager/shell/daemon_logs.h"
#include "resourcemanager/shell/services.h"

namespace heddle::rm {
namespace {

constexpr std::uint64_t kPageDefault = 1U << 20U;
constexpr std::uint64_t kPageMax = 16U << 20U;

struct LevelName {
    const char* name;  // Hadoop's
    log::Level level;
};
constexpr std::array<LevelName, 4> kLevels = {{{"DEBUG", log::Level::Debug},
                                               {"INFO", log::Level::Info},
                                               {"WARN", log::Level::Warning},
                                               {"ERROR", log::Level::Error}}};

// Log files.

net::HttpResponse list_json(const std::vector<DaemonLog>& logs) {
    return wrapped_json("logs", [&](wire::JsonWriter& json) {
        json.begin_object().key("file").begin_array();
        for (const DaemonLog& log : logs) {
            json.begin_object().member("name", log.name).member("size", log.size);
            json.member("modified", log.modified.milliseconds).end_object();
        }
        json.end_array().end_object();
    });
}

// A page of links, as Hadoop's; names are plain and need no escape.
net::HttpResponse list_page(const std::vector<DaemonLog>& logs) {
    std::string page = "<!DOCTYPE html><title>Directory: /logs/</title><h1>Directory: /logs/</h1>";
    page += "<table>";
    for (const DaemonLog& log : logs) {
        page += "<tr><td><a href=\"/logs/" + log.name + "\">" + log.name + "</a></td><td>" +
                std::to_string(log.size) + " bytes</td></tr>\n";
    }
    net::HttpResponse response = net::HttpResponse::text(200, page + "</table>\n");
    response.headers.set("Content-Type", "text/html; charset=utf-8");
    return response;
}

Result<net::HttpResponse> list_logs(const Services& services, const Call& call) {
    const std::vector<DaemonLog> logs = list_daemon_logs(services.scheduler_log.folder());
    const bool page =
        call.request.headers.get("Accept").find("text/html") != std::string_view::npos;
    return page ? list_page(logs) : list_json(logs);
}

Result<std::uint64_t> bytes_of(const Call& call, const char* name, std::uint64_t otherwise,
                               std::uint64_t max) {
    const std::string text = call.query(name);
    std::uint64_t number = otherwise;
    if (!text.empty() && (!parse_number(text, number) || number > max)) {
        return Error{ErrorCode::InvalidArgument, std::string(name) +
                                                     " is a number of bytes from 0 to " +
                                                     std::to_string(max) + ", not '" + text + "'"};
    }
    return number;
}

// A page of the file: `offset` and `limit`; the headers say where it is and how much there is.
Result<net::HttpResponse> read_log(const Services& services, const Call& call) {
    TRY(const OpenDaemonLog log,
        open_daemon_log(services.scheduler_log.folder(), call.parameters[0]));
    TRY(const std::uint64_t offset, bytes_of(call, "offset", 0, INT64_MAX));
    TRY(const std::uint64_t limit, bytes_of(call, "limit", kPageDefault, kPageMax));
    const std::uint64_t begin = std::min(offset, log.size);
    net::HttpResponse response = net::HttpResponse::text(200, "");
    response.headers.add("X-Log-Offset", std::to_string(begin));
    response.headers.add("X-Log-Size", std::to_string(log.size));
    response.headers.add("Cache-Control", "no-store");
    response.body = net::DescriptorRange{log.descriptor, begin, std::min(limit, log.size - begin)};
    return response;
}

// The level.

// YARN's `daemonlog` prints what follows the marks.
net::HttpResponse level_page(const std::string& name) {
    const auto now = std::ranges::find(kLevels, log::level(), &LevelName::level);
    const std::string mark = "<!-- OUTPUT -->";
    net::HttpResponse response = net::HttpResponse::text(
        200, mark + "Submitted Class Name: <b>" + name + "</b><br />\n" + mark +
                 "Log Class: <b>heddle</b>, one level for all of it<br />\n" + mark +
                 "Effective Level: <b>" + now->name + "</b><br />\n");
    response.headers.set("Content-Type", "text/html; charset=utf-8");
    return response;
}

// A class of Java, or any word: there is one level for the whole process.
Result<std::string> class_of(const Call& call) {
    const std::string name = call.query("log");
    const bool plain = std::ranges::all_of(name, [](unsigned char c) {
        return std::isalnum(c) != 0 || c == '.' || c == '$' || c == '_' || c == '-';
    });
    if (name.size() > 255 || !plain) {
        return Error{ErrorCode::InvalidArgument,
                     "log is the name of a class, of letters, digits, '.', '$', '_' and '-'"};
    }
    return name;
}

Result<net::HttpResponse> show_level(const Services&, const Call& call) {
    TRY(const std::string name, class_of(call));
    if (!call.query("level").empty()) {
        return Error{ErrorCode::InvalidArgument,
                     "GET changes nothing: PUT /logLevel?level=DEBUG sets the level"};
    }
    return level_page(name);
}

Result<net::HttpResponse> set_level(const Services&, const Call& call) {
    TRY(const std::string name, class_of(call));
    const std::string wanted = call.query("level");
    const auto found = std::ranges::find_if(
        kLevels, [&](const LevelName& one) { return to_lower(one.name) == to_lower(wanted); });
    if (found == kLevels.end()) {
        return Error{ErrorCode::InvalidArgument,
                     "Bad Level : '" + wanted + "'; there are DEBUG, INFO, WARN and ERROR"};
    }
    // At the old level and at the new one: whoever silences the log is in it.
    const auto say = [&] {
        log::warning("log level", {{"user", call.who.user}, {"level", found->name}});
    };
    const bool quieter = found->level > log::level();
    if (quieter) {
        say();
    }
    log::set_level(found->level);
    if (!quieter) {
        say();
    }
    return level_page(name);
}

Result<net::HttpResponse> metrics(const Services& services, const Call&) {
    net::HttpResponse response;
    response.headers.add("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
    response.body = services.metrics_page();
    return response;
}

}  // namespace

void add_hadoop_daemon_routes(Router& router, Services& services) {
    const auto get = [&](const char* path,
                         Result<net::HttpResponse> (*handler)(const Services&, const Call&)) {
        router.get(path, Permission::Read,
                   [&services, handler](const Call& call) { return handler(services, call); });
    };
    get("/logs", list_logs);
    get("/logs/{file}", read_log);
    get("/logLevel", show_level);
    get("/metrics", metrics);
    get("/prom", metrics);
    router.add({"PUT", "/logLevel", Permission::Write, Body::Nothing,
                [&services](const Call& call, net::Responder responder) {
                    answer(responder, set_level(services, call));
                }});
}

}  // namespace heddle::rm
