#pragma once

// What a thread says of the jobs that it runs: local properties, as Spark calls them. They hold for
// the thread that sets them and one context; a new thread begins without any.

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "client/api/graph.h"
#include "client/driver/job_runner.h"

namespace heddle::api {

// Spark's names of those that mean something here.
constexpr std::string_view kPoolProperty = "spark.scheduler.pool";
constexpr std::string_view kGroupProperty = "spark.jobGroup.id";
constexpr std::string_view kDescriptionProperty = "spark.job.description";
constexpr std::string_view kTagsProperty = "spark.job.tags";  // separated by commas

/// Nothing takes the property away.
void set_local_property(const Session& session, std::string_view name,
                        std::optional<std::string> value);
std::optional<std::string> get_local_property(const Session& session, std::string_view name);

std::set<std::string> job_tags(const Session& session);
/// Throws UsageError for a tag that is empty or has a comma.
void set_job_tags(const Session& session, const std::set<std::string>& tags);

/// All properties of this thread, to be given to another one. The context by its serial number,
/// since a thread may begin after its end.
using LocalProperties = std::map<std::string, std::string>;
LocalProperties local_properties(const Session& session);
void set_local_properties(std::uint64_t serial, LocalProperties properties);

/// As they hold for this thread.
driver::JobProperties job_properties(Session& session);

// Jobs of this thread are of a group until the end of the block; then it is as it was.
class JobGroupScope {
public:
    JobGroupScope(const Session& session, std::string_view group, std::string_view description);
    ~JobGroupScope();
    JobGroupScope(const JobGroupScope&) = delete;
    JobGroupScope& operator=(const JobGroupScope&) = delete;

private:
    const Session& session_;
    std::optional<std::string> group_;
    std::optional<std::string> description_;
};

}  // namespace heddle::api
