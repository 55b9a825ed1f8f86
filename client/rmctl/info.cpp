#include "client/rmctl/info.h"

#include "client/rmctl/answers.h"
#include "client/rmctl/exit_code.h"
#include "client/rmctl/output.h"
#include "client/rmctl/server.h"
#include "common/base/strings.h"
#include "common/net/http_message.h"
#include "common/wire/json.h"

namespace heddle::rmctl {

Result<int> show_ui(const Options& options) {
    TRY(Server server, Server::find(options));
    TRY(const std::string body, server.post("/heddle/v1/codes", "", "a sign-in code"));
    TRY(const std::string code, read_text_field(body, "code"));
    if (server.address().starts_with("unix:")) {
        return Error{ErrorCode::Unsupported,
                     "the dashboard has no address on a Unix socket; use --server HOST:PORT"};
    }
    const std::string url = server.address() + "/?code=" + net::percent_encode(code);
    if (options.output == OutputForm::Json) {
        print_json("{\"url\":" + wire::quote_json(url) + "}");
        return kExitDone;
    }
    print(url + "\n");
    hint(options, "The address signs one browser in; 'rmctl ui' prints another.");
    return kExitDone;
}

namespace {

// The server's version; empty when no server is known at all.
Result<std::string> version_of_server(const Options& options) {
    auto server = Server::find(options);
    if (!server) {
        const bool none = server.error().code == ErrorCode::Unavailable;
        return none ? Result<std::string>(std::string()) : server.error();
    }
    TRY(const std::string body, server->get("/ws/v1/cluster/info", "cluster information"));
    TRY(const ClusterAnswer cluster, read_cluster(body));
    return cluster.version;
}

}  // namespace

Result<int> show_version(const Options& options) {
    const auto server = version_of_server(options);
    if (options.output == OutputForm::Json) {
        wire::JsonWriter json;
        json.begin_object().member("rmctl", HEDDLE_VERSION);
        if (server.ok() && !server->empty()) {
            json.member("resourcemanager", *server);
        }
        print_json(json.end_object().text());
    } else {
        print(std::string("rmctl ") + HEDDLE_VERSION + "\n");
        if (server.ok() && !server->empty()) {
            print("resourcemanager " + *server + "\n");
        }
    }
    if (!server) {
        return server.error();
    }
    if (server->empty()) {
        hint(options, "No resource manager is known; name one with --server HOST:8088");
    }
    return kExitDone;
}

std::string bash_completion(const std::map<std::string, std::vector<std::string>>& words) {
    std::string known;
    for (const auto& [command, next] : words) {
        const std::string name = command.empty() ? "rmctl" : "rmctl " + command;
        known += "        [\"" + name + "\"]=\"" + join(next, " ") + "\"\n";
    }
    // A word that makes no command is a flag, its value, or an argument: it is passed over.
    return "# bash completion for rmctl: source <(rmctl completion bash)\n"
           "_rmctl() {\n"
           "    local -A next=(\n" +
           known +
           "    )\n"
           "    local command=rmctl i\n"
           "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
           "        local longer=\"$command ${COMP_WORDS[i]}\"\n"
           "        [[ ${next[$longer]+known} ]] && command=$longer\n"
           "    done\n"
           "    COMPREPLY=($(compgen -W \"${next[$command]}\" -- \"${COMP_WORDS[COMP_CWORD]}\"))\n"
           "}\n"
           "complete -o default -F _rmctl rmctl\n";
}

}  // namespace heddle::rmctl
