// The scheduler's configuration: read, tried, changed, and taken back. Under /heddle/v1 as TOML,
// under /ws/v1 in YARN's names.

#include <algorithm>
#include <map>
#include <memory>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/strings.h"
#include "common/config/scheduler_file.h"
#include "common/model/queue_check.h"
#include "common/model/queue_settings.h"
#include "common/wire/yarn_scheduler.h"
#include "resourcemanager/core/capacities.h"
#include "resourcemanager/core/queue_terms.h"
#include "resourcemanager/shell/services.h"

namespace heddle::rm {
namespace {

using wire::JsonWriter;

Result<const SchedulerVersion*> version_asked(const View& view, const std::string& text) {
    const SchedulerVersions& versions = *view.scheduler;
    if (text.empty()) {
        return versions.back().get();
    }
    std::int64_t number = 0;
    if (parse_number(text, number)) {
        for (const auto& version : versions) {
            if (version->config.version == number) {
                return version.get();
            }
        }
    }
    return Error{ErrorCode::NotFound, "no version '" + text + "'; there are " +
                                          std::to_string(versions.front()->config.version) +
                                          " to " + std::to_string(versions.back()->config.version)};
}

void write_lines(JsonWriter& json, const char* key, const std::vector<std::string>& lines) {
    json.key(key).begin_array();
    for (const std::string& line : lines) {
        json.value(line);
    }
    json.end_array();
}

void write_amount(JsonWriter& json, const char* key, const Resource& amount) {
    write_resource(json.key(key), amount);
}

// What the nodes of each label have that are there now.
std::map<std::string, Resource> totals_of(const View& view, const SchedulerConfig& config) {
    std::map<std::string, Resource> totals = {{kNoLabel, {}}};
    for (const auto& [label, exclusive] : config.labels) {
        totals[label] = {};
    }
    if (const auto root = view.queues.find("root"); root != nullptr && root->terms != nullptr) {
        for (const PartitionTerms& partition : root->terms->partitions) {
            totals[partition.label] = partition.total;
        }
    }
    return totals;
}

// What every queue gets of them: first of the nodes without a label, then of each label.
void write_effective(JsonWriter& json, const SchedulerConfig& config,
                     const std::map<std::string, Resource>& totals) {
    const std::vector<QueueConfig> queues = normalised(config.queues);
    const std::vector<std::uint32_t> parents = parents_of(queues);
    const auto entitlements = effective_capacities(queues, parents, kNoLabel, totals.at(kNoLabel));
    std::map<std::string, std::vector<Entitlement>> labelled;
    for (const auto& [label, total] : totals) {
        if (label != kNoLabel) {
            labelled[label] = effective_capacities(queues, parents, label, total);
        }
    }
    write_amount(json, "clusterTotal", totals.at(kNoLabel));
    json.key("queues").begin_array();
    for (std::size_t i = 0; i < queues.size(); ++i) {
        json.begin_object().member("path", queues[i].path);
        write_amount(json, "guaranteed", entitlements[i].guaranteed);
        write_amount(json, "maximum", entitlements[i].maximum);
        json.key("labels").begin_array();
        for (const auto& [label, amounts] : labelled) {
            json.begin_object().member("label", label);
            write_amount(json, "total", totals.at(label));
            write_amount(json, "guaranteed", amounts[i].guaranteed);
            write_amount(json, "maximum", amounts[i].maximum);
            json.end_object();
        }
        json.end_array();
        json.key("settings").begin_object();
        for (const auto& [name, text] : settings_of(queues[i])) {
            json.member(name, text);
        }
        json.end_object().end_object();
    }
    json.end_array();
}

void write_version(JsonWriter& json, const SchedulerVersion& version) {
    json.member("version", version.config.version);
    json.member("changed", version.changed.milliseconds);
    json.member("by", version.by).member("note", version.note);
}

net::HttpResponse toml(const SchedulerConfig& config) {
    net::HttpResponse response;
    response.headers.add("Content-Type", "application/toml; charset=utf-8");
    response.headers.add("X-Scheduler-Version", std::to_string(config.version));
    response.body = config::scheduler_text(config);
    return response;
}

Result<net::HttpResponse> get_config(const Services& services, const Call& call) {
    const auto view = services.board.view();
    TRY(const SchedulerVersion* version, version_asked(*view, call.query("version")));
    if (call.query("format") == "toml") {
        return toml(version->config);
    }
    JsonWriter json;
    json.begin_object();
    write_version(json, *version);
    json.member("toml", config::scheduler_text(version->config));
    write_effective(json, version->config, totals_of(*view, version->config));
    json.end_object();
    return net::HttpResponse::json(200, std::move(json).take());
}

Result<net::HttpResponse> get_versions(const Services& services, const Call&) {
    const auto view = services.board.view();
    JsonWriter json;
    json.begin_object().key("versions").begin_array();
    const SchedulerVersions& versions = *view->scheduler;
    for (std::size_t i = versions.size(); i-- > 0;) {  // the newest first
        json.begin_object();
        write_version(json, *versions[i]);
        if (i > 0) {  // of the oldest that is kept it is not known any more
            json.member("changes", difference(versions[i - 1]->config, versions[i]->config).size());
        }
        json.end_object();
    }
    json.end_array().end_object();
    return net::HttpResponse::json(200, std::move(json).take());
}

// Without `to` the present one, without `from` the one before it.
Result<net::HttpResponse> get_difference(const Services& services, const Call& call) {
    const auto view = services.board.view();
    TRY(const SchedulerVersion* to, version_asked(*view, call.query("to")));
    std::string before = call.query("from");
    if (before.empty()) {
        const SchedulerVersions& versions = *view->scheduler;
        const auto at = std::ranges::find_if(
            versions, [&](const auto& version) { return version.get() == to; });
        before = std::to_string((at == versions.begin() ? *at : *(at - 1))->config.version);
    }
    TRY(const SchedulerVersion* from, version_asked(*view, before));
    JsonWriter json;
    json.begin_object().member("from", from->config.version).member("to", to->config.version);
    write_lines(json, "lines", difference(from->config, to->config));
    json.end_object();
    return net::HttpResponse::json(200, std::move(json).take());
}

// Changes.

using OnVersion = std::function<net::HttpResponse(std::int64_t version)>;
using OnRefusal = std::function<net::HttpResponse(const Error& error)>;

void ask_core(const Services& services, ReplaceScheduler what, net::Responder responder,
              OnVersion on_version, OnRefusal on_refusal = error_response) {
    const auto waiting = std::make_shared<net::Responder>(std::move(responder));
    services.core.ask(std::move(what), [waiting, on_version = std::move(on_version),
                                        on_refusal = std::move(on_refusal)](Result<Answer> answer) {
        waiting->send(answer ? on_version(std::get<SchedulerAnswer>(*answer).version)
                             : on_refusal(answer.error()));
    });
}

net::HttpResponse version_answer(std::int64_t version, const std::vector<std::string>& lines) {
    JsonWriter json;
    json.begin_object().member("version", version);
    write_lines(json, "lines", lines);
    json.end_object();
    return net::HttpResponse::json(200, std::move(json).take());
}

Result<ReplaceScheduler> replacement(const Call& call) {
    ReplaceScheduler what;
    TRY(what.config,
        config::parse_scheduler(call.request.body,
                                call.query("name").empty() ? "body" : call.query("name")));
    if (const std::string expected = call.query("expected_version"); !expected.empty()) {
        std::int64_t number = 0;
        if (!parse_number(expected, number)) {
            return Error{ErrorCode::InvalidArgument,
                         "expected_version is '" + expected + "'; write a version's number"};
        }
        what.expected_version = number;
    }
    what.note = call.query("note");
    what.by = call.who.user;
    return what;
}

void put_config(const Services& services, const Call& call, net::Responder responder) {
    auto what = replacement(call);
    if (!what) {
        responder.send(error_response(what.error()));
        return;
    }
    const auto view = services.board.view();
    auto lines = difference(view->scheduler->back()->config, what->config);
    log::info("scheduler configuration", {{"user", call.who.user}, {"changes", lines.size()}});
    ask_core(services, std::move(*what), std::move(responder),
             [lines = std::move(lines)](std::int64_t version) {
                 return version_answer(version, lines);
             });
}

void dry_run(const Services& services, const Call& call, net::Responder responder) {
    auto what = replacement(call);
    if (!what) {
        responder.send(error_response(what.error()));
        return;
    }
    what->dry_run = true;
    const auto view = services.board.view();
    JsonWriter json;
    json.begin_object().member("present", view->scheduler->back()->config.version);
    write_lines(json, "lines", difference(view->scheduler->back()->config, what->config));
    write_effective(json, what->config, totals_of(*view, what->config));
    json.end_object();
    ask_core(services, std::move(*what), std::move(responder),
             [body = std::move(json).take()](std::int64_t) {
                 return net::HttpResponse::json(200, body);
             });
}

void roll_back(const Services& services, const Call& call, net::Responder responder) {
    const auto view = services.board.view();
    const std::string asked = call.query("version");
    const auto version = asked.empty()
                             ? Error{ErrorCode::InvalidArgument, "say ?version=N; see .../versions"}
                             : version_asked(*view, asked);
    if (!version) {
        responder.send(error_response(version.error()));
        return;
    }
    ReplaceScheduler what;
    what.config = (*version)->config;
    what.by = call.who.user;
    what.note = "back to version " + asked;
    auto lines = difference(view->scheduler->back()->config, what.config);
    log::info("scheduler configuration", {{"user", call.who.user}, {"back_to", asked}});
    ask_core(
        services, std::move(what), std::move(responder),
        [lines = std::move(lines)](std::int64_t number) { return version_answer(number, lines); });
}

// YARN's.

std::string properties_json(const SchedulerConfig& config) {
    JsonWriter json;
    json.begin_object().key("property").begin_array();
    for (const auto& [name, value] : wire::yarn_properties(config)) {
        json.begin_object().member("name", name).member("value", value).end_object();
    }
    json.end_array().end_object();
    return std::move(json).take();
}

// YARN answers these with a line of text.
net::HttpResponse text_refusal(const Error& error) {
    if (error.code == ErrorCode::InvalidArgument || error.code == ErrorCode::Conflict) {
        return net::HttpResponse::text(400, error.message + "\n");
    }
    return error_response(error);
}

constexpr const char* kApplied = "Configuration change successfully applied.";

void yarn_change(const Services& services, const Call& call, bool only_validate,
                 net::Responder responder) {
    const auto view = services.board.view();
    const SchedulerConfig& present = view->scheduler->back()->config;
    auto update = wire::parse_yarn_update(call.request.body);
    if (!update) {
        responder.send(text_refusal(update.error()));
        return;
    }
    auto change = wire::apply_yarn_update(present, *update);
    if (!change) {
        responder.send(text_refusal(change.error()));
        return;
    }
    ReplaceScheduler what;
    what.expected_version = present.version;
    what.by = call.who.user;
    what.note = "scheduler-conf";
    what.dry_run = only_validate;
    std::string body = only_validate ? properties_json(change->config) : kApplied;
    for (const std::string& note : change->notes) {
        body += only_validate ? "" : "\n" + note;
    }
    what.config = std::move(change->config);
    log::info("scheduler configuration", {{"user", call.who.user}, {"yarn", !only_validate}});
    ask_core(
        services, std::move(what), std::move(responder),
        [only_validate, body = std::move(body)](std::int64_t) {
            return only_validate ? net::HttpResponse::json(200, body)
                                 : net::HttpResponse::text(200, body);
        },
        text_refusal);
}

// YARN's GET that changes something: back to what the file says, as a version of its own.
void format_config(const Services& services, const Call& call, net::Responder responder) {
    if (call.request.method == "HEAD") {
        responder.send(error_response(
            {ErrorCode::InvalidArgument, "HEAD would change the configuration; ask with GET"}));
        return;
    }
    if (call.who.kind == Principal::Kind::Cookie) {  // a picture on any page could ask for it
        responder.send(error_response(
            {ErrorCode::PermissionDenied, "not from a browser: use rmctl config reset"}));
        return;
    }
    auto config = services.configured_scheduler();
    if (!config) {
        responder.send(text_refusal(config.error()));
        return;
    }
    ReplaceScheduler what;
    what.config = std::move(*config);
    what.by = call.who.user;
    what.note = "back to its file";
    log::info("scheduler configuration", {{"user", call.who.user}, {"what", what.note}});
    ask_core(
        services, std::move(what), std::move(responder),
        [](std::int64_t) {
            return net::HttpResponse::text(200,
                                           "Configuration under store successfully formatted.");
        },
        text_refusal);
}

Result<net::HttpResponse> start_log(const Services& services, const Call& call) {
    const std::string text = call.query("time");
    std::int64_t seconds_asked = 0;
    const std::int64_t most = SchedulerLog::kPeriodMax.milliseconds() / 1000;
    if (!parse_number(text, seconds_asked) || seconds_asked < 1 || seconds_asked > most) {
        return Error{ErrorCode::InvalidArgument,
                     "Period must be greater than 0: time is a number of seconds from 1 to " +
                         std::to_string(most) + ", not '" + text + "'"};
    }
    TRY(const std::string path, services.scheduler_log.open(wall_now(), seconds(seconds_asked)));
    log::info("scheduler log begins", {{"user", call.who.user}, {"file", path}});
    return net::HttpResponse::text(200, "Capacity scheduler logs are being created.");
}

void add_yarn_routes(Router& router, Services& services) {
    router.get("/ws/v1/cluster/scheduler-conf", Permission::Read, [&services](const Call&) {
        return Result<net::HttpResponse>(net::HttpResponse::json(
            200, properties_json(services.board.view()->scheduler->back()->config)));
    });
    router.get("/ws/v1/cluster/scheduler-conf/version", Permission::Read, [&services](const Call&) {
        JsonWriter json;
        json.begin_object().member("versionID",
                                   services.board.view()->scheduler->back()->config.version);
        json.end_object();
        return Result<net::HttpResponse>(net::HttpResponse::json(200, std::move(json).take()));
    });
    router.add({"GET", "/ws/v1/cluster/scheduler-conf/format", Permission::Write, Body::Nothing,
                [&services](const Call& call, net::Responder responder) {
                    format_config(services, call, std::move(responder));
                }});
    router.add({"POST", "/ws/v1/cluster/scheduler/logs", Permission::Write, Body::Nothing,
                [&services](const Call& call, net::Responder responder) {
                    answer(responder, start_log(services, call));
                }});
    router.add({"PUT", "/ws/v1/cluster/scheduler-conf", Permission::Write, Body::Document,
                [&services](const Call& call, net::Responder responder) {
                    yarn_change(services, call, false, std::move(responder));
                }});
    for (const char* method : {"POST", "PUT"}) {
        router.add({method, "/ws/v1/cluster/scheduler-conf/validate", Permission::Write,
                    Body::Document, [&services](const Call& call, net::Responder responder) {
                        yarn_change(services, call, true, std::move(responder));
                    }});
    }
}

}  // namespace

void add_scheduler_routes(Router& router, Services& services) {
    add_yarn_routes(router, services);
    router.get("/heddle/v1/scheduler-config", Permission::Read,
               [&services](const Call& call) { return get_config(services, call); });
    router.get("/heddle/v1/scheduler-config/versions", Permission::Read,
               [&services](const Call& call) { return get_versions(services, call); });
    router.get("/heddle/v1/scheduler-config/diff", Permission::Read,
               [&services](const Call& call) { return get_difference(services, call); });
    router.add({"PUT", "/heddle/v1/scheduler-config", Permission::Write, Body::Document,
                [&services](const Call& call, net::Responder responder) {
                    put_config(services, call, std::move(responder));
                }});
    router.add({"POST", "/heddle/v1/scheduler-config/dry-run", Permission::Write, Body::Document,
                [&services](const Call& call, net::Responder responder) {
                    dry_run(services, call, std::move(responder));
                }});
    router.add({"POST", "/heddle/v1/scheduler-config/rollback", Permission::Write, Body::Nothing,
                [&services](const Call& call, net::Responder responder) {
                    roll_back(services, call, std::move(responder));
                }});
}

}  // namespace heddle::rm
