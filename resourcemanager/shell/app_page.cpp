#include "resourcemanager/shell/app_page.h"

#include <algorithm>
#include <array>
#include <functional>
#include <utility>

#include "common/base/strings.h"
#include "common/wire/json.h"

namespace heddle::rm {
namespace {

// An application's place under one key; texts and numbers never meet.
struct SortValue {
    std::string text;
    std::int64_t number = 0;
    friend auto operator<=>(const SortValue&, const SortValue&) = default;
};

std::int64_t elapsed(const ApplicationView& app, WallTime now) {
    const WallTime end = app.finished.milliseconds != 0 ? app.finished : now;
    return end.milliseconds - app.submitted.milliseconds;
}

struct SortKey {
    std::string_view name;
    SortValue (*value)(const ApplicationView& app, WallTime now);
};

// By the names of the fields that they sort by.
constexpr std::array<SortKey, 15> kKeys = {{
    {"id", [](const ApplicationView&, WallTime) { return SortValue{}; }},
    {"name",
     [](const ApplicationView& a, WallTime) {
         return SortValue{a.submission->name, 0};
     }},
    {"user",
     [](const ApplicationView& a, WallTime) {
         return SortValue{a.submission->user, 0};
     }},
    {"queue",
     [](const ApplicationView& a, WallTime) {
         return SortValue{a.submission->queue, 0};
     }},
    {"applicationType",
     [](const ApplicationView& a, WallTime) {
         return SortValue{a.submission->type, 0};
     }},
    {"state",
     [](const ApplicationView& a, WallTime) {
         return SortValue{std::string(to_string(a.state)), 0};
     }},
    {"finalStatus",
     [](const ApplicationView& a, WallTime) {
         return SortValue{std::string(to_string(a.final_status)), 0};
     }},
    {"priority",
     [](const ApplicationView& a, WallTime) {
         return SortValue{"", a.submission->priority};
     }},
    {"progress",
     [](const ApplicationView& a, WallTime) {
         return SortValue{"", a.progress_percent};
     }},
    {"startedTime",
     [](const ApplicationView& a, WallTime) {
         return SortValue{"", a.submitted.milliseconds};
     }},
    {"finishedTime",
     [](const ApplicationView& a, WallTime) {
         return SortValue{"", a.finished.milliseconds};
     }},
    {"elapsedTime",
     [](const ApplicationView& a, WallTime now) {
         return SortValue{"", elapsed(a, now)};
     }},
    {"memorySeconds",
     [](const ApplicationView& a, WallTime) {
         return SortValue{"", a.memory_mib_seconds};
     }},
    {"allocatedMB",
     [](const ApplicationView& a, WallTime) {
         return SortValue{"", a.allocated.memory_mib};
     }},
    {"runningContainers",
     [](const ApplicationView& a, WallTime) {
         return SortValue{"", a.running_containers};
     }},
}};

// All that write_app() may write; what an application has none of is left out there.
constexpr std::string_view kFields[] = {
    "id",
    "user",
    "name",
    "queue",
    "state",
    "finalStatus",
    "progress",
    "trackingUI",
    "trackingUrl",
    "diagnostics",
    "clusterId",
    "applicationType",
    "applicationTags",
    "priority",
    "startedTime",
    "launchTime",
    "finishedTime",
    "elapsedTime",
    "amContainerLogs",
    "amHostHttpAddress",
    "masterNodeId",
    "amRPCAddress",
    "allocatedMB",
    "allocatedVCores",
    "reservedMB",
    "reservedVCores",
    "runningContainers",
    "memorySeconds",
    "vcoreSeconds",
    "queueUsagePercentage",
    "clusterUsagePercentage",
    "resourceSecondsMap",
    "preemptedResourceMB",
    "preemptedResourceVCores",
    "numNonAMContainerPreempted",
    "numAMContainerPreempted",
    "preemptedMemorySeconds",
    "preemptedVcoreSeconds",
    "preemptedResourceSecondsMap",
    "resourceRequests",
    "logAggregationStatus",
    "unmanagedApplication",
    "appNodeLabelExpression",
    "amNodeLabelExpression",
    "resourceInfo",
    "timeouts",
};

const SortKey* find_key(std::string_view name) {
    const auto key = std::ranges::find(kKeys, name, &SortKey::name);
    return key == kKeys.end() ? nullptr : &*key;
}

Error invalid(std::string message) {
    return {ErrorCode::InvalidArgument, std::move(message)};
}

// `least` when it is not there.
Result<std::int64_t> number_of(const Call& call, const std::string& name, std::int64_t least) {
    const std::string text = call.query(name);
    std::int64_t number = least;
    if (!text.empty() && (!parse_number(text, number) || number < least)) {
        return invalid(name + " must be a number from " + std::to_string(least) + " on, not '" +
                       text + "'");
    }
    return number;
}

Status read_sort(const Call& call, AppPage& page) {
    const std::string order = call.query("order");
    if (const std::string sort = call.query("sort"); !sort.empty()) {
        std::vector<std::string_view> names;
        for (const SortKey& key : kKeys) {
            names.push_back(key.name);
        }
        if (find_key(sort) == nullptr) {
            return invalid("the list cannot be sorted by '" + sort + "'" +
                           did_you_mean(sort, names) + "; there are " +
                           join(std::vector<std::string>(names.begin(), names.end()), ", "));
        }
        page.sort = sort;
        page.descending = false;
    }
    if (!order.empty() && order != "asc" && order != "desc") {
        return invalid("order is asc or desc, not '" + order + "'");
    }
    page.descending = order.empty() ? page.descending : order == "desc";
    return {};
}

Status read_offset(const Call& call, std::int64_t limit, AppPage& page) {
    TRY(page.offset, number_of(call, "offset", 0));
    TRY(const std::int64_t number, number_of(call, "page", 1));
    if (call.query("page").empty()) {
        return {};
    }
    if (limit == INT64_MAX || !call.query("offset").empty()) {
        return invalid("page counts in steps of limit: give limit with it, and no offset");
    }
    if (number - 1 > INT64_MAX / limit) {
        return invalid("page " + std::to_string(number) + " is out of range");
    }
    page.offset = (number - 1) * limit;
    return {};
}

Status read_fields(const Call& call, AppPage& page) {
    const std::string list = call.query_list("fields");
    for (const std::string_view part : split(list, ',')) {
        const std::string_view field = trim(part);
        if (field.empty()) {
            continue;
        }
        if (std::ranges::find(kFields, field) == std::end(kFields)) {
            return invalid(
                "an application has no field '" + std::string(field) + "'" +
                did_you_mean(field, kFields) + "; there are " +
                join(std::vector<std::string>(std::begin(kFields), std::end(kFields)), ", "));
        }
        page.fields.insert(std::string(field));
    }
    return {};
}

}  // namespace

std::vector<AppRef> AppPage::cut(std::vector<AppRef> apps, std::int64_t limit, WallTime now) const {
    const SortKey& key = *find_key(sort);
    if (sort != "id") {
        std::vector<std::pair<SortValue, AppRef>> keyed;
        keyed.reserve(apps.size());
        for (AppRef& app : apps) {
            SortValue value = key.value(*app, now);
            keyed.emplace_back(std::move(value), std::move(app));
        }
        // Equal ones stay in id order.
        std::ranges::stable_sort(keyed, std::less<>(),
                                 [](const auto& entry) -> const SortValue& { return entry.first; });
        std::ranges::transform(keyed, apps.begin(),
                               [](auto& entry) { return std::move(entry.second); });
    }
    if (descending) {
        std::ranges::reverse(apps);
    }
    const auto size = static_cast<std::int64_t>(apps.size());
    const std::int64_t first = std::min(offset, size);
    const std::int64_t count = std::min(limit, size - first);
    return {std::make_move_iterator(apps.begin() + first),
            std::make_move_iterator(apps.begin() + first + count)};
}

Result<AppPage> parse_app_page(const Call& call, std::int64_t limit) {
    AppPage page;
    TRY(read_sort(call, page));
    TRY(read_offset(call, limit, page));
    TRY(read_fields(call, page));
    return page;
}

Result<std::string> chosen_fields(std::string app, const std::set<std::string>& fields) {
    if (fields.empty()) {
        return app;
    }
    TRY(const wire::Json json, wire::parse_json(app));
    wire::JsonWriter chosen;
    chosen.begin_object();
    for (const wire::JsonMember& member : *json.object()) {
        if (fields.contains(member.key)) {
            chosen.key(member.key).value(member.value);
        }
    }
    chosen.end_object();
    return std::move(chosen).take();
}

}  // namespace heddle::rm
