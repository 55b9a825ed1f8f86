// What was taken back from queues: every kill with who, why and for whom, and what is marked.

#include <memory>
#include <vector>

#include "resourcemanager/shell/json_views.h"
#include "resourcemanager/shell/services.h"

namespace heddle::rm {
namespace {

void write_standing(wire::JsonWriter& json, std::string_view name, const QueueStanding& queue) {
    json.key(name).begin_object().member("queue", queue.path);
    write_resource(json.key("used"), queue.used);
    write_resource(json.key("guaranteed"), queue.guaranteed);
    json.end_object();
}

// Of applications of one leaf: what decided.
void write_inside(wire::JsonWriter& json, const InsideStanding& inside) {
    json.key("insideQueue").begin_object();
    json.member("priorityFrom", inside.priority_from).member("priorityTo", inside.priority_to);
    json.member("userTo", inside.user_to);
    write_resource(json.key("userFromLeft"), inside.left);
    write_resource(json.key("userFromLimit"), inside.limit_from);
    write_resource(json.key("userToSoon"), inside.soon);
    write_resource(json.key("userToLimit"), inside.limit_to);
    json.end_object();
}

void write_record(wire::JsonWriter& json, const PreemptionRecord& record) {
    json.begin_object().member("number", record.number).member("time", record.at.milliseconds);
    json.member("dryRun", record.dry_run).member("container", to_string(record.container));
    json.member("application", to_string(record.container.attempt.application));
    json.member("user", record.user).member("master", record.master);
    json.member("node", record.node.name);
    write_resource(json.key("size"), record.size);
    write_standing(json, "from", record.from);
    write_standing(json, "to", record.to);
    json.member("forApplication", to_string(record.for_whom.application));
    json.member("forAttempt", to_string(record.for_whom)).member("forAsk", record.ask);
    write_resource(json.key("wanted"), record.wanted);
    json.member("why", record.why);
    if (record.inside.has_value()) {
        write_inside(json, *record.inside);
    }
    write_resource(json.key("inFlight"), record.in_flight);
    write_resource(json.key("cluster"), record.cluster);
    json.member("clusterPercentMax", record.cluster_percent_max);
    json.member("label", record.label).member("lent", record.lent);
    if (record.killable_for.has_value()) {
        json.member("killableForMs", record.killable_for->milliseconds());
    }
    json.end_object();
}

void write_queues(wire::JsonWriter& json, const View& view) {
    json.key("queues").begin_array();
    view.queues.for_each([&](const std::string& path, const auto& queue) {
        if (queue->leaf) {
            json.begin_object().member("queue", path);
            json.member("preemptionDisabled", queue->preemption_disabled);
            json.member("containers", queue->preempted.containers);
            json.member("masters", queue->preempted.masters);
            write_resource(json.key("preempted"), queue->preempted.size);
            json.end_object();
        }
        return true;
    });
    json.end_array();
}

net::HttpResponse list_preemptions(const Services& services) {
    const auto view = services.board.view();
    return wrapped_json("preemptions", [&](wire::JsonWriter& json) {
        std::vector<std::shared_ptr<const PreemptionRecord>> records;
        view->preemptions.for_each([&](std::int64_t, const auto& record) {
            records.push_back(record);
            return true;
        });
        json.begin_object().key("taken").begin_array();  // the newest first
        for (std::size_t i = 0; i < records.size(); ++i) {
            write_record(json, *records[records.size() - 1 - i]);
        }
        json.end_array().key("marked").begin_array();
        for (const PreemptionMark& mark : *view->marks) {
            json.begin_object().member("container", to_string(mark.container));
            json.member("from", mark.from).member("to", mark.to);
            json.member("stopping", mark.stopping).member("killable", mark.killable);
            json.end_object();
        }
        json.end_array();
        write_queues(json, *view);
        json.end_object();
    });
}

}  // namespace

void add_preemption_routes(Router& router, Services& services) {
    router.get("/heddle/v1/preemptions", Permission::Read,
               [&services](const Call&) { return list_preemptions(services); });
}

}  // namespace heddle::rm
