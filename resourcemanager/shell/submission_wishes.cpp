#include "resourcemanager/shell/submission_wishes.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>

#include "common/base/strings.h"
#include "common/model/share_text.h"
#include "resourcemanager/shell/submission.h"

namespace heddle::rm {
namespace {

using wire::Json;

constexpr const char* kBlacklist = "am-black-listing-requests";
constexpr std::array<std::string_view, 2> kBlacklistFields = {"am-black-listing-enabled",
                                                              "disable-failure-threshold"};
constexpr const char* kLogs = "log-aggregation-context";
constexpr std::array<std::string_view, 6> kLogFields = {"log-include-pattern",
                                                        "log-exclude-pattern",
                                                        "rolled-log-include-pattern",
                                                        "rolled-log-exclude-pattern",
                                                        "log-aggregation-policy-class-name",
                                                        "log-aggregation-policy-parameters"};
constexpr std::size_t kTextMax = 1024;

Error invalid(const std::string& what) {
    return {ErrorCode::InvalidArgument, what};
}

// The object of that name, if there is one, with no members but these.
template <std::size_t N>
Result<const Json*> object_of(const Json& context, const char* name,
                              const std::array<std::string_view, N>& fields) {
    const Json* object = context.find(name);
    if (object == nullptr) {
        return object;
    }
    if (!object->is_object()) {
        return invalid(std::string(name) + " must be an object");
    }
    for (const wire::JsonMember& member : *object->object()) {
        if (std::ranges::find(fields, member.key) == fields.end()) {
            return invalid(std::string(name) + ": unknown field '" + member.key + "'" +
                           did_you_mean(member.key, fields));
        }
    }
    return object;
}

// A part of the nodes between 0 and 1, also in quotes, in thousandths.
Result<std::int64_t> thousandths_of(const Json& value) {
    double number = -1;
    if (const double* real = value.real()) {
        number = *real;
    } else if (const std::int64_t* whole = value.integer()) {
        number = static_cast<double>(*whole);
    } else if (const std::string* text = value.string()) {
        const auto read = parse_thousandths(*text);
        number = read.ok() ? static_cast<double>(*read) / 1000 : -1;
    }
    if (!(number >= 0 && number <= 1)) {
        return invalid(
            std::string(kBlacklist) +
            ".disable-failure-threshold must be a part of the nodes from 0 to 1, as 0.8");
    }
    return std::llround(number * 1000);
}

}  // namespace

Status read_master_blacklist(const Json& context, ApplicationSubmission& submission) {
    TRY(const Json* asked, object_of(context, kBlacklist, kBlacklistFields));
    if (asked == nullptr) {
        return {};
    }
    const auto enabled = asked->boolean_or("am-black-listing-enabled", false);
    if (!enabled) {
        return invalid(std::string(kBlacklist) + ": " + enabled.error().message);
    }
    submission.master_blacklist = *enabled;
    if (const Json* threshold = asked->find("disable-failure-threshold")) {
        TRY(submission.master_blacklist_below, thousandths_of(*threshold));
    }
    return {};
}

Status read_log_context(const Json& context, ApplicationSubmission& submission) {
    TRY(const Json* asked, object_of(context, kLogs, kLogFields));
    if (asked == nullptr) {
        return {};
    }
    LogPatterns& patterns = submission.log_patterns;
    std::string policy;
    std::string* const into[] = {
        &patterns.include,        &patterns.exclude, &patterns.rolled_include,
        &patterns.rolled_exclude, &policy,           &policy};
    static_assert(std::size(into) == kLogFields.size());
    for (std::size_t i = 0; i < kLogFields.size(); ++i) {
        const auto text = asked->string_or(kLogFields[i], "");
        if (!text || text->size() > kTextMax || !printable(*text)) {
            return invalid(std::string(kLogs) + "." + std::string(kLogFields[i]) +
                           " must be a text of at most 1024 bytes without control characters");
        }
        *into[i] = *text;
    }
    if (const auto kept = KeptLogs::of(patterns); !kept) {
        return invalid(std::string(kLogs) + ": " + kept.error().message);
    }
    return {};
}

}  // namespace heddle::rm
