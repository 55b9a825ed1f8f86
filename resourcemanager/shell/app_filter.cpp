#include "resourcemanager/shell/app_filter.h"

#include <algorithm>
#include <array>

#include "common/base/strings.h"

namespace heddle::rm {
namespace {

constexpr std::array<std::string_view, 8> kStates = {
    "NEW", "NEW_SAVING", "SUBMITTED", "ACCEPTED", "RUNNING", "FINISHED", "FAILED", "KILLED"};

std::string to_upper(std::string_view text) {
    std::string upper(text);
    for (char& c : upper) {
        if (c >= 'a' && c <= 'z') {
            c = static_cast<char>(c - 'a' + 'A');
        }
    }
    return upper;
}

std::set<std::string> lower_list(const std::string& text) {
    std::set<std::string> list;
    for (const std::string_view part : split(text, ',')) {
        if (!trim(part).empty()) {
            list.insert(to_lower(trim(part)));
        }
    }
    return list;
}

std::optional<std::string> given(const Call& call, std::string_view name) {
    const std::string* value = call.request.find_query(name);
    return value == nullptr || value->empty() ? std::nullopt : std::optional(*value);
}

Error invalid(std::string message) {
    return {ErrorCode::InvalidArgument, std::move(message)};
}

// `below`: what YARN says of a number less than `min`.
Status read_number(const Call& call, const std::string& name, std::int64_t min, const char* below,
                   std::int64_t& out) {
    const auto text = given(call, name);
    if (!text) {
        return {};
    }
    const bool negative = text->starts_with('-');
    if (!parse_number(std::string_view(*text).substr(negative ? 1 : 0), out)) {
        return invalid(name + " must be a number, not '" + *text + "'");
    }
    return negative || out < min ? Status(invalid(below)) : Status();
}

Status read_times(const Call& call, AppFilter& filter) {
    TRY(read_number(call, "startedTimeBegin", 0, "startedTimeBegin must be greater than 0",
                    filter.started_begin));
    TRY(read_number(call, "startedTimeEnd", 0, "startedTimeEnd must be greater than 0",
                    filter.started_end));
    TRY(read_number(call, "finishedTimeBegin", 0, "finishTimeBegin must be greater than 0",
                    filter.finished_begin));
    TRY(read_number(call, "finishedTimeEnd", 0, "finishTimeEnd must be greater than 0",
                    filter.finished_end));
    if (filter.started_begin > filter.started_end) {
        return invalid("startedTimeEnd must be greater than startTimeBegin");
    }
    if (filter.finished_begin > filter.finished_end) {
        return invalid("finishTimeEnd must be greater than finishTimeBegin");
    }
    return {};
}

Status read_final_status(const Call& call, AppFilter& filter) {
    filter.final_status = given(call, "finalStatus");
    if (!filter.final_status) {
        return {};
    }
    constexpr std::array<std::string_view, 5> kKnown = {"UNDEFINED", "SUCCEEDED", "FAILED",
                                                        "KILLED", "ENDED"};
    const std::string asked = *filter.final_status;
    filter.final_status = to_upper(asked);
    if (std::ranges::find(kKnown, *filter.final_status) == kKnown.end()) {
        return invalid(
            "No enum constant org.apache.hadoop.yarn.api.records.FinalApplicationStatus." + asked +
            "; there are UNDEFINED, SUCCEEDED, FAILED, KILLED, ENDED");
    }
    return {};
}

bool in_queue(const std::string& path, const std::string& asked) {
    return path == asked || path.substr(path.rfind('.') + 1) == asked;
}

}  // namespace

Result<std::set<std::string>> parse_app_states(std::string_view list) {
    std::set<std::string> states;
    for (const std::string_view part : split(list, ',')) {
        if (trim(part).empty()) {
            continue;
        }
        const std::string state = to_upper(trim(part));
        if (std::ranges::find(kStates, state) == kStates.end()) {
            return invalid("Invalid application-state " + std::string(trim(part)) +
                           " specified. It should be one of [NEW, NEW_SAVING, SUBMITTED, "
                           "ACCEPTED, RUNNING, FINISHED, FAILED, KILLED]");
        }
        states.insert(state);
    }
    return states;
}

Result<AppParts> parse_deselects(std::string_view list) {
    AppParts parts;
    for (const std::string_view part : split(list, ',')) {
        const std::string name = to_lower(trim(part));
        if (name == "resourcerequests") {
            parts.requests = false;
        } else if (name == "timeouts") {
            parts.timeouts = false;
        } else if (name == "appnodelabelexpression") {
            parts.label = false;
        } else if (name == "amnodelabelexpression") {
            parts.master_label = false;
        } else if (name == "resourceinfo") {
            parts.resources = false;
        } else if (!name.empty()) {
            return invalid("Invalid deSelects string " + std::string(trim(part)) +
                           " specified. It should be one of [resourceRequests, timeouts, "
                           "appNodeLabelExpression, amNodeLabelExpression, resourceInfo]");
        }
    }
    return parts;
}

Result<AppFilter> parse_app_filter(const Call& call) {
    AppFilter filter;
    TRY(filter.states, parse_app_states(call.query_list("states") + "," + call.query("state")));
    filter.types = lower_list(call.query_list("applicationTypes"));
    filter.tags = lower_list(call.query_list("applicationTags"));
    filter.user = given(call, "user");
    filter.queue = given(call, "queue");
    filter.name = given(call, "name");
    TRY(read_final_status(call, filter));
    TRY(read_times(call, filter));
    TRY(read_number(call, "limit", 1, "limit value must be greater then 0", filter.limit));
    TRY(filter.parts, parse_deselects(call.query_list("deSelects")));
    return filter;
}

bool AppFilter::accepts(const ApplicationView& app) const {
    const ApplicationSubmission& submission = *app.submission;
    if (!states.empty() && !states.contains(std::string(to_string(app.state)))) {
        return false;
    }
    if (!types.empty() && !types.contains(to_lower(submission.type))) {
        return false;
    }
    if (!tags.empty() && std::ranges::none_of(submission.tags, [&](const std::string& tag) {
            return tags.contains(to_lower(tag));
        })) {
        return false;
    }
    if ((final_status && *final_status != to_string(app.final_status)) ||
        (user && *user != submission.user) || (name && *name != submission.name) ||
        (queue && !in_queue(submission.queue, *queue))) {
        return false;
    }
    const std::int64_t started = app.submitted.milliseconds;
    const std::int64_t finished = app.finished.milliseconds;
    return started >= started_begin && started <= started_end && finished >= finished_begin &&
           finished <= finished_end;
}

}  // namespace heddle::rm
