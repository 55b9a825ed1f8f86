#pragma once

// YARN's names for the scheduler's configuration: capacity-scheduler.xml, and the bodies of
// /scheduler-conf. What has no counterpart is named with the reason, never dropped in silence.

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/result.h"
#include "common/model/queue.h"

namespace heddle::wire {

using YarnProperty = std::pair<std::string, std::string>;  // name, value

/// The properties of a Hadoop configuration file. Errors: InvalidArgument with the position.
Result<std::vector<YarnProperty>> parse_yarn_xml(std::string_view text);

struct YarnMigration {
    SchedulerConfig config;
    std::vector<std::string> left_out;  // "NAME = VALUE: why"
};

/// What a capacity-scheduler.xml (with or without yarn-site.xml's part) means here. The result may
/// not add up: check() says so.
YarnMigration scheduler_from_yarn(const std::vector<YarnProperty>& properties);

/// The configuration in YARN's names, as GET /scheduler-conf shows it: all that a change may set.
/// Settings that YARN does not know are not in it.
std::vector<YarnProperty> yarn_properties(const SchedulerConfig& config);

/// The settings of queues that come into being, as AutoCreation has them, in YARN's names.
std::vector<YarnProperty> yarn_template(const std::map<std::string, std::string>& settings);

/// The body of PUT /scheduler-conf.
struct YarnUpdate {
    struct Queue {
        std::string path;
        std::vector<YarnProperty> parameters;
    };
    std::vector<std::string> remove;
    std::vector<Queue> add;
    std::vector<Queue> update;
    std::vector<YarnProperty> global;
};

/// With or without the root element `sched-conf`; JSON unless it begins like XML.
/// Errors: InvalidArgument.
Result<YarnUpdate> parse_yarn_update(std::string_view body);

struct YarnChange {
    SchedulerConfig config;
    std::vector<std::string> notes;  // what is not quite what was written, each with the reason
};

/// All of it, or an error that names every mistake: unknown keys with the nearest one, queues that
/// are there already or not there. Whether the result adds up is for check().
Result<YarnChange> apply_yarn_update(SchedulerConfig config, const YarnUpdate& update);

}  // namespace heddle::wire
