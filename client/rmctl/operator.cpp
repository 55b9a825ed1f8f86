#include "client/rmctl/operator.h"

#include "client/rmctl/amounts.h"
#include "client/rmctl/exit_code.h"
#include "client/rmctl/json_fields.h"
#include "client/rmctl/output.h"
#include "client/rmctl/server.h"
#include "client/rmctl/verbs.h"
#include "common/base/strings.h"
#include "common/net/http_message.h"

namespace heddle::rmctl {
namespace {

using wire::Json;

constexpr const char* kCluster = "/ws/v1/cluster";

std::string text_of(const Json& entry, const char* key) {
    return std::to_string(fields::number(entry, key));
}

Table gangs_of(const Json& json) {
    Table table;
    table.columns = {{"APPLICATION", Align::Left, true, 0}, {"GANG", Align::Right, false, 0},
                     {"QUEUE", Align::Left, true, 2},       {"NEEDS", Align::Right, false, 0},
                     {"HAS ROOM", Align::Right, false, 0},  {"GATHERS", Align::Left, false, 1},
                     {"DEADLINE", Align::Left, false, 3}};
    for (const Json& gang : fields::list(json, "reservations", "gang")) {
        table.rows.push_back({fields::text(gang, "application"), text_of(gang, "gang"),
                              fields::text(gang, "queue"), text_of(gang, "needed"),
                              text_of(gang, "fits"), fields::flag(gang, "gathering") ? "yes" : "no",
                              human_time(fields::number(gang, "deadline"))});
    }
    return table;
}

std::string queue_at(const Json& record, const char* key) {
    const Json* standing = record.find(key);
    return standing == nullptr ? std::string() : fields::text(*standing, "queue");
}

std::string joined(const std::vector<std::string>& labels) {
    std::vector<std::string> encoded;
    for (const std::string& label : labels) {
        encoded.push_back(net::percent_encode(label));
    }
    return join(encoded, ",");
}

}  // namespace

Table reservations_of(const Json& json) {
    Table table;
    table.columns = {{"APPLICATION", Align::Left, true, 0}, {"ASK", Align::Right, false, 0},
                     {"QUEUE", Align::Left, true, 2},       {"NODE", Align::Left, true, 0},
                     {"WANTS", Align::Left, false, 0},      {"HELD", Align::Left, false, 1},
                     {"SINCE", Align::Left, false, 3}};
    for (const Json& one : fields::list(json, "reservations", "reservation")) {
        table.rows.push_back({fields::text(one, "application"), text_of(one, "ask"),
                              fields::text(one, "queue"), fields::text(one, "node"),
                              amount_text(one, "size"), amount_text(one, "held"),
                              human_time(fields::number(one, "since"))});
    }
    return table;
}

Result<int> reservation_list(const Options& options) {
    return shown(options, "/heddle/v1/reservations", "the reservations", [&](const Json& json) {
        print_rows(options, reservations_of(json), "No room is held");
        const Table gangs = gangs_of(json);
        if (!gangs.rows.empty() && options.output != OutputForm::Name) {
            print("\n");
            print_table(options, gangs);
        }
        return kExitDone;
    });
}

Table preemptions_of(const Json& json) {
    Table table;
    table.columns = {{"CONTAINER", Align::Left, true, 0}, {"WHEN", Align::Left, false, 3},
                     {"FROM", Align::Left, true, 0},      {"TO", Align::Left, true, 0},
                     {"SIZE", Align::Left, false, 2},     {"FOR", Align::Left, true, 1}};
    for (const Json& record : fields::list(json, "preemptions", "taken")) {
        table.rows.push_back({fields::text(record, "container"),
                              human_time(fields::number(record, "time")), queue_at(record, "from"),
                              queue_at(record, "to"), amount_text(record, "size"),
                              fields::text(record, "forApplication")});
    }
    return table;
}

Result<int> preemption_list(const Options& options) {
    return shown(options, "/heddle/v1/preemptions", "what was taken back", [&](const Json& json) {
        return print_rows(options, preemptions_of(json),
                          "Nothing was taken back since the manager started");
    });
}

Table labels_of(const Json& json) {
    Table table;
    table.columns = {{"LABEL", Align::Left, true, 0},
                     {"EXCLUSIVE", Align::Left, false, 0},
                     {"NODES", Align::Right, false, 0},
                     {"HAVE", Align::Left, false, 1}};
    for (const Json& label : fields::list(json, "", "nodeLabelInfo")) {
        const Json* partition = label.find("partitionInfo");
        table.rows.push_back(
            {fields::text(label, "name"), fields::flag(label, "exclusivity") ? "yes" : "no",
             text_of(label, "activeNMs"),
             partition == nullptr ? "" : amount_text(*partition, "resourceAvailable")});
    }
    return table;
}

Result<int> label_list(const Options& options) {
    return shown(options, std::string(kCluster) + "/get-rm-node-labels", "the labels of nodes",
                 [&](const Json& json) {
                     return print_rows(options, labels_of(json), "There are no labels");
                 });
}

Result<int> label_add(const Options& options, const std::vector<std::string>& labels, bool shared) {
    wire::JsonWriter json;
    json.begin_object().key("nodeLabelInfo").begin_array();
    for (const std::string& label : labels) {
        json.begin_object().member("name", label).member("exclusivity", !shared).end_object();
    }
    json.end_array().end_object();
    return decided(options, std::string(kCluster) + "/add-node-labels", std::move(json).take(),
                   "label " + join(labels, ", "), "there is " + join(labels, ", ") + " now");
}

Result<int> label_remove(const Options& options, const std::vector<std::string>& labels) {
    return decided(options, std::string(kCluster) + "/remove-node-labels?labels=" + joined(labels),
                   "", "label " + join(labels, ", "), "removed " + join(labels, ", "));
}

Result<int> label_refresh(const Options& options) {
    TRY(Server server, Server::find(options));
    TRY(const std::string body,
        server.post("/heddle/v1/label-script/refresh", "", "the labels of nodes"));
    if (options.output == OutputForm::Json) {
        print_json(body);
        return kExitDone;
    }
    TRY(const Json json, fields::parse(body));
    const Json* report = json.find("labelScript");
    if (report == nullptr) {
        return kExitDone;
    }
    if (const std::string failure = fields::text(*report, "failure"); !failure.empty()) {
        return Error{ErrorCode::Unavailable, failure + "; the last labels hold"};
    }
    hint(options, count_of(fields::number(*report, "nodesAsked"), "node") + " asked for, " +
                      std::to_string(fields::number(*report, "nodesChanged")) +
                      " with another label");
    return kExitDone;
}

Result<int> user_groups(const Options& options, const std::string& user) {
    return shown(options, "/heddle/v1/users/" + net::percent_encode(user) + "/groups",
                 "the groups of a user", [&](const Json& json) {
                     const Json* found = json.find("groups");
                     std::vector<std::string> groups;
                     if (found != nullptr && found->array() != nullptr) {
                         for (const Json& group : *found->array()) {
                             groups.push_back(group.string() == nullptr ? "" : *group.string());
                         }
                     }
                     if (groups.empty()) {
                         hint(options, "The manager's machine knows no group of " + user);
                     }
                     for (const std::string& group : groups) {
                         print(group + "\n");
                     }
                     return kExitDone;
                 });
}

Result<int> user_whoami(const Options& options) {
    return shown(options, std::string(kCluster) + "/userinfo", "who you are", [](const Json& json) {
        const Json* info = json.find("clusterUserInfo");
        print((info == nullptr ? "" : fields::text(*info, "requestedUser")) + "\n");
        return kExitDone;
    });
}

Result<int> user_refresh_groups(const Options& options) {
    return decided(options, "/heddle/v1/user-groups/refresh", "", "the groups of users",
                   "the groups of users are asked for anew");
}

Result<int> node_refresh_topology(const Options& options) {
    TRY(Server server, Server::find(options));
    TRY(const std::string body, server.post("/heddle/v1/topology/refresh", "", "the topology"));
    if (options.output == OutputForm::Json) {
        print_json(body);
        return kExitDone;
    }
    TRY(const Json json, fields::parse(body));
    const Json* report = json.find("topology");
    if (report == nullptr) {
        return kExitDone;
    }
    if (const std::string failure = fields::text(*report, "failure"); !failure.empty()) {
        return Error{ErrorCode::Unavailable, failure + "; what was known before holds"};
    }
    const std::int64_t in_file = fields::number(*report, "machinesInFile");
    hint(options, in_file > 0 ? count_of(in_file, "machine") + " in the file"
                              : count_of(fields::number(*report, "machinesAnswered"), "machine") +
                                    " answered for by the script");
    return kExitDone;
}

Result<int> queue_access(const Options& options, const std::string& queue, const std::string& user,
                         bool administer) {
    std::string target =
        std::string(kCluster) + "/queues/" + net::percent_encode(queue) +
        "/access?queue-acl-type=" + (administer ? "ADMINISTER_QUEUE" : "SUBMIT_APPLICATIONS");
    if (!user.empty()) {
        target += "&user=" + net::percent_encode(user);
    }
    return shown(options, target, "the queue", [&](const Json& json) -> Result<int> {
        if (fields::flag(json, "allowed")) {
            hint(options, fields::text(json, "user") + " may");
            return kExitDone;
        }
        return Error{ErrorCode::PermissionDenied, fields::text(json, "diagnostics")};
    });
}

}  // namespace heddle::rmctl
