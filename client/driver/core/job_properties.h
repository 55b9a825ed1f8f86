#pragma once

// What a program says of a job beside what it computes: for people, for cancelling several at once,
// and for its place in the order of jobs.

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/rdd/plan.h"

namespace heddle::driver {

struct JobProperties {
    std::string group;
    std::string description;                     // empty: the place in the program
    std::vector<std::string> tags;               // each once
    std::string pool;                            // empty: "default"
    std::map<std::string, std::string> local{};  // all that the program's thread had set
    std::vector<rdd::SharedFile> files{};        // for its tasks
};

/// Jobs that are meant together; neither group nor tag: all.
struct JobSelection {
    std::optional<std::string> group;
    std::optional<std::string> tag;

    bool matches(const JobProperties& job) const {
        return (!group || job.group == *group) &&
               (!tag || std::ranges::find(job.tags, *tag) != job.tags.end());
    }
};

}  // namespace heddle::driver
