#pragma once

// A driver's jobs as Spark's monitoring REST shows them: its paths, its field names.

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "client/driver/core/driver.h"
#include "common/base/result.h"
#include "common/base/time.h"

namespace heddle::driver {

struct RestQuery {
    std::vector<std::string> path;  // below /api/v1/applications/[id]
    std::vector<std::pair<std::string, std::string>> parameters;

    /// Empty: not given.
    std::string parameter(std::string_view name) const;
    /// Every value of a parameter that may be given several times.
    std::vector<std::string> parameter_list(std::string_view name) const;
};

// What the core does not know of its application.
struct RestApplication {
    std::string id;
    std::string name;
    std::vector<std::pair<std::string, std::string>> settings;
};

/// The body of the answer. `now`: of the core's clock. Errors: NotFound (also for a value that its
/// parameter does not have, as Spark's server has it), InvalidArgument; in Spark's words where it
/// has some.
Result<std::string> rest_answer(const Driver& core, const RestApplication& application,
                                const RestQuery& query, TimePoint now);

/// One event of the live stream: all jobs, stages and executors that changed after version `since`;
/// empty when none did.
std::string stream_data(const Driver& core, const RestApplication& application,
                        std::uint64_t since);

}  // namespace heddle::driver
