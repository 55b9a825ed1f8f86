#include "client/rmctl/app_changes.h"

#include "client/rmctl/apps.h"
#include "client/rmctl/exit_code.h"
#include "client/rmctl/json_fields.h"
#include "client/rmctl/output.h"
#include "common/base/clock.h"
#include "common/base/iso_time.h"
#include "common/config/settings.h"
#include "common/net/http_message.h"
#include "common/wire/json.h"

namespace heddle::rmctl {
namespace {

constexpr const char* kCluster = "/ws/v1/cluster";

// PUTs `body`; `done` says what the answer means, which is what holds now.
Result<int> put(const Options& options, const std::string& id, const std::string& what,
                const std::string& body, std::string (*done)(const wire::Json&)) {
    TRY(Server server, Server::find(options));
    TRY(const std::string full, resolve_application(server, id));
    TRY(const std::string answer,
        server.put(std::string(kCluster) + "/apps/" + net::percent_encode(full) + "/" + what, body,
                   what + " of " + full));
    if (options.output == OutputForm::Json) {
        print_json(answer);
    } else if (options.output == OutputForm::Name) {
        print(full + "\n");
    } else {
        TRY(const wire::Json json, fields::parse(answer));
        hint(options, full + " " + done(json));
    }
    return kExitDone;
}

std::string lifetime_now(const wire::Json& json) {
    const wire::Json* timeout = json.find("timeout");
    const auto time =
        parse_iso_time(timeout == nullptr ? "" : fields::text(*timeout, "expiryTime"));
    return time ? "is ended at " + human_time(time->milliseconds) + " at the latest"
                : "goes on without end";
}

}  // namespace

Result<int> app_move(const Options& options, const std::string& id, const std::string& queue) {
    return put(options, id, "queue", "{\"queue\":" + wire::quote_json(queue) + "}",
               [](const wire::Json& json) {
                   return "is in the queue " + fields::text(json, "queue") + " now";
               });
}

Result<int> app_update_priority(const Options& options, const std::string& id, int priority) {
    return put(options, id, "priority", "{\"priority\":" + std::to_string(priority) + "}",
               [](const wire::Json& json) {
                   return "has the priority " + std::to_string(fields::number(json, "priority")) +
                          " now";
               });
}

Result<int> app_update_lifetime(const Options& options, const std::string& id,
                                const std::string& lifetime) {
    std::string expiry = "UNLIMITED";
    if (lifetime != "none") {
        TRY(const Duration left, config::parse_duration(lifetime));
        expiry = iso_time({wall_now().milliseconds + left.milliseconds()});
    }
    return put(options, id, "timeout",
               R"({"timeout":{"type":"LIFETIME","expiryTime":")" + expiry + "\"}}", lifetime_now);
}

Result<int> container_signal(const Options& options, const std::string& container,
                             const std::string& command) {
    TRY(Server server, Server::find(options));
    TRY(server.post(std::string(kCluster) + "/containers/" + net::percent_encode(container) +
                        "/signal/" + net::percent_encode(command),
                    "", "container " + container));
    hint(options, "signal " + command + " is on its way to " + container);
    return kExitDone;
}

Result<int> attempt_fail(const Options& options, const std::string& attempt) {
    TRY(Server server, Server::find(options));
    TRY(server.post("/heddle/v1/attempts/" + net::percent_encode(attempt) + "/fail", "",
                    "attempt " + attempt));
    hint(options, attempt + " has failed");
    return kExitDone;
}

}  // namespace heddle::rmctl
