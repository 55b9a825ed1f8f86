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

Status read_number(const Call& call, const char* name, std::int64_t min, std::int64_t& out) {
    const auto text = given(call, name);
    if (text && (!parse_number(*text, out) || out < min)) {
        return Error{ErrorCode::InvalidArgument, std::string(name) +
                                                     " must be a number of at least " +
                                                     std::to_string(min) + ", not '" + *text + "'"};
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
            return Error{
                ErrorCode::InvalidArgument,
                "no application state '" + std::string(part) +
                    "'; there are NEW, NEW_SAVING, SUBMITTED, ACCEPTED, RUNNING, FINISHED, "
                    "FAILED, KILLED"};
        }
        states.insert(state);
    }
    return states;
}

Result<AppFilter> parse_app_filter(const Call& call) {
    AppFilter filter;
    TRY(filter.states, parse_app_states(call.query("states") + "," + call.query("state")));
    filter.types = lower_list(call.query("applicationTypes"));
    filter.tags = lower_list(call.query("applicationTags"));
    filter.final_status = given(call, "finalStatus");
    filter.user = given(call, "user");
    filter.queue = given(call, "queue");
    filter.name = given(call, "name");
    if (filter.final_status) {
        filter.final_status = to_upper(*filter.final_status);
        constexpr std::array<std::string_view, 4> kKnown = {"UNDEFINED", "SUCCEEDED", "FAILED",
                                                            "KILLED"};
        if (std::ranges::find(kKnown, *filter.final_status) == kKnown.end()) {
            return Error{ErrorCode::InvalidArgument,
                         "no final status '" + *filter.final_status + "'"};
        }
    }
    TRY(read_number(call, "startedTimeBegin", 0, filter.started_begin));
    TRY(read_number(call, "startedTimeEnd", 0, filter.started_end));
    TRY(read_number(call, "finishedTimeBegin", 0, filter.finished_begin));
    TRY(read_number(call, "finishedTimeEnd", 0, filter.finished_end));
    TRY(read_number(call, "limit", 1, filter.limit));
    filter.resource_requests =
        call.query("deSelects").find("resourceRequests") == std::string::npos;
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
