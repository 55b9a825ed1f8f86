#include "common/wire/endpoint_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "common/wire/json.h"

namespace heddle::wire {
namespace {

std::string environment(const char* name) {
    const char* value = std::getenv(name);
    return value != nullptr ? value : "";
}

// "http://127.0.0.1:8088", "127.0.0.1:8088" and "heddle://127.0.0.1:8088/" are one place.
std::string_view bare(std::string_view address) {
    if (const auto scheme = address.find("://"); scheme != std::string_view::npos) {
        address.remove_prefix(scheme + 3);
    }
    return address.substr(0, address.find('/'));
}

}  // namespace

std::string format_endpoint_file(const EndpointFile& file) {
    JsonWriter json;
    json.begin_object();
    json.member("server", file.server).member("token_file", file.token_file);
    json.key("pids").begin_array();
    for (const DaemonEntry& daemon : file.daemons) {
        json.value(static_cast<long long>(daemon.pid));
    }
    json.end_array().key("daemons").begin_array();
    for (const DaemonEntry& daemon : file.daemons) {
        json.begin_object().member("name", daemon.name).member("pid", daemon.pid);
        json.member("start_ticks", daemon.start_ticks).member("address", daemon.address);
        json.end_object();
    }
    json.end_array().end_object();
    return std::move(json).take() + "\n";
}

Result<EndpointFile> parse_endpoint_file(std::string_view text) {
    TRY(const Json json, parse_json(text));
    EndpointFile file;
    TRY(file.server, json.string_or("server", ""));
    TRY(file.token_file, json.string_or("token_file", ""));
    const Json* daemons = json.find("daemons");
    const Json::Array* list = daemons != nullptr ? daemons->array() : nullptr;
    if (file.server.empty() || (daemons != nullptr && list == nullptr)) {
        return Error{ErrorCode::InvalidArgument, "it does not name a server and its daemons"};
    }
    if (list == nullptr) {
        return file;
    }
    for (const Json& entry : *list) {
        DaemonEntry daemon;
        TRY(daemon.name, entry.string_or("name", ""));
        TRY(daemon.pid, entry.integer_or("pid", 0));
        TRY(daemon.start_ticks, entry.integer_or("start_ticks", 0));
        TRY(daemon.address, entry.string_or("address", ""));
        file.daemons.push_back(std::move(daemon));
    }
    return file;
}

Result<EndpointFile> read_endpoint_file(const std::string& path) {
    std::ifstream stream(path, std::ios::binary);
    if (!stream) {
        return Error{ErrorCode::NotFound, "no file '" + path + "'"};
    }
    std::ostringstream text;
    text << stream.rdbuf();
    auto file = parse_endpoint_file(text.str());
    if (!file) {
        return Error{ErrorCode::InvalidArgument, "'" + path +
                                                     "' is damaged: " + file.error().message +
                                                     "; remove it with: rmctl dev down"};
    }
    return file;
}

Status write_endpoint_file(const std::string& path, const EndpointFile& file) {
    const std::string fresh = path + ".new";
    {
        std::ofstream stream(fresh, std::ios::binary | std::ios::trunc);
        stream << format_endpoint_file(file);
        stream.flush();
        if (!stream) {
            return errno_error("cannot write '" + fresh + "'");
        }
    }
    if (chmod(fresh.c_str(), 0600) != 0 || std::rename(fresh.c_str(), path.c_str()) != 0) {
        return errno_error("cannot write '" + path + "'");
    }
    return {};
}

std::string default_cluster_directory() {
    std::string state = environment("XDG_STATE_HOME");
    if (state.empty()) {
        state = environment("HOME") + "/.local/state";
    }
    return state + "/heddle/dev";
}

Result<ServerPlace> find_server(const std::string& address, const std::string& token_file,
                                const std::string& directory) {
    ServerPlace place;
    place.address = address.empty() ? environment(kServerEnvironment) : address;
    place.token_file = token_file.empty() ? environment(kTokenFileEnvironment) : token_file;
    const std::string folder = directory.empty() ? default_cluster_directory() : directory;
    const auto file = read_endpoint_file(folder + "/endpoint.json");
    if (file.ok()) {
        if (place.address.empty()) {
            place.address = file->server;
        }
        if (place.token_file.empty() && bare(place.address) == bare(file->server)) {
            place.token_file = file->token_file;
        }
    } else if (file.error().code != ErrorCode::NotFound && place.address.empty()) {
        return file.error();
    }
    if (place.address.empty() && access(kSystemSocket, F_OK) == 0) {
        place.address = std::string("unix:") + kSystemSocket;
    }
    return place;
}

}  // namespace heddle::wire
