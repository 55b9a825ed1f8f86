#include "client/api/job_control.h"

#include <utility>

#include "client/api/errors.h"
#include "common/base/strings.h"

namespace heddle::api {
namespace {

using Key = std::pair<std::uint64_t, std::string>;  // of the session, which is never used twice

std::map<Key, std::string>& properties() {
    thread_local std::map<Key, std::string> mine;
    return mine;
}

}  // namespace

void set_local_property(const Session& session, std::string_view name,
                        std::optional<std::string> value) {
    const Key key{session.serial, std::string(name)};
    if (value) {
        properties()[key] = std::move(*value);
    } else {
        properties().erase(key);
    }
}

std::optional<std::string> get_local_property(const Session& session, std::string_view name) {
    const auto it = properties().find({session.serial, std::string(name)});
    return it == properties().end() ? std::nullopt : std::optional(it->second);
}

LocalProperties local_properties(const Session& session) {
    LocalProperties found;
    for (auto it = properties().lower_bound({session.serial, ""});
         it != properties().end() && it->first.first == session.serial; ++it) {
        found[it->first.second] = it->second;
    }
    return found;
}

void set_local_properties(std::uint64_t serial, LocalProperties given) {
    for (auto& [name, value] : given) {
        properties()[{serial, name}] = std::move(value);
    }
}

std::set<std::string> job_tags(const Session& session) {
    std::set<std::string> tags;
    const std::string joined = get_local_property(session, kTagsProperty).value_or("");
    for (const std::string_view tag : split(joined, ',')) {
        if (!tag.empty()) {
            tags.emplace(tag);
        }
    }
    return tags;
}

void set_job_tags(const Session& session, const std::set<std::string>& tags) {
    std::string joined;
    for (const std::string& tag : tags) {
        if (tag.empty() || tag.find(',') != std::string::npos) {
            throw UsageError(ErrorCode::InvalidArgument,
                             "add_job_tag: '" + tag + "' is no tag: it is empty or has a comma");
        }
        joined += (joined.empty() ? "" : ",") + tag;
    }
    set_local_property(session, kTagsProperty, tags.empty() ? std::nullopt : std::optional(joined));
}

driver::JobProperties job_properties(Session& session) {
    driver::JobProperties job;
    job.group = get_local_property(session, kGroupProperty).value_or("");
    job.description = get_local_property(session, kDescriptionProperty).value_or("");
    job.pool = get_local_property(session, kPoolProperty).value_or("");
    job.local = local_properties(session);
    const std::set<std::string> tags = job_tags(session);
    job.tags.assign(tags.begin(), tags.end());
    const std::lock_guard lock(session.shared_files_mutex);
    job.files = session.shared_files;
    return job;
}

JobGroupScope::JobGroupScope(const Session& session, std::string_view group,
                             std::string_view description)
    : session_(session),
      group_(get_local_property(session, kGroupProperty)),
      description_(get_local_property(session, kDescriptionProperty)) {
    set_local_property(session, kGroupProperty, std::string(group));
    set_local_property(session, kDescriptionProperty, std::string(description));
}

JobGroupScope::~JobGroupScope() {
    set_local_property(session_, kGroupProperty, std::move(group_));
    set_local_property(session_, kDescriptionProperty, std::move(description_));
}

}  // namespace heddle::api
