// Submitting the running program to a cluster.
#include "client/driver/submit_self.h"

#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include "client/driver/process_pool.h"
#include "common/base/retry.h"
#include "common/base/strings.h"
#include "common/model/master_protocol.h"
#include "common/net/digest.h"
#include "common/net/http_client.h"
#include "common/net/retry_after.h"
#include "common/wire/http_status.h"
#include "common/wire/json.h"

namespace heddle::driver {

namespace {

constexpr std::int64_t kExecutorMemoryDefault = std::int64_t{1} << 30;
constexpr Duration kUploadDeadline = seconds(300);
constexpr Duration kServerStarting = seconds(3);  // before the first answer
constexpr Duration kServerAway = seconds(60);     // after it: the manager is being restarted

std::string environment(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? std::string() : std::string(value);
}

Result<std::string> read_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file.is_open()) {
        return errno_error("cannot read '" + path + "'");
    }
    return std::string((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
}

// The running program by its digest: executors of a cluster run the very same bytes.
Result<Artifact> own_program() {
    Artifact artifact;
    const std::string path = running_program();
    artifact.name = std::filesystem::path(path).filename().string();
    TRY(artifact.sha256, net::sha256_of_file(path));
    artifact.source = "heddle:sha256/" + artifact.sha256;
    struct stat info {};
    if (stat(path.c_str(), &info) != 0) {
        return errno_error("program '" + path + "'");
    }
    artifact.size = static_cast<std::uint64_t>(info.st_size);
    artifact.executable = true;
    return artifact;
}

void size_executors(const Settings& settings, ClusterPoolOptions& options) {
    const std::int64_t memory =
        settings.executor_memory > 0 ? settings.executor_memory : kExecutorMemoryDefault;
    options.executors = settings.executors;
    options.executor_size = {memory >> 20U, settings.executor_cores};
    // The rest is for the program itself, its threads' stacks and what allocators keep.
    options.executor_memory = memory / 4 * 3;
}

// The token of the development cluster, if `server` is that cluster.
std::string token_file_of_dev_cluster(const std::string& server) {
    std::string state = environment("XDG_STATE_HOME");
    if (state.empty()) {
        state = environment("HOME") + "/.local/state";
    }
    const auto text = read_file(state + "/heddle/dev/endpoint.json");
    const auto json = text ? wire::parse_json(*text) : Result<wire::Json>(text.error());
    const auto its_server = json ? json->string_or("server", "") : Result<std::string>("");
    const auto file = json ? json->string_or("token_file", "") : Result<std::string>("");
    return its_server && file && *its_server == server ? *file : std::string();
}

Result<std::string> find_token(const std::string& server) {
    std::string path = environment("HEDDLE_TOKEN_FILE");
    if (path.empty()) {
        path = token_file_of_dev_cluster(server);
    }
    if (path.empty()) {
        return Error{ErrorCode::Unauthenticated,
                     "no token for " + server +
                         ": set HEDDLE_TOKEN_FILE, or start the cluster with rmctl dev up"};
    }
    TRY(const std::string text, read_file(path));
    return std::string(trim(text));
}

Result<std::string> body_of(const net::HttpClient& client, const net::ClientRequest& request,
                            Result<net::ClientResponse> answer) {
    if (!answer) {
        return Error{answer.error().code,
                     "no answer from the resource manager at " + client.server().text() + ": " +
                         answer.error().message + "; is it running (rmctl dev up)?"};
    }
    if (answer->success()) {
        return std::move(answer->body);
    }
    return Error{wire::error_of(answer->status, answer->body).code,
                 request.method + " " + request.target + " answered " +
                     std::to_string(answer->status) + ": " + answer->body.substr(0, 500)};
}

// The answer's body, or an error with the manager's words. All that is asked here may be repeated,
// and is while the manager is away or says that it cannot now, as often as it wants to be asked.
Result<std::string> call(net::HttpClient& client, const net::ClientRequest& request,
                         const PauseRule& rule, Duration patience = kServerAway) {
    Duration pause;
    return until_available(
        patience,
        [&] {
            auto answer = client.send(request);
            pause = net::retry_after(answer);
            return body_of(client, request, std::move(answer));
        },
        [] { return false; }, [&](const Error&) { return rule ? rule(pause) : pause; });
}

Status upload(net::HttpClient& client, const Artifact& artifact, const PauseRule& rule) {
    const std::string target = "/heddle/v1/artifacts/" + artifact.sha256;
    const auto there = client.send({"HEAD", target, {}, {}, {}});
    if (there && there->success()) {
        return {};
    }
    client.options().deadline = kUploadDeadline;
    net::ClientRequest request{"PUT", target, {}, {}, running_program()};
    request.headers.add("Content-Type", "application/octet-stream");
    TRY(call(client, std::move(request), rule));
    return {};
}

Result<std::string> text_field(const std::string& body, const char* name) {
    TRY(const wire::Json json, wire::parse_json(body));
    TRY(std::string value, json.string_or(name, ""));
    if (value.empty()) {
        return Error{ErrorCode::Unavailable,
                     std::string("the resource manager answered without '") + name + "'"};
    }
    return value;
}

std::string submission(const std::string& id, const std::string& name, const Settings& settings) {
    wire::JsonWriter json;
    json.begin_object().member("application-id", id).member("application-name", name);
    json.member("heddle-kind", "rdd").member("unmanaged-AM", true);
    if (!settings.queue.empty()) {
        json.member("queue", settings.queue);
    }
    json.end_object();
    return std::move(json).take();
}

net::ClientRequest post_json(std::string target, std::string body) {
    net::ClientRequest request{"POST", std::move(target), {}, std::move(body), {}};
    if (!request.body.empty()) {
        request.headers.add("Content-Type", "application/json");
    }
    return request;
}

}  // namespace

bool in_master_container() {
    return !environment(kAttemptVariable).empty() && !environment(kMasterTokenVariable).empty();
}

Result<ClusterPoolOptions> managed_place(const Settings& settings) {
    ClusterPoolOptions options;
    options.in_container = true;
    TRY(options.server, net::Endpoint::parse(environment(kServerVariable)));
    TRY(options.attempt, parse_attempt_id(environment(kAttemptVariable)));
    TRY(const std::string token, read_file(environment(kMasterTokenVariable)));
    options.token = trim(token);
    options.address = environment("NM_HOST");
    if (options.address.empty()) {
        TRY(options.address, net::local_address_towards(options.server));
    }
    TRY(options.program, own_program());
    size_executors(settings, options);
    return options;
}

Result<ClusterPoolOptions> submit_self(const MasterUrl& url, const std::string& name,
                                       const Settings& settings, const PauseRule& rule) {
    ClusterPoolOptions options;
    options.server = net::Endpoint::tcp(url.host, url.port);
    TRY(const std::string token, find_token(url.server()));
    net::Headers headers;
    headers.add("Authorization", "Bearer " + token);
    net::HttpClient client(options.server, headers);

    TRY(const std::string fresh,
        call(client, post_json("/ws/v1/cluster/apps/new-application", ""), rule, kServerStarting));
    TRY(const std::string id, text_field(fresh, "application-id"));
    TRY(options.program, own_program());
    TRY(upload(client, options.program, rule));
    TRY(call(client, post_json("/ws/v1/cluster/apps", submission(id, name, settings)), rule));
    TRY(const std::string claim,
        call(client, post_json("/heddle/v1/applications/" + id + "/master-token", ""), rule));
    TRY(const std::string attempt, text_field(claim, "attempt"));
    TRY(options.attempt, parse_attempt_id(attempt));
    TRY(options.token, text_field(claim, "token"));
    TRY(options.address, net::local_address_towards(options.server));
    size_executors(settings, options);
    return options;
}

}  // namespace heddle::driver
