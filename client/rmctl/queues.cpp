#include "client/rmctl/queues.h"

#include <algorithm>
#include <cstdio>
#include <optional>

#include "client/rmctl/amounts.h"
#include "client/rmctl/exit_code.h"
#include "client/rmctl/json_fields.h"
#include "client/rmctl/server.h"
#include "common/base/strings.h"

namespace heddle::rmctl {
namespace {

using wire::Json;

constexpr const char* kScheduler = "/ws/v1/cluster/scheduler";
constexpr std::int64_t kNoLimit = 2'147'483'647;  // YARN's way to say so

std::string number_text(double number) {
    char text[32];
    std::snprintf(text, sizeof text, "%.10g", number);
    return text;
}

std::string count_at(const Json& json, const char* key) {
    return std::to_string(fields::number(json, key));
}

// The object of the queue at `path`, in the tree below `json`.
std::optional<Json> find_queue(const Json& json, const std::string& path) {
    const std::string own = fields::text(json, "queuePath");
    if (own == path || (own.empty() && fields::text(json, "queueName") == path)) {
        return json;
    }
    for (const Json& child : fields::list(json, "queues", "queue")) {
        if (auto found = find_queue(child, path)) {
            return found;
        }
    }
    return std::nullopt;
}

bool is_leaf(const Json& queue) {
    return fields::text(queue, "queueType") == "leaf";
}

// "30 % of its parent, 12 % of all: 4096 MiB, 4 vcores". The root has all there is.
std::string share_text(const Json& queue, const char* percent, const char* of_all,
                       const char* amount) {
    if (queue.find(amount) == nullptr) {
        return {};
    }
    return percent_text(fields::real(queue, percent)) + " of its parent, " +
           percent_text(fields::real(queue, of_all)) + " of all: " + amount_text(queue, amount);
}

std::string applications_of(const Json& queue) {
    if (!is_leaf(queue)) {
        return queue.find("numApplications") == nullptr ? "" : count_at(queue, "numApplications");
    }
    const std::int64_t parallel = fields::number(queue, "maxParallelApps");
    return count_at(queue, "numActiveApplications") + " running, " +
           count_at(queue, "numPendingApplications") + " pending; at most " +
           count_at(queue, "maxApplications") +
           (parallel == kNoLimit ? "" : ", " + std::to_string(parallel) + " of them at a time");
}

std::string containers_of(const Json& queue) {
    if (queue.find("allocatedContainers") == nullptr) {
        return {};
    }
    return count_at(queue, "allocatedContainers") + ", " + count_at(queue, "reservedContainers") +
           " reserved, " + count_at(queue, "pendingContainers") + " pending";
}

std::string use_of(const Json& queue) {
    const std::string amount = amount_text(queue, "resourcesUsed");
    return percent_text(fields::real(queue, "usedCapacity")) +
           (amount.empty() ? std::string() : " of its guarantee: " + amount);
}

std::string user_limit_of(const Json& queue) {
    const double factor = fields::real(queue, "userLimitFactor");
    return "at least " + percent_text(fields::real(queue, "userLimit")) +
           " while others wait, at most " +
           (factor < 0 ? "all of the queue" : number_text(factor) + " times its guarantee");
}

std::string seconds_text(std::int64_t seconds) {
    return seconds < 0 ? "none" : human_duration(seconds * 1000);
}

std::string lifetime_of(const Json& queue) {
    const std::int64_t usual = fields::number(queue, "defaultApplicationLifetime");
    const std::int64_t longest = fields::number(queue, "maxApplicationLifetime");
    return usual < 0 && longest < 0
               ? "without end"
               : "default " + seconds_text(usual) + ", longest " + seconds_text(longest);
}

std::string preemption_of(const Json& queue) {
    return std::string(fields::flag(queue, "preemptionDisabled") ? "never from it" : "yes") +
           (fields::flag(queue, "intraQueuePreemptionDisabled") ? ", not inside" : ", also inside");
}

// YARN's list of nobody is a blank.
std::string access_of(const Json& queue, std::string_view right) {
    for (const Json& entry : fields::list(queue, "queueAcls", "queueAcl")) {
        if (fields::text(entry, "accessType") == right) {
            const std::string list = fields::text(entry, "accessControlList");
            return list == "*" ? "everybody" : trim(list).empty() ? "nobody of its own list" : list;
        }
    }
    return {};
}

void add_leaf_fields(const Json& queue, Fields& out) {
    out.insert(out.end(), {{"Masters", "used " + amount_text(queue, "usedAMResource") +
                                           " of at most " + amount_text(queue, "AMResourceLimit")},
                           {"Users", user_limit_of(queue)},
                           {"Default priority", count_at(queue, "defaultPriority")},
                           {"Lifetime", lifetime_of(queue)},
                           {"Preemption", preemption_of(queue)}});
}

std::string labels_text(const Json& queue) {
    std::vector<std::string> names;
    for (const Json& label : fields::list(queue, "", "nodeLabels")) {
        if (label.string() != nullptr && !label.string()->empty()) {
            names.push_back(*label.string() == "*" ? "any" : *label.string());
        }
    }
    return join(names, ", ");
}

}  // namespace

Result<std::string> queue_meant(const std::vector<QueueAnswer>& queues, const std::string& name) {
    std::vector<std::string> matches;
    std::vector<std::string_view> known;
    for (const QueueAnswer& queue : queues) {
        if (queue.path == name) {
            return name;
        }
        if (queue.path.ends_with("." + name)) {
            matches.push_back(queue.path);
        }
        known.emplace_back(queue.path);
    }
    if (matches.size() == 1) {
        return matches[0];
    }
    return Error{matches.empty() ? ErrorCode::NotFound : ErrorCode::InvalidArgument,
                 matches.empty() ? "no queue '" + name + "'" + did_you_mean(name, known) +
                                       "; see them with: rmctl queue list"
                                 : "'" + name + "' means several queues: " + join(matches, ", ") +
                                       "; write the path"};
}

Table queue_table(const std::vector<QueueAnswer>& queues) {
    Table table;
    table.columns = {{"QUEUE", Align::Left, true, 0},        {"STATE", Align::Left, false, 0},
                     {"CAPACITY", Align::Right, false, 2},   {"USED", Align::Right, false, 0},
                     {"RUNNING", Align::Right, false, 0},    {"PENDING", Align::Right, false, 0},
                     {"MEMORY MiB", Align::Right, false, 1}, {"VCORES", Align::Right, false, 1},
                     {kOtherColumn, Align::Left, false, 1}};
    for (const QueueAnswer& queue : queues) {
        table.rows.push_back({std::string(2 * queue.depth, ' ') + queue.path, queue.state,
                              percent_text(queue.capacity), percent_text(queue.used),
                              std::to_string(queue.applications_running),
                              std::to_string(queue.applications_pending),
                              std::to_string(queue.held.memory_mib),
                              std::to_string(queue.held.vcores), named_text(queue.held.named)});
    }
    leave_out_empty(table, kOtherColumn);
    return table;
}

Fields queue_fields(const Json& queue) {
    const std::string path = fields::text(queue, "queuePath");
    Fields shown = {
        {"Queue", path.empty() ? fields::text(queue, "queueName") : path},
        {"State", fields::text(queue, "state")},
        {"Kind", fields::text(queue, "queueType")},
        {"Order", fields::text(queue, "orderingPolicyInfo")},
        {"Priority", count_at(queue, "queuePriority")},
        {"Guaranteed", share_text(queue, "capacity", "absoluteCapacity", "minEffectiveCapacity")},
        {"At most",
         share_text(queue, "maxCapacity", "absoluteMaxCapacity", "maxEffectiveCapacity")},
        {"Weight", fields::real(queue, "weight") > 0 ? number_text(fields::real(queue, "weight"))
                                                     : std::string()},
        {"Used", use_of(queue)},
        {"Containers", containers_of(queue)},
        {"Applications", applications_of(queue)}};
    if (is_leaf(queue)) {
        add_leaf_fields(queue, shown);
    }
    shown.insert(shown.end(),
                 {{"Largest container", amount_text(queue, "maximumAllocation")},
                  {"May submit", access_of(queue, "SUBMIT_APP")},
                  {"May administer", access_of(queue, "ADMINISTER_QUEUE")},
                  {"Labels", labels_text(queue)},
                  {"Creates queues",
                   fields::flag(queue, "autoCreateChildQueueEnabled") ? "yes" : std::string()}});
    return shown;
}

Table queue_labels(const Json& queue) {
    Table table;
    table.columns = {{"LABEL", Align::Left, true, 0},
                     {"CAPACITY", Align::Right, false, 1},
                     {"USED", Align::Left, false, 0},
                     {"GUARANTEED", Align::Left, false, 0},
                     {"AT MOST", Align::Left, false, 1}};
    const auto uses = fields::list(queue, "resources", "resourceUsagesByPartition");
    for (const Json& part : fields::list(queue, "capacities", "queueCapacitiesByPartition")) {
        const std::string label = fields::text(part, "partitionName");
        const auto use = std::ranges::find_if(
            uses, [&](const Json& one) { return fields::text(one, "partitionName") == label; });
        if (!label.empty()) {
            table.rows.push_back({label, percent_text(fields::real(part, "capacity")),
                                  use == uses.end() ? "" : amount_text(*use, "used"),
                                  amount_text(part, "effectiveMinResource"),
                                  amount_text(part, "effectiveMaxResource")});
        }
    }
    return table;
}

Table queue_users(const Json& queue) {
    Table table;
    table.columns = {{"USER", Align::Left, true, 0},      {"RUNNING", Align::Right, false, 0},
                     {"PENDING", Align::Right, false, 0}, {"USED", Align::Left, false, 0},
                     {"AT MOST", Align::Left, false, 1},  {"WEIGHT", Align::Right, false, 2}};
    for (const Json& user : fields::list(queue, "users", "user")) {
        table.rows.push_back(
            {fields::text(user, "username"), count_at(user, "numActiveApplications"),
             count_at(user, "numPendingApplications"), amount_text(user, "resourcesUsed"),
             amount_text(user, "userResourceLimit"),
             number_text(fields::real(user, "userWeight"))});
    }
    return table;
}

Result<int> queue_list(const Options& options) {
    TRY(Server server, Server::find(options));
    TRY(const std::string body, server.get(kScheduler, "the queues"));
    if (options.output == OutputForm::Json) {
        print_json(body);
        return kExitDone;
    }
    TRY(const auto queues, read_queues(body));
    if (options.output == OutputForm::Name) {
        for (const QueueAnswer& queue : queues) {
            print(queue.path + "\n");
        }
    } else {
        print_table(options, queue_table(queues));
    }
    return kExitDone;
}

Result<int> queue_get(const Options& options, const std::string& name) {
    TRY(Server server, Server::find(options));
    TRY(const std::string body, server.get(kScheduler, "the queues"));
    TRY(const auto queues, read_queues(body));
    TRY(const std::string path, queue_meant(queues, name));
    TRY(const Json json, fields::parse(body));
    const std::optional<Json> queue =
        find_queue(*json.find("scheduler")->find("schedulerInfo"), path);
    if (!queue.has_value()) {
        return Error{ErrorCode::NotFound, "no queue '" + path + "'"};
    }
    if (options.output == OutputForm::Json) {
        print_json(wire::JsonWriter().begin_object().member("queue", *queue).end_object().text());
        return kExitDone;
    }
    if (options.output == OutputForm::Name) {
        print(path + "\n");
        return kExitDone;
    }
    print_fields(queue_fields(*queue));
    for (const Table& table : {queue_labels(*queue), queue_users(*queue)}) {
        if (!table.rows.empty()) {
            print("\n");
            print_table(options, table);
        }
    }
    return kExitDone;
}

Result<int> queue_state(const Options& options, const std::string& name, const std::string& state) {
    TRY(Server server, Server::find(options));
    TRY(const std::string body, server.get(kScheduler, "the queues"));
    TRY(const auto queues, read_queues(body));
    TRY(const std::string path, queue_meant(queues, name));
    wire::JsonWriter json;
    json.begin_object().key("update-queue").begin_object().member("queue-name", path);
    json.key("params").begin_object().key("entry").begin_array().begin_object();
    json.member("key", "state").member("value", state).end_object().end_array().end_object();
    json.end_object().end_object();
    TRY(server.put("/ws/v1/cluster/scheduler-conf", json.text(), "queue " + path));
    hint(options, path + " is " + state);
    return kExitDone;
}

}  // namespace heddle::rmctl
