#include "client/rmctl/cluster.h"

#include "client/rmctl/amounts.h"
#include "client/rmctl/exit_code.h"
#include "client/rmctl/json_fields.h"
#include "client/rmctl/verbs.h"
#include "common/base/strings.h"
#include "common/config/settings.h"
#include "common/net/http_message.h"

namespace heddle::rmctl {
namespace {

using wire::Json;

constexpr const char* kCluster = "/ws/v1/cluster";
constexpr Duration kLogMax = seconds(3600);

struct Counted {
    const char* key;
    const char* word;
    bool always = false;
};

// "3 up, 1 lost": what is zero is left out, but for what is always said.
template <std::size_t N>
std::string counts_of(const Json& json, const Counted (&counted)[N]) {
    std::vector<std::string> parts;
    for (const Counted& one : counted) {
        const std::int64_t number = fields::number(json, one.key);
        if (one.always || number != 0) {
            parts.push_back(std::to_string(number) + " " + one.word);
        }
    }
    return join(parts, ", ");
}

constexpr Counted kNodes[] = {{"activeNodes", "up", true},
                              {"unhealthyNodes", "unhealthy"},
                              {"lostNodes", "lost"},
                              {"decommissioningNodes", "draining"},
                              {"decommissionedNodes", "decommissioned"},
                              {"rebootedNodes", "rebooted"},
                              {"shutdownNodes", "shut down"}};
constexpr Counted kApplications[] = {{"appsSubmitted", "submitted", true},
                                     {"appsPending", "pending", true},
                                     {"appsRunning", "running", true},
                                     {"appsCompleted", "completed"},
                                     {"appsFailed", "failed"},
                                     {"appsKilled", "killed"}};
constexpr Counted kContainers[] = {{"containersAllocated", "allocated", true},
                                   {"containersPending", "pending", true},
                                   {"containersReserved", "reserved"}};

// An older manager says memory and vcores alone.
std::string waited_for(const Json& metrics) {
    const std::string all = amount_text(metrics, "totalPendingResourcesAcrossPartition");
    return !all.empty() ? all
                        : to_string(Resource{fields::number(metrics, "pendingMB"),
                                             fields::number(metrics, "pendingVirtualCores")});
}

std::string used_of_all(const Json& metrics) {
    return amount_text(metrics, "totalUsedResourcesAcrossPartition") + " of " +
           amount_text(metrics, "totalClusterResourcesAcrossPartition");
}

std::string measured(const Json& metrics) {
    const auto percent = [&](const char* key) {
        return " (" + std::to_string(fields::number(metrics, key)) + " %)";
    };
    return std::to_string(fields::number(metrics, "utilizedMB")) + " MiB" +
           percent("utilizedMBPercent") + ", " +
           count_of(fields::number(metrics, "utilizedVirtualCores"), "vcore") +
           percent("utilizedVirtualCoresPercent");
}

// GETs an object below `root` and shows its fields; with -o name the first alone, where that is
// `named`.
Result<int> show_fields(const Options& options, const std::string& target, const char* what,
                        const char* root, Fields (*fields_of)(const Json&), bool named) {
    return shown(options, target, what, [&](const Json& json) -> Result<int> {
        const Json* object = json.find(root);
        if (object == nullptr) {
            return Error{ErrorCode::DataLoss,
                         "the server's answer has no '" + std::string(root) + "'"};
        }
        const Fields found = fields_of(*object);
        if (named && options.output == OutputForm::Name) {
            print(found.front().second + "\n");
        } else {
            print_fields(found);
        }
        return kExitDone;
    });
}

}  // namespace

Fields cluster_fields(const Json& info) {
    return {{"ID", std::to_string(fields::number(info, "id"))},
            {"State", fields::text(info, "state")},
            {"Standing", fields::text(info, "haState")},
            {"Started", human_time(fields::number(info, "startedOn"))},
            {"Version", fields::text(info, "resourceManagerVersion")},
            {"State store", fields::text(info, "rmStateStoreName")}};
}

Fields metrics_fields(const Json& metrics) {
    return {{"Nodes", counts_of(metrics, kNodes)},
            {"Applications", counts_of(metrics, kApplications)},
            {"Containers", counts_of(metrics, kContainers)},
            {"Promised", used_of_all(metrics)},
            {"Waited for", waited_for(metrics)},
            {"Reserved", amount_text(metrics, "totalReservedResourcesAcrossPartition")},
            {"In use", measured(metrics)},
            {"Grants", std::to_string(fields::number(metrics, "containerAssignedPerSecond")) +
                           " containers/s"},
            {"Events waiting", std::to_string(fields::number(metrics, "rmEventQueueSize"))}};
}

Table statistics_table(const Json& json) {
    Table table;
    table.columns = {{"STATE", Align::Left, false, 0},
                     {"TYPE", Align::Left, true, 1},
                     {"COUNT", Align::Right, false, 0}};
    for (const Json& item : fields::list(json, "appStatInfo", "statItem")) {
        table.rows.push_back({fields::text(item, "state"), fields::text(item, "type"),
                              std::to_string(fields::number(item, "count"))});
    }
    return table;
}

Result<int> cluster_info(const Options& options) {
    return show_fields(options, std::string(kCluster) + "/info", "the cluster", "clusterInfo",
                       cluster_fields, true);
}

Result<int> cluster_metrics(const Options& options) {
    return show_fields(options, std::string(kCluster) + "/metrics", "the figures of the cluster",
                       "clusterMetrics", metrics_fields, false);
}

Result<int> cluster_appstatistics(const Options& options, const std::vector<std::string>& states,
                                  const std::string& type) {
    std::string target = std::string(kCluster) + "/appstatistics";
    char separator = '?';
    const std::pair<const char*, std::string> asked[] = {{"states", join(states, ",")},
                                                         {"applicationTypes", type}};
    for (const auto& [name, value] : asked) {
        if (!value.empty()) {
            target += separator + std::string(name) + "=" + net::percent_encode(value);
            separator = '&';
        }
    }
    return shown(options, target, "the number of applications", [&](const Json& json) {
        return print_rows(options, statistics_table(json), "No state was asked for");
    });
}

Result<int> scheduler_log(const Options& options, const std::string& time) {
    const auto asked = config::parse_duration(time);
    if (!asked || *asked < seconds(1) || *asked > kLogMax) {
        return Error{ErrorCode::InvalidArgument,
                     "'" + time + "': write a time from 1s to 1h, for example 60s"};
    }
    const std::int64_t whole = asked->milliseconds() / 1000;
    return decided(options, std::string(kCluster) + "/scheduler/logs?time=" + std::to_string(whole),
                   "", "the scheduler's log",
                   "For " + human_duration(whole * 1000) +
                       " every decision becomes a line of logs/scheduler-*.log in the manager's "
                       "state directory");
}

}  // namespace heddle::rmctl
