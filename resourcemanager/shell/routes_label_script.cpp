// The program that says which labels nodes have: what it said last, and asking it now.

#include <memory>
#include <utility>

#include "common/base/log.h"
#include "resourcemanager/shell/label_finder.h"
#include "resourcemanager/shell/services.h"

namespace heddle::rm {
namespace {

const Error kNoScript{ErrorCode::InvalidArgument,
                      "no program says which labels nodes have: set scheduler.label_script; until "
                      "then operators do, with rmctl node label"};

net::HttpResponse report_response(const LabelReport& report) {
    return wrapped_json("labelScript", [&](wire::JsonWriter& json) {
        json.begin_object().member("lastRun", report.at.milliseconds);
        json.member("nodesAsked", report.asked).member("nodesChanged", report.changed);
        json.member("nodesUnanswered", report.unanswered);
        json.member("failure", report.failure).end_object();
    });
}

Result<net::HttpResponse> show(const Services& services, const Call&) {
    if (services.labels == nullptr) {
        return kNoScript;
    }
    return report_response(services.labels->last());
}

void refresh(const Services& services, const Call& call, net::Responder responder) {
    if (services.labels == nullptr) {
        responder.send(error_response(kNoScript));
        return;
    }
    log::info("an operator has the labels of nodes asked for", {{"user", call.who.user}});
    services.labels->refresh(
        [waiting = std::make_shared<net::Responder>(std::move(responder))](
            const LabelReport& report) { waiting->send(report_response(report)); });
}

}  // namespace

Status labels_by_hand(const Services& services) {
    if (services.labels == nullptr) {
        return {};
    }
    return Error{ErrorCode::Unsupported,
                 "the labels of nodes come from scheduler.label_script: change what it says, then "
                 "rmctl label refresh"};
}

void add_label_script_routes(Router& router, Services& services) {
    router.get("/heddle/v1/label-script", Permission::Read,
               [&services](const Call& call) { return show(services, call); });
    router.add({"POST", "/heddle/v1/label-script/refresh", Permission::Write, Body::Nothing,
                [&services](const Call& call, net::Responder responder) {
                    refresh(services, call, std::move(responder));
                }});
}

}  // namespace heddle::rm
